//! Must not link: it can panic. If it links, the proofs prove nothing.

#![no_std]
#![no_main]

use core::hint::black_box;

use countersign_proof as _;

#[unsafe(no_mangle)]
extern "C" fn _start() {
    black_box(third as *const ());
}

fn third(bytes: &[u8]) -> u8 {
    bytes[2]
}

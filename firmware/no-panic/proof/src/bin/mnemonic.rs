//! Links only if nothing in `countersign-mnemonic` can panic.

#![no_std]
#![no_main]

use countersign_proof as _;

#[unsafe(no_mangle)]
extern "C" fn _start() {
    countersign_reach::mnemonic();
}

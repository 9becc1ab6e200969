//! Our way of each step. It has no heap.

#![no_std]
#![no_main]

use core::mem::MaybeUninit;

use cortex_m_rt::entry;
use countersign_bench_board::{Heap, measure, read, report};
use countersign_bench_ours::{Memory, Merchant};
use countersign_bench_steps::{INPUTS_BYTES, Inputs};
use countersign_crypto::CurveMemory;

#[entry]
fn main() -> ! {
    static mut SPACE: [u8; INPUTS_BYTES] = [0; INPUTS_BYTES];
    static mut CURVE: CurveMemory = CurveMemory::new();
    // Not in flash, as a copy of what it begins with.
    static mut MEMORY: MaybeUninit<Memory> = MaybeUninit::uninit();
    let inputs = read(SPACE, Inputs::read);
    let merchant = Merchant::new(inputs.secret, inputs.relay, CURVE);
    let memory = MEMORY.write(Memory::new());
    report(merchant.ready(&inputs, memory, measure), Heap::default())
}

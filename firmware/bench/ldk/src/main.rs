//! LDK's way of each step, with a heap.

#![no_std]
#![no_main]

mod heap;

// Its critical section.
use cortex_m as _;
use cortex_m_rt::entry;
use countersign_bench_board::{measure, read, report};
use countersign_bench_ldk::Merchant;
use countersign_bench_steps::{INPUTS_BYTES, Inputs};

/// A task is done once to be warm, and once to be measured.
const TIMES: usize = 2;

#[entry]
fn main() -> ! {
    static mut SPACE: [u8; INPUTS_BYTES] = [0; INPUTS_BYTES];
    heap::open();
    let inputs = read(SPACE, Inputs::read);
    let merchant = Merchant::new(&inputs.secret, inputs.relay);
    let cost = merchant.ready(&inputs, TIMES, |task| {
        measure(&mut || {
            heap::forget();
            task();
        })
    });
    report(cost, heap::asked())
}

//! A whole device, which answers what a host was recorded to say: `cargo xtask work` has it say the
//! dearest message.

#![no_std]
#![no_main]

use core::mem::MaybeUninit;

use cortex_m_rt::entry;
use countersign_bench_board::{Heap, measure_once, read, report};
use countersign_bench_replay::{Memory, Player, Recording};
use countersign_bench_steps::INPUTS_BYTES;

#[entry]
fn main() -> ! {
    static mut SPACE: [u8; INPUTS_BYTES] = [0; INPUTS_BYTES];
    // Not in flash, as a copy of what it begins with.
    static mut MEMORY: MaybeUninit<Memory> = MaybeUninit::uninit();
    let recording = read(SPACE, Recording::read);
    let mut player = Player::boot(recording, MEMORY.write(Memory::new()));
    report(measure_once(|| player.play()), Heap::default())
}

//! What a task costs on QEMU's `mps2-an386`: instructions and stack.
//!
//! ```text
//! qemu-system-arm -M mps2-an386 -nographic -monitor none -serial none -icount shift=0 \
//!     -semihosting-config enable=on,target=native -append inputs=FILE -kernel IMAGE
//! ```
//!
//! With `-icount shift=0` the emulated clock goes on by a nanosecond with every instruction, so a
//! timer counts them: 40 a tick. The emulator has no caches and waits for no memory: what an
//! instruction costs on silicon it does not know.

#![no_std]

mod inputs;

use core::panic::PanicInfo;
use core::ptr::with_exposed_provenance_mut;

use countersign_curve as _;
use countersign_stack::{depth, paint, used};
use semihosting::{eprintln, println, process};

pub use inputs::read;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    eprintln!("{info}");
    process::exit(1)
}

/// What one run of a task costs.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    instructions: u64,
    stack: u32,
}

/// The memory that a task asked a heap for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Heap {
    /// How often it asked.
    pub requests: u32,
    /// The bytes that were in use at most.
    pub bytes: u32,
}

/// Registers of the first timer of the CMSDK.
const CONTROL: usize = 0x4000_0000;
const VALUE: usize = 0x4000_0004;
const RELOAD: usize = 0x4000_0008;

/// Its ticks are of 40 nanoseconds.
const INSTRUCTIONS: u64 = 40;

/// Does the task once to be warm, and measures it when it is done again.
pub fn measure(task: &mut dyn FnMut()) -> Cost {
    task();
    measure_once(task)
}

/// Measures a task when it is done for the first time.
pub fn measure_once(task: impl FnOnce()) -> Cost {
    write(RELOAD, u32::MAX);
    write(VALUE, u32::MAX);
    write(CONTROL, 1);
    paint();
    let above = depth();
    let before = read_timer();
    task();
    // It counts down.
    let ticks = before.wrapping_sub(read_timer());
    let instructions = u64::from(ticks).saturating_mul(INSTRUCTIONS);
    Cost { instructions, stack: used().saturating_sub(above) }
}

/// Says what a task costs, and how large the image is, and switches the board off.
pub fn report(cost: Cost, heap: Heap) -> ! {
    let Cost { instructions, stack } = cost;
    let Heap { requests, bytes } = heap;
    println!("{instructions} {stack} {requests} {bytes}");
    process::exit(0)
}

fn read_timer() -> u32 {
    #[expect(unsafe_code, reason = "a register")]
    // SAFETY: the register is one of this machine's, and reading it changes nothing.
    unsafe {
        with_exposed_provenance_mut::<u32>(VALUE).read_volatile()
    }
}

fn write(register: usize, value: u32) {
    #[expect(unsafe_code, reason = "a register")]
    // SAFETY: the registers are this machine's, and the timer does not write to memory.
    unsafe {
        with_exposed_provenance_mut::<u32>(register).write_volatile(value);
    }
}

//! QEMU's Cortex-M4, whose instructions it counts, and the model of an RP2040.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

/// What a task costs on a board.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Instructions.
    pub instructions: u64,
    /// Bytes of stack, below whoever has the task done.
    pub stack: u64,
    /// Requests to the heap.
    pub allocations: u64,
    /// Bytes of heap in use at most.
    pub heap: u64,
}

/// Cycles of the RP2040's clock in a millisecond, and what a hundred instructions take of them.
const CLOCK: u64 = 133_000;
const CYCLES_OF_100: u64 = 140;

/// The milliseconds that instructions take on the RP2040, as `firmware/README.md` models it.
#[must_use]
pub const fn rp2040_milliseconds(instructions: u64) -> u64 {
    instructions.saturating_mul(CYCLES_OF_100) / (CLOCK * 100)
}

/// Has the image done its task with the inputs in that file, and reads what it says of it.
///
/// # Errors
///
/// When there is no such image, or it fails, or QEMU does.
pub fn run(image: &Path, inputs: &Path) -> Result<Cost> {
    ensure!(image.is_file(), "no {}: `cargo xtask` builds it", image.display());
    let output = Command::new("qemu-system-arm")
        .args(["-M", "mps2-an386", "-nographic", "-monitor", "none", "-serial", "none"])
        // A nanosecond of the board's clock for every instruction.
        .args(["-icount", "shift=0", "-semihosting-config", "enable=on,target=native"])
        .arg("-append")
        .arg(format!("inputs={}", inputs.display()))
        .arg("-kernel")
        .arg(image)
        .stdin(Stdio::null())
        .output()
        .context("cannot run qemu-system-arm: run `cargo xtask setup`")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<u64> = said.split_whitespace().map_while(|word| word.parse().ok()).collect();
    match numbers[..] {
        [instructions, stack, allocations, heap] if output.status.success() => {
            Ok(Cost { instructions, stack, allocations, heap })
        }
        _ => {
            bail!("{} failed:\n{said}{}", image.display(), String::from_utf8_lossy(&output.stderr))
        }
    }
}

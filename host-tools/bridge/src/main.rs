//! The command `countersign-bridge`, which `countersign bridge` runs: it has LDK in it, and
//! `countersign` itself does without that long compile.

#![expect(clippy::std_instead_of_alloc, reason = "a host program has std")]
#![expect(clippy::large_stack_frames, reason = "LDK's values are kilobytes, and a host has stack")]

mod command;

use std::process::ExitCode;

fn main() -> ExitCode {
    command::main()
}

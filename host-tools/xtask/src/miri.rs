//! Miri over the crates that reach no C.
//!
//! The portable crates forbid `unsafe`, so Miri judges what they stand on: the borrowed-byte
//! readers of `core` as we use them, on a machine of the other byte order as well.

use crate::process::{self, nightly_cargo};
use crate::report::Report;
use crate::setup::{self, Tool};
use crate::workspace::Workspace;

/// A 32-bit big-endian machine: word size and byte order both differ from a workstation's.
const FOREIGN: &str = "mips-unknown-linux-gnu";

/// Every test of those crates, interpreted.
pub(crate) fn run(workspace: &Workspace, report: &mut Report) {
    report.step("miri", "the pure-Rust crates on a 32-bit big-endian machine", || {
        setup::ensure(Tool::Miri)?;
        let mut command = nightly_cargo();
        command
            .current_dir(&workspace.root)
            .args(["miri", "test", "--quiet", "--lib", "--target", FOREIGN, "--target-dir"])
            .arg(workspace.target.join("miri"))
            .env("MIRIFLAGS", "-Zmiri-disable-isolation")
            .env("PROPTEST_CASES", "2");
        for package in workspace.portable() {
            if !workspace.closure(&package.name).contains(&"countersign-crypto") {
                command.args(["--package", &package.name]);
            }
        }
        process::run(&mut command)
    });
}

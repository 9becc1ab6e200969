//! `setup`: the tools that the other verbs need, fetched once.
//!
//! Every check is quick when the tool is there, so the verbs call what they need each time.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::arm;
use crate::process::{output, run, succeeds};
use crate::report::{Missing, Remedy, Report};

/// A tool that a verb needs beside the pinned toolchain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    /// The core library for Cortex-M, prebuilt, and its source, of which images build their own.
    ArmCore,
    /// The C compiler and binary utilities for Cortex-M.
    ArmGcc,
    /// The nightly toolchain, for the fuzzer's instrumentation and for Miri.
    Nightly,
    CargoFuzz,
    Miri,
    Valgrind,
    /// The emulator of a Cortex-M4 board.
    Qemu,
    /// The emulator of the Raspberry Pi Pico, with its USB port.
    Rp2040,
}

/// Fetches everything.
pub(crate) fn all(report: &mut Report) {
    for (name, what, tool) in [
        ("ARM core libraries", "Rust's, prebuilt and as source", Tool::ArmCore),
        ("ARM C compiler", "gcc and binutils for Cortex-M", Tool::ArmGcc),
        ("nightly", "the toolchain of the fuzzer and of Miri", Tool::Nightly),
        ("cargo-fuzz", "the fuzzer's driver", Tool::CargoFuzz),
        ("miri", "the interpreter that finds undefined behaviour", Tool::Miri),
        ("valgrind", "the instruction counter of the benches", Tool::Valgrind),
        ("qemu", "the emulator of a Cortex-M4 board", Tool::Qemu),
        ("rp2040js", "the emulator of the Raspberry Pi Pico", Tool::Rp2040),
    ] {
        report.step(name, what, || ensure(tool));
    }
}

/// Fetches one tool unless it is there.
///
/// # Errors
///
/// [`Missing`], which says what to do.
pub(crate) fn ensure(tool: Tool) -> Result<()> {
    match tool {
        Tool::ArmCore => arm_core(),
        Tool::ArmGcc => apt("arm-none-eabi-gcc", &["gcc-arm-none-eabi"]),
        Tool::Valgrind => apt("valgrind", &["valgrind"]),
        Tool::Qemu => apt("qemu-system-arm", &["qemu-system-arm"]),
        Tool::Rp2040 => rp2040(),
        Tool::Nightly => nightly(),
        Tool::CargoFuzz => cargo_fuzz(),
        Tool::Miri => miri(),
    }
}

fn arm_core() -> Result<()> {
    let absent: Vec<&str> =
        arm::TARGETS.into_iter().filter(|target| !has_core_for(target)).collect();
    let source: &[&str] = if has_core_source() { &[] } else { &["rust-src"] };
    for (what, names) in [("target", absent.as_slice()), ("component", source)] {
        if !names.is_empty() {
            run(Command::new("rustup").args([what, "add"]).args(names)).map_err(|_refused| {
                missing(&format!(
                    "Rust for Cortex-M: run `rustup target add {}` and `rustup component add \
                     rust-src`",
                    arm::TARGETS.join(" ")
                ))
            })?;
        }
    }
    Ok(())
}

fn has_core_for(target: &str) -> bool {
    let mut command = Command::new("rustc");
    output(command.args(["--print", "target-libdir", "--target", target]))
        .is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}

fn has_core_source() -> bool {
    output(Command::new("rustc").args(["--print", "sysroot"])).is_ok_and(|sysroot| {
        Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/core").is_dir()
    })
}

fn nightly() -> Result<()> {
    let mut present = Command::new("rustup");
    if succeeds(present.args(["run", "nightly", "rustc", "--version"])) {
        return Ok(());
    }
    let mut install = Command::new("rustup");
    install.args(["toolchain", "install", "nightly", "--profile", "minimal"]);
    run(&mut install).map_err(|_refused| {
        out_of_reach("the nightly toolchain: `rustup toolchain install nightly` was refused")
    })
}

/// Where the Pico's emulator is, with the lock file of what it needs.
pub(crate) const RP2040_FOLDER: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../firmware/emulators/rp2040");

fn rp2040() -> Result<()> {
    apt("node", &["nodejs"])?;
    apt("npm", &["npm"])?;
    if succeeds(Command::new("npm").current_dir(RP2040_FOLDER).arg("ls")) {
        return Ok(());
    }
    run(Command::new("npm").current_dir(RP2040_FOLDER).arg("ci")).map_err(|_refused| {
        missing("rp2040js: run `npm ci` in firmware/emulators/rp2040, which needs npm's registry")
    })
}

fn cargo_fuzz() -> Result<()> {
    if succeeds(Command::new("cargo").args(["fuzz", "--version"])) {
        return Ok(());
    }
    run(Command::new("cargo").args(["install", "--locked", "cargo-fuzz"])).map_err(|_refused| {
        missing("cargo-fuzz: run `cargo install --locked cargo-fuzz`, which needs a C++ compiler")
    })
}

fn miri() -> Result<()> {
    nightly()?;
    if succeeds(Command::new("rustup").args(["run", "nightly", "cargo-miri", "--version"])) {
        return Ok(());
    }
    let mut add = Command::new("rustup");
    add.args(["component", "add", "--toolchain", "nightly", "miri", "rust-src"]);
    run(&mut add).map_err(|_refused| {
        out_of_reach("Miri: `rustup component add --toolchain nightly miri rust-src` was refused")
    })
}

/// Installs Debian or Ubuntu packages when `program` is not there and we may.
pub(crate) fn apt(program: &str, packages: &[&str]) -> Result<()> {
    if on_path(program) {
        return Ok(());
    }
    let remedy = format!(
        "{program}: run `apt-get install {}`, or your system's equivalent",
        packages.join(" ")
    );
    if !on_path("apt-get") {
        return Err(missing(&remedy));
    }
    let mut install = vec!["apt-get", "install", "--yes", "--no-install-recommends"];
    install.extend(packages);
    let installed =
        privileged(&install) || (privileged(&["apt-get", "update"]) && privileged(&install));
    if installed { Ok(()) } else { Err(missing(&remedy)) }
}

/// Runs a command as root: as we are, or by a `sudo` that asks for nothing.
fn privileged(words: &[&str]) -> bool {
    let Some((program, arguments)) = words.split_first() else {
        return false;
    };
    let mut command = if succeeds(Command::new("test").args(["-w", "/var/lib/dpkg"])) {
        Command::new(program)
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", program]);
        sudo
    };
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    run(&mut command).is_ok()
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| Path::new(&folder).join(program).is_file())
}

fn missing(what: &str) -> anyhow::Error {
    Missing { what: what.to_owned(), remedy: Remedy::Install }.into()
}

fn out_of_reach(what: &str) -> anyhow::Error {
    Missing { what: what.to_owned(), remedy: Remedy::OutOfReach }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_there_is_named_with_what_to_run() {
        assert!(on_path("cargo"));
        assert!(!on_path("countersign-no-such-program"));
        let error = missing("x: run `y`");
        assert_eq!(
            error.downcast_ref::<Missing>().map(|missing| missing.remedy),
            Some(Remedy::Install)
        );
    }
}

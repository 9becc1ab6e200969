//! Building for Cortex-M, on machines with rustup and without.
//!
//! The pinned toolchain's prebuilt core library is used where it is there or rustup can add it.
//! Else Debian's compiler, which ships the core library's source, builds it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Result, bail};

use crate::process::{cargo, output, run, succeeds};
use crate::report::Report;
use crate::setup::{self, Tool};
use crate::workspace::Workspace;

/// The targets of the boards: RP2040, nRF52840 and the emulated Cortex-M4, RP2350.
pub(crate) const TARGETS: [&str; 3] =
    ["thumbv6m-none-eabi", "thumbv7em-none-eabihf", "thumbv8m.main-none-eabihf"];

const DISTRIBUTION_RUSTC: &str = "/usr/bin/rustc";
const DISTRIBUTION_CARGO: &str = "/usr/bin/cargo";
const DISTRIBUTION_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

/// The compiler that builds for Cortex-M.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The pinned one, with prebuilt core libraries.
    Pinned,
    /// The distribution's, which builds the core library from its source.
    Distribution,
}

impl Toolchain {
    /// Finds the toolchain, and installs what can be installed.
    ///
    /// # Errors
    ///
    /// Neither toolchain can be had: the message says what to run.
    pub(crate) fn find() -> Result<Self> {
        static FOUND: OnceLock<Toolchain> = OnceLock::new();
        if let Some(found) = FOUND.get() {
            return Ok(*found);
        }
        let found = Self::look()?;
        Ok(*FOUND.get_or_init(|| found))
    }

    fn look() -> Result<Self> {
        let absent: Vec<&str> =
            TARGETS.into_iter().filter(|target| !has_prebuilt_core(target)).collect();
        if absent.is_empty() {
            return Ok(Self::Pinned);
        }
        if run(Command::new("rustup").args(["target", "add"]).args(&absent)).is_ok() {
            return Ok(Self::Pinned);
        }
        setup::apt(DISTRIBUTION_RUSTC, &DISTRIBUTION_PACKAGES)?;
        if !distribution_core_source().is_some_and(|source| source.is_dir()) {
            bail!("no core library for Cortex-M: run `rustup target add {}`", absent.join(" "));
        }
        Ok(Self::Distribution)
    }

    /// `cargo build` for one target, with its artefacts where `target_folder` says.
    pub(crate) fn build(self, target: &str, target_folder: &Path) -> Command {
        self.cargo("build", target, target_folder)
    }

    /// `cargo rustc`, which takes arguments for the last program alone.
    pub(crate) fn rustc(self, target: &str, target_folder: &Path) -> Command {
        self.cargo("rustc", target, target_folder)
    }

    fn cargo(self, verb: &str, target: &str, target_folder: &Path) -> Command {
        let mut command = match self {
            Self::Pinned => cargo(),
            Self::Distribution => {
                let mut command = Command::new(DISTRIBUTION_CARGO);
                let variable = target.replace(['-', '.'], "_").to_uppercase();
                command
                    .env("RUSTC", DISTRIBUTION_RUSTC)
                    .env("RUSTC_BOOTSTRAP", "1")
                    // Debian's compiler ships no linker of its own.
                    .env(format!("CARGO_TARGET_{variable}_LINKER"), "arm-none-eabi-ld");
                command
            }
        };
        command.args([verb, "--target", target, "--target-dir"]).arg(target_folder);
        if self == Self::Distribution {
            command.arg("-Zbuild-std=core");
            // As the prebuilt library is built.
            command.args(["--config", "profile.firmware.package.core.overflow-checks=false"]);
            command.args(["--config", "profile.firmware.package.core.opt-level=3"]);
        }
        command
    }
}

/// Builds every portable crate for every target.
pub(crate) fn build_portable(workspace: &Workspace, report: &mut Report) {
    for target in TARGETS {
        report.step(&format!("build {target}"), "every portable crate", || {
            setup::ensure(Tool::ArmGcc)?;
            let mut build = Toolchain::find()?.build(target, &workspace.target);
            build.current_dir(&workspace.root).args(["--quiet", "--profile", "firmware"]);
            for package in workspace.portable() {
                build.args(["--package", &package.name]);
            }
            run(&mut build)
        });
    }
}

fn has_prebuilt_core(target: &str) -> bool {
    let mut command = Command::new("rustc");
    output(command.args(["--print", "target-libdir", "--target", target]))
        .is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}

fn distribution_core_source() -> Option<PathBuf> {
    let mut command = Command::new(DISTRIBUTION_RUSTC);
    if !succeeds(command.arg("--version")) {
        return None;
    }
    let sysroot = output(Command::new(DISTRIBUTION_RUSTC).args(["--print", "sysroot"])).ok()?;
    Some(Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/core"))
}

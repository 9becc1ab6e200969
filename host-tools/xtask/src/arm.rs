//! Building for Cortex-M, on machines with rustup and without.
//!
//! The pinned toolchain is used where its core libraries are there, prebuilt and as source, or rustup
//! can add them. Else Debian's compiler, which ships the source, builds everything.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Result, bail};

use crate::process::{cargo, output, run};
use crate::report::Report;
use crate::setup::{self, Tool};
use crate::workspace::Workspace;

/// The targets of the boards: RP2040, nRF52840 and the emulated Cortex-M4, RP2350.
pub(crate) const TARGETS: [&str; 3] =
    ["thumbv6m-none-eabi", "thumbv7em-none-eabihf", "thumbv8m.main-none-eabihf"];

const DISTRIBUTION_RUSTC: &str = "/usr/bin/rustc";
const DISTRIBUTION_CARGO: &str = "/usr/bin/cargo";
const DISTRIBUTION_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld"];

/// The core library as an image has it: 3 to 4 KB smaller than the prebuilt one.
const SMALL_CORE: [&str; 2] =
    ["-Zbuild-std=core", "-Zbuild-std-features=compiler-builtins-mem,optimize_for_size"];

/// The core library as the prebuilt one is built.
const CORE_AS_PREBUILT: [&str; 5] = [
    "-Zbuild-std=core",
    "--config",
    "profile.firmware.package.core.overflow-checks=false",
    "--config",
    "profile.firmware.package.core.opt-level=3",
];

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
        let added = |what: &str, names: &[&str]| {
            names.is_empty() || run(Command::new("rustup").args([what, "add"]).args(names)).is_ok()
        };
        let source: &[&str] = if has_core_source("rustc") { &[] } else { &["rust-src"] };
        if added("target", &absent) && added("component", source) {
            return Ok(Self::Pinned);
        }
        setup::apt(DISTRIBUTION_RUSTC, &DISTRIBUTION_PACKAGES)?;
        if !has_core_source(DISTRIBUTION_RUSTC) {
            bail!(
                "no core library for Cortex-M: run `rustup target add {}` and `rustup component \
                 add rust-src`",
                TARGETS.join(" ")
            );
        }
        Ok(Self::Distribution)
    }

    /// `cargo build` for one target, with its artefacts where `target_folder` says.
    pub(crate) fn build(self, target: &str, target_folder: &Path) -> Command {
        self.with_prebuilt_core("build", target, target_folder)
    }

    /// `cargo rustc`, which takes arguments for the last program alone.
    pub(crate) fn rustc(self, target: &str, target_folder: &Path) -> Command {
        self.with_prebuilt_core("rustc", target, target_folder)
    }

    /// `cargo build` for what is flashed.
    pub(crate) fn image(self, target: &str, target_folder: &Path) -> Command {
        let mut command = self.cargo("build", target, target_folder);
        // The compiler is a stable one, which has its core library built as nightly ones do.
        command.env("RUSTC_BOOTSTRAP", "1").args(SMALL_CORE);
        command
    }

    fn with_prebuilt_core(self, verb: &str, target: &str, target_folder: &Path) -> Command {
        let mut command = self.cargo(verb, target, target_folder);
        if self == Self::Distribution {
            command.env("RUSTC_BOOTSTRAP", "1").args(CORE_AS_PREBUILT);
        }
        command
    }

    fn cargo(self, verb: &str, target: &str, target_folder: &Path) -> Command {
        let mut command = match self {
            Self::Pinned => cargo(),
            Self::Distribution => {
                let mut command = Command::new(DISTRIBUTION_CARGO);
                let variable = target.replace(['-', '.'], "_").to_uppercase();
                // Debian's compiler ships no linker of its own.
                let linker = format!("CARGO_TARGET_{variable}_LINKER");
                command.env("RUSTC", DISTRIBUTION_RUSTC).env(linker, "ld.lld");
                command
            }
        };
        command.args([verb, "--target", target, "--target-dir"]).arg(target_folder);
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

fn has_core_source(compiler: &str) -> bool {
    let mut command = Command::new(compiler);
    output(command.args(["--print", "sysroot"])).is_ok_and(|sysroot| {
        Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/core").is_dir()
    })
}

//! Building for Cortex-M, on machines with rustup and without.
//!
//! The pinned toolchain is used where its core libraries are there, prebuilt and as source, or rustup
//! can add them. Else Debian's compiler, which ships the source, builds everything.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};

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

/// The core library, and the one with the heap, as the prebuilt ones are built.
const CORE_AS_PREBUILT: [&str; 8] = [
    "-Zbuild-std=core,alloc",
    "-Zbuild-std-features=compiler-builtins-mem",
    "--config",
    "profile.firmware.package.core.overflow-checks=false",
    "--config",
    "profile.firmware.package.core.opt-level=3",
    "--config",
    "profile.firmware.package.alloc.opt-level=3",
];

/// What a target's description says of the register that each function would keep for a debugger,
/// and what it says for an image.
const FRAME_POINTER: (&str, &str) = ("frame-pointer", "may-omit");

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
    ///
    /// # Errors
    ///
    /// The compiler does not describe the target.
    pub(crate) fn image(self, target: &str, target_folder: &Path) -> Result<Command> {
        self.without_frame_pointers(target, target_folder, &SMALL_CORE)
    }

    /// `cargo build` for what is measured beside it and has a heap.
    ///
    /// # Errors
    ///
    /// The compiler does not describe the target.
    pub(crate) fn image_with_heap(self, target: &str, target_folder: &Path) -> Result<Command> {
        self.without_frame_pointers(target, target_folder, &CORE_AS_PREBUILT)
    }

    /// `cargo build` for a target that is one of the compiler's but for frame pointers. The compiler
    /// is a stable one, which does it as nightly ones do.
    fn without_frame_pointers(
        self,
        target: &str,
        target_folder: &Path,
        libraries: &[&str],
    ) -> Result<Command> {
        let compiler = if self == Self::Distribution { DISTRIBUTION_RUSTC } else { "rustc" };
        let mut print = Command::new(compiler);
        print.env("RUSTC_BOOTSTRAP", "1").args(["-Zunstable-options", "--target", target]);
        let description = output(print.args(["--print", "target-spec-json"]))?;
        let mut description: Map<String, Value> = serde_json::from_str(&description)?;
        let (key, value) = FRAME_POINTER;
        description.insert(key.to_owned(), value.into());
        // Cargo calls a target by the name of its file.
        let file = target_folder.join(format!("{target}.json"));
        fs::create_dir_all(target_folder)?;
        write_if_new(&file, &serde_json::to_string_pretty(&description)?)?;
        let file = file.to_str().context("a folder whose name is text")?;

        let mut command = self.cargo("build", target, target_folder);
        command.env("RUSTC_BOOTSTRAP", "1").args(["--target", file]).args(libraries);
        if self == Self::Pinned {
            // The distribution's cargo is older, and does not ask for it.
            command.arg("-Zjson-target-spec");
        }
        Ok(command)
    }

    fn with_prebuilt_core(self, verb: &str, target: &str, target_folder: &Path) -> Command {
        let mut command = self.cargo(verb, target, target_folder);
        command.args(["--target", target]);
        if self == Self::Distribution {
            command.env("RUSTC_BOOTSTRAP", "1").args(CORE_AS_PREBUILT);
        }
        command
    }

    /// `cargo` for `target`, which it has yet to be told.
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
        command.args([verb, "--target-dir"]).arg(target_folder);
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

/// Cargo builds everything again when the file is younger.
fn write_if_new(file: &Path, text: &str) -> Result<()> {
    if !fs::read_to_string(file).is_ok_and(|before| before == text) {
        fs::write(file, text)?;
    }
    Ok(())
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

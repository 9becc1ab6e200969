//! Building for Cortex-M.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value};

use crate::process::{cargo, output, run};
use crate::report::Report;
use crate::setup::{self, Tool};
use crate::workspace::Workspace;

/// The targets of the boards: RP2040, nRF52840 and the emulated Cortex-M4, RP2350.
pub(crate) const TARGETS: [&str; 3] =
    ["thumbv6m-none-eabi", "thumbv7em-none-eabihf", "thumbv8m.main-none-eabihf"];

/// The core library as an image has it: 3 to 4 KB smaller than the prebuilt one.
const SMALL_CORE: [&str; 2] =
    ["-Zbuild-std=core", "-Zbuild-std-features=compiler-builtins-mem,optimize_for_size"];

/// The core library and the one with the heap, as the prebuilt ones are built.
const CORE_AND_HEAP: [&str; 8] = [
    "-Zbuild-std=core,alloc",
    "-Zbuild-std-features=compiler-builtins-mem",
    "--config",
    "profile.firmware.package.core.overflow-checks=false",
    "--config",
    "profile.firmware.package.core.opt-level=3",
    "--config",
    "profile.firmware.package.alloc.opt-level=3",
];

/// `cargo VERB` for one target, with its artefacts where `target_folder` says: `build`, or `rustc`,
/// which takes arguments for the last program alone.
///
/// # Errors
///
/// The core library for Cortex-M is missing and cannot be fetched.
pub(crate) fn cargo_for(verb: &str, target: &str, target_folder: &Path) -> Result<Command> {
    setup::ensure(Tool::ArmCore)?;
    let mut command = cargo();
    command.args([verb, "--target", target, "--target-dir"]).arg(target_folder);
    Ok(command)
}

/// `cargo build` for what is flashed.
///
/// # Errors
///
/// As [`cargo_for`]; or the compiler does not describe the target.
pub(crate) fn image(target: &str, target_folder: &Path) -> Result<Command> {
    without_frame_pointers(target, target_folder, &SMALL_CORE)
}

/// `cargo build` for what is measured beside it and has a heap.
///
/// # Errors
///
/// As [`image`].
pub(crate) fn image_with_heap(target: &str, target_folder: &Path) -> Result<Command> {
    without_frame_pointers(target, target_folder, &CORE_AND_HEAP)
}

/// `cargo build` for a target that is one of the compiler's but for frame pointers. The compiler is a
/// stable one, which does it as nightly ones do.
fn without_frame_pointers(
    target: &str,
    target_folder: &Path,
    libraries: &[&str],
) -> Result<Command> {
    let mut print = Command::new("rustc");
    print.env("RUSTC_BOOTSTRAP", "1").args(["-Zunstable-options", "--target", target]);
    let description = output(print.args(["--print", "target-spec-json"]))?;
    let mut description: Map<String, Value> = serde_json::from_str(&description)?;
    description.insert("frame-pointer".to_owned(), "may-omit".into());
    // Cargo calls a target by the name of its file.
    let file = target_folder.join(format!("{target}.json"));
    fs::create_dir_all(target_folder)?;
    fs::write(&file, serde_json::to_string_pretty(&description)?)?;
    let file = file.to_str().context("a folder whose name is text")?;

    let mut command = cargo_for("build", file, target_folder)?;
    command.env("RUSTC_BOOTSTRAP", "1").arg("-Zjson-target-spec").args(libraries);
    Ok(command)
}

/// Builds every portable crate for every target.
pub(crate) fn build_portable(workspace: &Workspace, report: &mut Report) {
    for target in TARGETS {
        report.step(&format!("build {target}"), "every portable crate", || {
            setup::ensure(Tool::ArmGcc)?;
            let mut build = cargo_for("build", target, &workspace.target)?;
            build.current_dir(&workspace.root).args(["--quiet", "--profile", "firmware"]);
            for package in workspace.portable() {
                build.args(["--package", &package.name]);
            }
            run(&mut build)
        });
    }
}

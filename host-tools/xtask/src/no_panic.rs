//! `no-panic`: what can still panic, read from linked images.
//!
//! Each portable crate is linked with a panic handler that does not exist, over opaque stand-ins
//! for the cryptography: it links only if nothing in it can panic. Then an image with everything in
//! it and the real cryptography is linked, and each of its remaining panics must be in the
//! committed list, with a reason. `firmware/no-panic/DECISIONS.md` says why it is done so.

mod coverage;
mod edges;
mod listing;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::arm;
use crate::process::{attempt, output, run};
use crate::report::Report;
use crate::setup::{self, Tool};
use crate::workspace::Workspace;

use edges::{Edge, disassemble};

/// The smallest instruction set we ship for, and the one with the most room for inlining.
const TARGETS: [&str; 2] = ["thumbv6m-none-eabi", "thumbv7em-none-eabihf"];

/// A program that panics: it must fail to link.
const CANARY: &str = "canary";

/// The panic that the canary plants must be found by name.
const PLANTED: [&str; 2] = ["core::panicking::panic_bounds_check", "canary::third"];

/// What the panic handler of the proofs calls and nobody defines.
const UNDEFINED: &str = "a_panic_can_be_reached";

/// Symbols of allocators, Rust's and C's.
const ALLOCATORS: [&str; 7] =
    ["__rust_alloc", "__rg_alloc", "__rdl_alloc", "malloc", "calloc", "realloc", "_sbrk"];

/// The whole proof.
pub(crate) fn prove(workspace: &Workspace, report: &mut Report) {
    report.step("no-panic coverage", "the harness reaches every public function", || {
        coverage::check(workspace)
    });
    let crates: Vec<String> = workspace
        .portable()
        .filter_map(|package| package.name.strip_prefix("countersign-").map(str::to_owned))
        .collect();
    for target in TARGETS {
        report.step(&format!("no-panic canary {target}"), "a planted panic is found", || {
            canary(workspace, target)
        });
        for name in &crates {
            let step = format!("no-panic {name} {target}");
            report
                .step(&step, "it links without a panic handler", || links(workspace, target, name));
        }
    }
    report.step("no-panic image", "what is left is listed, and nothing allocates", || {
        // The larger instruction set leaves room for an optimisation or two more: one list holds
        // for both.
        let mut found = Vec::new();
        for target in TARGETS {
            found.extend(image(workspace, target)?);
        }
        listing::compare(workspace, &found)
    });
}

/// Prints every edge that is left.
pub(crate) fn list(workspace: &Workspace, report: &mut Report) {
    for target in TARGETS {
        report.step(&format!("no-panic list {target}"), "every edge to a panic", || {
            for edge in disassemble(&build_image(workspace, target)?)? {
                println!("\n{edge}");
            }
            Ok(())
        });
    }
}

fn canary(workspace: &Workspace, target: &str) -> Result<()> {
    let (linked, said) = link(workspace, target, CANARY, Handler::Missing)?;
    if linked || !said.contains(UNDEFINED) {
        bail!("the canary linked, or failed for another reason: the proof proves nothing\n{said}");
    }
    let found = culprits(workspace, target, CANARY)?;
    if !found.iter().any(|edge| PLANTED.iter().all(|frame| edge.names(frame))) {
        bail!("the planted panic was not found among {found:?}");
    }
    Ok(())
}

fn links(workspace: &Workspace, target: &str, name: &str) -> Result<()> {
    let (linked, said) = link(workspace, target, name, Handler::Missing)?;
    if linked {
        return Ok(());
    }
    if !said.contains(UNDEFINED) {
        bail!("{name} does not build:\n{said}");
    }
    for edge in culprits(workspace, target, name)? {
        println!("\n{edge}");
    }
    bail!("countersign-{name} can panic, as listed above: take the panicking call out")
}

fn image(workspace: &Workspace, target: &str) -> Result<Vec<Edge>> {
    inspect(&build_image(workspace, target)?)
}

/// The edges of an image that has no allocator.
pub(crate) fn inspect(elf: &Path) -> Result<Vec<Edge>> {
    let mut symbols = std::process::Command::new("arm-none-eabi-nm");
    for symbol in output(symbols.arg(elf))?.split_whitespace() {
        if ALLOCATORS.contains(&symbol) || symbol.contains("__rust_alloc") {
            bail!("the image allocates: it has the symbol {symbol}");
        }
    }
    disassemble(elf)
}

fn build_image(workspace: &Workspace, target: &str) -> Result<PathBuf> {
    setup::ensure(Tool::ArmGcc)?;
    let mut build = arm::cargo_for("build", target, &workspace.target)?;
    build.current_dir(&workspace.root);
    build.args(["--quiet", "--profile", "firmware", "--package", "countersign-image"]);
    run(&mut build)?;
    Ok(workspace.target.join(target).join("firmware/countersign-image"))
}

/// Where the panic handler's call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Handler {
    /// Nowhere: linking fails if the handler is reached.
    Missing,
    /// To address zero, so that what reaches it can be read from the program.
    Defined,
}

/// Links one proof. Returns whether that succeeded, and what was said.
fn link(
    workspace: &Workspace,
    target: &str,
    name: &str,
    handler: Handler,
) -> Result<(bool, String)> {
    setup::ensure(Tool::ArmGcc)?;
    let mut build = arm::cargo_for("rustc", target, &proof_target(workspace))?;
    build.current_dir(workspace.root.join("firmware/no-panic/proof")).args([
        "--quiet",
        "--profile",
        "firmware",
        "--bin",
        name,
    ]);
    if handler == Handler::Defined {
        build.arg("--").arg(format!("-Clink-arg=--defsym={UNDEFINED}=0"));
    }
    attempt(&mut build)
}

/// The edges by which a proof that does not link reaches a panic.
fn culprits(workspace: &Workspace, target: &str, name: &str) -> Result<Vec<Edge>> {
    let (linked, said) = link(workspace, target, name, Handler::Defined)?;
    if !linked {
        bail!("{said}");
    }
    disassemble(&proof_target(workspace).join(target).join("firmware").join(name))
}

fn proof_target(workspace: &Workspace) -> PathBuf {
    workspace.target.join("no-panic")
}

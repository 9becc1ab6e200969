//! `bench`: what each step costs, beside LDK and the floor; with `--device`, on a board.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::firmware::BENCH;
use crate::process::{cargo, output, run};
use crate::report::Report;
use crate::setup::{self, Tool};
use crate::workspace::Workspace;

const PACKAGE: &str = "countersign-bench";

/// The table that a person reads.
pub(crate) fn table(workspace: &Workspace, report: &mut Report) {
    report.step("bench", "every step under callgrind", || {
        setup::ensure(Tool::Valgrind)?;
        run(&mut bench(workspace))
    });
}

/// The table of a board's steps, which fails when a goal is missed.
pub(crate) fn device_table(workspace: &Workspace, report: &mut Report) {
    report.step("bench on a board", "every step on an emulated Cortex-M4, beside LDK", || {
        let mut bench = device_bench(workspace)?;
        for board in BENCH {
            println!("   {}: {} bytes of flash", board.name, board.size(workspace)?.flash);
        }
        run(&mut bench)
    });
}

/// The JSON array, alone on the standard output.
pub(crate) fn json(workspace: &Workspace) -> ExitCode {
    print(|| {
        setup::ensure(Tool::Valgrind)?;
        output(bench(workspace).arg("--json"))
    })
}

/// The JSON array of a board's steps.
pub(crate) fn device_json(workspace: &Workspace) -> ExitCode {
    print(|| output(device_bench(workspace)?.arg("--json")))
}

fn print(measure: impl FnOnce() -> Result<String>) -> ExitCode {
    match measure().context("the bench did not finish") {
        Ok(array) => {
            print!("{array}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Builds the images that are measured; where they are.
fn images(workspace: &Workspace) -> Result<String> {
    setup::ensure(Tool::Qemu)?;
    let mut folder = None;
    for board in BENCH {
        folder = board.build(workspace)?.parent().and_then(Path::to_str).map(str::to_owned);
    }
    folder.context("a folder with a name")
}

/// The bench where it is measured itself, built as what is released.
fn bench(workspace: &Workspace) -> Command {
    let mut command = cargo();
    command.current_dir(&workspace.root).args(["run", "--quiet", "--release"]);
    command.args(["--package", PACKAGE, "--"]);
    command
}

/// The bench where it makes inputs for images, and need not be fast.
fn device_bench(workspace: &Workspace) -> Result<Command> {
    let images = images(workspace)?;
    let mut command = Command::new(workspace.build_programs(&[PACKAGE])?.join(PACKAGE));
    command.current_dir(&workspace.root).args(["device", &images]);
    Ok(command)
}

//! `bench`: what each step costs, beside LDK and the floor.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::process::{cargo, output, run};
use crate::report::Report;
use crate::setup::{self, Tool};
use crate::workspace::Workspace;

const PACKAGE: &str = "countersign-bench";

/// The table that a person reads.
pub(crate) fn table(workspace: &Workspace, report: &mut Report) {
    report.step("bench", "every step under callgrind", || {
        setup::ensure(Tool::Valgrind)?;
        run(&mut bench(workspace, &[]))
    });
}

/// The JSON array, alone on the standard output.
pub(crate) fn json(workspace: &Workspace) -> ExitCode {
    let measure = || -> Result<String> {
        setup::ensure(Tool::Valgrind)?;
        output(&mut bench(workspace, &["--json"])).context("the bench did not finish")
    };
    match measure() {
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

fn bench(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut command = cargo();
    command
        .current_dir(&workspace.root)
        .args(["run", "--quiet", "--release", "--package", PACKAGE, "--"])
        .args(arguments);
    command
}

//! `work`: what the dearest message costs a device, against the published number (P4).

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::process::{attempt, cargo, run};
use crate::report::Report;
use crate::setup::{self, Tool};
use crate::workspace::Workspace;

const PROGRAM: &str = "dearest-message";

/// Counts, and fails when it is more than what is published.
pub(crate) fn measure(workspace: &Workspace, report: &mut Report) {
    report.step("work", "instructions of the dearest message, against WORK.md", || {
        setup::ensure(Tool::Valgrind)?;
        let mut build = cargo();
        build.current_dir(&workspace.root).args(["build", "--quiet", "--release"]);
        run(build.args(["--package", "countersign-tests", "--bin", PROGRAM]))?;
        let program = workspace.target.join("release").join(PROGRAM);
        let once = instructions(&program, "1")?;
        let counted = instructions(&program, "2")?.saturating_sub(once);
        let published = published(workspace)?;
        println!("   {counted} instructions, {published} published");
        if counted > published {
            bail!(
                "it takes {counted} instructions, and tests/WORK.md promises {published} at most"
            );
        }
        Ok(())
    });
}

/// What the program executes when it answers so many messages.
fn instructions(program: &Path, count: &str) -> Result<u64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program).arg(count);
    let (succeeded, said) = attempt(&mut valgrind)?;
    let collected = said
        .lines()
        .filter_map(|line| line.split_once("Collected : "))
        .find_map(|(_, number)| number.trim().parse().ok());
    collected.filter(|_| succeeded).with_context(|| format!("callgrind did not count:\n{said}"))
}

/// The number after `At most` in the document.
fn published(workspace: &Workspace) -> Result<u64> {
    let path = workspace.root.join("tests/WORK.md");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let number = text.split_once("At most **").and_then(|(_, rest)| rest.split_once("**"));
    let (number, _) = number.context("tests/WORK.md names no number after `At most`")?;
    Ok(number.replace(',', "").parse()?)
}

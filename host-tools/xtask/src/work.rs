//! `work`: what the dearest message costs a device, against the published numbers (P4).

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use countersign_bench_emulator::rp2040_milliseconds;

use crate::firmware::{Board, DEAREST};
use crate::process::{attempt, cargo, run};
use crate::report::Report;
use crate::setup::{self, Tool};
use crate::workspace::Workspace;

const PROGRAM: &str = "dearest-message";

/// The rows of the document's table: where it is counted on this computer, and on each image.
const COMPUTER: &str = "x86-64";
const BOARDS: [&str; 2] = ["Cortex-M4", "RP2040"];

/// Counts, and fails when it is more than what is published.
pub(crate) fn measure(workspace: &Workspace, report: &mut Report) {
    let recording = workspace.target.join("dearest-message.recording");
    report.step("work", "instructions of the dearest message, against WORK.md", || {
        setup::ensure(Tool::Valgrind)?;
        let mut build = cargo();
        build.current_dir(&workspace.root).args(["build", "--quiet", "--release"]);
        run(build.args(["--package", "countersign-tests", "--bin", PROGRAM]))?;
        let program = workspace.target.join("release").join(PROGRAM);
        run(Command::new(&program).arg("record").arg(&recording))?;
        let none = instructions(&program, &recording, "0")?;
        let counted = instructions(&program, &recording, "1")?.saturating_sub(none);
        println!("   {COMPUTER}: {counted} instructions");
        hold(workspace, &[(COMPUTER, counted)])
    });
    report.step("work on boards", "the same on an emulated Cortex-M4", || {
        setup::ensure(Tool::Qemu)?;
        let mut counted = Vec::new();
        for (name, board) in BOARDS.into_iter().zip(DEAREST) {
            counted.push((name, on_board(workspace, board, &recording)?));
        }
        for (name, instructions) in &counted {
            println!("   {name}: {instructions} instructions");
        }
        if let Some((name, instructions)) = counted.last() {
            println!("   {name}: {} ms by the model", rp2040_milliseconds(*instructions));
        }
        hold(workspace, &counted)
    });
}

/// What the program executes when it plays the recording so many times.
fn instructions(program: &Path, recording: &Path, times: &str) -> Result<u64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program);
    valgrind.arg("play").arg(recording).arg(times);
    let (succeeded, said) = attempt(&mut valgrind)?;
    let collected = said
        .lines()
        .filter_map(|line| line.split_once("Collected : "))
        .find_map(|(_, number)| number.trim().parse().ok());
    collected.filter(|_| succeeded).with_context(|| format!("callgrind did not count:\n{said}"))
}

/// What the image executes when it hears the recording.
fn on_board(workspace: &Workspace, board: Board, recording: &Path) -> Result<u64> {
    let image = board.build(workspace)?;
    Ok(countersign_bench_emulator::run(&image, recording)?.instructions)
}

/// Fails when any of what was counted is above what is published of it.
fn hold(workspace: &Workspace, counted: &[(&str, u64)]) -> Result<()> {
    let path = workspace.root.join("tests/WORK.md");
    let document = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let mut above = Vec::new();
    for &(name, instructions) in counted {
        let published = published(&document, name)?;
        if instructions > published {
            above.push(format!("{name} takes {instructions} instructions, of {published}"));
        }
    }
    ensure!(above.is_empty(), "above what tests/WORK.md promises: {}", above.join("; "));
    Ok(())
}

/// The number after the name in the table.
fn published(document: &str, name: &str) -> Result<u64> {
    for line in document.lines() {
        let mut cells = line.split('|').map(str::trim).skip(1);
        if cells.next().is_some_and(|first| first == name) {
            let number = cells.next().context("a second cell")?;
            return Ok(number.replace(',', "").parse()?);
        }
    }
    bail!("tests/WORK.md has no row for {name}")
}

#[cfg(test)]
mod tests {
    //! The table of what is published.

    use super::published;

    #[test]
    fn what_is_published_stands_in_the_row_of_its_name() {
        let document = "| where | at most |\n|---|---|\n| RP2040 | 1,234 | 5 s |\n";
        assert_eq!(published(document, "RP2040").unwrap(), 1_234);
        assert!(published(document, "Cortex-M4").is_err());
        assert!(published(document, "where").is_err());
    }
}

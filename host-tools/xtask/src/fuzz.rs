//! `fuzz`: libFuzzer on the properties that the tests share.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{attempt, cargo, nightly_cargo, run as show};
use crate::report::Report;
use crate::setup::{self, Tool};
use crate::workspace::Workspace;

/// Runs one target, or every target, for `seconds` each. A target that did not run fails.
pub(crate) fn run(workspace: &Workspace, report: &mut Report, only: Option<&str>, seconds: u32) {
    let mut targets = Vec::new();
    report.step("fuzz build", "every fuzz target", || {
        setup::ensure(Tool::CargoFuzz)?;
        let found = list(workspace, only)?;
        let mut build = cargo_fuzz(workspace, "build");
        show(build.args(only))?;
        targets = found;
        Ok(())
    });
    for target in targets {
        let what = format!("{seconds} s from the seeds in fuzz/corpus/{target}");
        report.step(&format!("fuzz {target}"), &what, || one(workspace, &target, seconds));
    }
}

/// The targets by file name, each with its corpus.
fn list(workspace: &Workspace, only: Option<&str>) -> Result<Vec<String>> {
    let folder = workspace.root.join("fuzz/fuzz_targets");
    let mut targets = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).context("a target's name")?;
        if only.is_none_or(|only| only == name) {
            targets.push(name.to_owned());
        }
    }
    targets.sort();
    if targets.is_empty() {
        bail!("no such target: `ls fuzz/fuzz_targets` lists them");
    }
    Ok(targets)
}

fn one(workspace: &Workspace, target: &str, seconds: u32) -> Result<()> {
    let seeds = workspace.root.join("fuzz/corpus").join(target);
    let found = workspace.target.join("fuzz/corpus").join(target);
    fs::create_dir_all(&found)?;
    let mut command = cargo_fuzz(workspace, "run");
    // libFuzzer writes what it finds into the first folder; the seeds in the repository stay as
    // they are.
    command.arg(target).arg(&found).arg(&seeds).arg("--");
    command.arg(format!("-max_total_time={seconds}")).arg("-max_len=40000");
    let dictionary = workspace.root.join(format!("fuzz/dict/{target}.dict"));
    if dictionary.exists() {
        command.arg(format!("-dict={}", dictionary.display()));
    }
    let (passed, said) = attempt(&mut command)?;
    let last: Vec<&str> = said.lines().rev().take(40).collect();
    let done = said.lines().find(|line| line.starts_with("Done ") && line.contains(" runs in "));
    match done {
        Some(line) if passed && !line.starts_with("Done 0 ") => {
            println!("   {line}");
            Ok(())
        }
        Some(_) | None => {
            for line in last.iter().rev() {
                println!("   {line}");
            }
            bail!("{target} failed or did not run: the input is in fuzz/artifacts/{target}")
        }
    }
}

/// Nightly's cargo-fuzz where there is a nightly, else the pinned compiler told to act as one.
///
/// No sanitizer: the code under test forbids `unsafe`, and the time is better spent on inputs.
fn cargo_fuzz(workspace: &Workspace, verb: &str) -> Command {
    let mut command = if setup::ensure(Tool::Nightly).is_ok() {
        nightly_cargo()
    } else {
        let mut command = cargo();
        command.env("RUSTC_BOOTSTRAP", "1");
        command
    };
    command
        .current_dir(&workspace.root)
        .args(["fuzz", verb, "--sanitizer", "none", "--target-dir"])
        .arg(workspace.target.join("fuzz"));
    command
}

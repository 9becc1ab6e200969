//! Instructions, counted by valgrind's callgrind.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// How often a task is run at most, after a first time to be warm.
pub(crate) const MOST_TIMES: usize = 2;

/// The instructions of one run of a task, given the arguments that make this program run it.
///
/// The program runs it once, and in another process twice; what the two differ by is one run of a
/// program that is warm.
///
/// # Errors
///
/// When valgrind is missing or the task fails under it.
pub(crate) fn instructions(task: &[&str]) -> Result<u64> {
    let once = collect(task, "1")?;
    let twice = collect(task, "2")?;
    Ok(twice.saturating_sub(once))
}

fn collect(task: &[&str], times: &str) -> Result<u64> {
    let program = std::env::current_exe().context("where this program is")?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .arg("run")
        .args(task)
        .arg(times)
        .output()
        .context("valgrind is not installed: `cargo xtask setup` says how to get it")?;
    let log = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("{} failed under valgrind:\n{log}", task.join(" "));
    }
    log.lines()
        .filter_map(|line| line.split_once("Collected : "))
        .find_map(|(_, count)| count.trim().parse().ok())
        .with_context(|| format!("valgrind printed no count:\n{log}"))
}

//! What a verb did: one line a step, a table at the end.

use core::time::Duration;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;

/// A tool or a file that a step needs and this machine does not have.
#[derive(Debug)]
pub(crate) struct Missing {
    /// What is missing, and the one thing to do about it.
    pub(crate) what: String,
    pub(crate) remedy: Remedy,
}

/// Whether a missing thing could have been there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// It can be installed: missing it fails in CI.
    Install,
    /// No registry that this machine reaches serves it: skipped in CI too, with the reason.
    OutOfReach,
}

impl core::fmt::Display for Missing {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.write_str(&self.what)
    }
}

impl core::error::Error for Missing {}

#[derive(Debug)]
enum Outcome {
    Passed,
    Failed,
    Skipped(String),
}

#[derive(Debug)]
struct Step {
    name: String,
    outcome: Outcome,
    took: Duration,
}

/// The steps of one run, in order.
#[derive(Debug, Default)]
pub(crate) struct Report {
    steps: Vec<Step>,
}

impl Report {
    /// Runs one step and records how it ended.
    ///
    /// A [`Missing`] error skips the step on a developer's machine. In CI it fails it, unless the
    /// thing is out of reach there.
    pub(crate) fn step(&mut self, name: &str, what: &str, work: impl FnOnce() -> Result<()>) {
        println!("\n== {name}: {what}");
        let start = Instant::now();
        let outcome = match work() {
            Ok(()) => Outcome::Passed,
            Err(error) => match error.downcast_ref::<Missing>() {
                Some(missing) if !in_ci() || missing.remedy == Remedy::OutOfReach => {
                    println!("SKIPPED {name}: {missing}");
                    Outcome::Skipped(missing.to_string())
                }
                _ => {
                    println!("FAILED {name}: {error:#}");
                    Outcome::Failed
                }
            },
        };
        self.steps.push(Step { name: name.to_owned(), outcome, took: start.elapsed() });
    }

    /// Prints the table and the closing line. Fails when a step failed or none ran.
    pub(crate) fn close(&self) -> ExitCode {
        let (mut passed, mut failed, mut skipped) = (0_usize, 0_usize, 0_usize);
        println!();
        for Step { name, outcome, took } in &self.steps {
            let (count, word, reason) = match outcome {
                Outcome::Passed => (&mut passed, "passed", ""),
                Outcome::Failed => (&mut failed, "FAILED", ""),
                Outcome::Skipped(reason) => (&mut skipped, "skipped", reason.as_str()),
            };
            *count = count.saturating_add(1);
            println!("{word:8}{:>7.1} s  {name}  {reason}", took.as_secs_f32());
        }
        if skipped == 0 {
            println!("\n{passed} passed, {failed} failed");
        } else {
            println!("\n{passed} passed, {failed} failed, {skipped} skipped");
        }
        if failed == 0 && passed != 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn in_ci() -> bool {
    std::env::var_os("CI").is_some()
}

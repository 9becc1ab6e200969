//! `soak`: thousands of requests from LDK payers while the device's plug is pulled over and over.

use anyhow::Context as _;
use clap::Args;

use crate::process::{cargo, run};
use crate::report::Report;
use crate::workspace::Workspace;

/// How much there is to soak in.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// How many invoices are asked for; memory is held to its limit from 10,000 on
    #[arg(long, default_value_t = 10_000)]
    requests: u64,
    /// Pull the plug at the moments of an earlier run, which printed its seed
    #[arg(long)]
    seed: Option<u64>,
}

/// What the test starts.
const PROGRAMS: [&str; 5] = [
    "countersign",
    "countersign-bridge",
    "countersign-simulator",
    "countersign-ldk-peer-0-2",
    "countersign-ldk-peer-0-3",
];

/// Builds the parties and lets them at each other.
pub(crate) fn run_all(workspace: &Workspace, report: &mut Report, arguments: &Arguments) {
    report.step("soak", "eight payers, one bridge, a device that loses its power", || {
        let mut build = cargo();
        build.current_dir(&workspace.root).args(["build", "--quiet"]);
        for program in PROGRAMS {
            build.args(["--package", program]);
        }
        run(&mut build).context("the first build takes some minutes, and it failed")?;
        let mut test = cargo();
        test.current_dir(&workspace.root).args(["test", "--package", "countersign-end-to-end"]);
        test.args(["--test", "soak", "--", "--nocapture"]);
        test.env("SOAK_REQUESTS", arguments.requests.to_string());
        if let Some(seed) = arguments.seed {
            test.env("SOAK_SEED", seed.to_string());
        }
        run(&mut test)
    });
}

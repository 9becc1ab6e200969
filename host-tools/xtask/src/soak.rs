//! `soak`: thousands of requests from LDK payers while the device's plug is pulled over and over.

use clap::Args;

use crate::process::run;
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
const PROGRAMS: [&str; 5] =
    ["countersign", "countersign-bridge", "countersign-simulator", "ldk-peer-0-2", "ldk-peer-0-3"];

/// Builds the parties and lets them at each other.
pub(crate) fn run_all(workspace: &Workspace, report: &mut Report, arguments: &Arguments) {
    report.step("soak", "eight payers, one bridge, a device that loses its power", || {
        workspace.build_programs(&PROGRAMS)?;
        let mut test = workspace.cargo_slow("test");
        test.args(["--test", "soak", "--", "--nocapture"]);
        test.env("SOAK_REQUESTS", arguments.requests.to_string());
        if let Some(seed) = arguments.seed {
            test.env("SOAK_SEED", seed.to_string());
        }
        run(&mut test)
    });
}

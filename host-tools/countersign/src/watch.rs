//! `countersign watch`: what happens, as it happens.

use std::io::Write as _;
use std::process::ExitCode;

use countersign_records::{Event, Records};
use countersign_till::{Watch, event_json};

use crate::page::now;
use crate::records::RecordsArguments;

/// Print what becomes of invoices and refunds as it happens, one JSON object a line
///
/// `event` is `issued`, `paid` or `expired` with the `invoice`, and `refund-authorised`,
/// `refund-paid`, `refund-failed` or `refund-expired` with the `refund`. Pass over those that you do
/// not know. Nothing is missed by going on after the last `number`; whatever is told again has the
/// same `id`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    records: RecordsArguments,
    #[command(flatten)]
    since: Since,
}

/// Where to begin.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Since {
    /// Begin after the event of that number, 0 for all; without, with what happens now
    #[arg(long, value_name = "NUMBER")]
    since: Option<u64>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    follow(&arguments.since, arguments.records.open()?, |_| true)
}

/// Prints the events that are `wanted`, for ever.
pub(crate) fn follow(
    from: &Since,
    records: Records,
    wanted: impl Fn(&Event) -> bool,
) -> anyhow::Result<ExitCode> {
    let mut watch = Watch::new(records, from.since)?;
    let mut out = std::io::stdout().lock();
    loop {
        for event in watch.wait()?.iter().filter(|event| wanted(event)) {
            writeln!(out, "{}", event_json(event, now()?))?;
        }
        out.flush()?;
    }
}

//! `countersign proof`: what customers show to prove that they paid.

mod verify;

use std::process::ExitCode;

use clap::Subcommand;

use crate::records::RecordsArguments;

/// Check what customers show to prove that they paid
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    records: RecordsArguments,
    /// Print JSON instead of a page for people
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Verify(verify::Arguments),
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let records = arguments.records.open()?;
    let Verb::Verify(wanted) = &arguments.verb;
    let (page, code) = verify::run(wanted, &records)?;
    page.print(arguments.json)?;
    Ok(code)
}

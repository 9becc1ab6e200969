//! `countersign proof`: what customers show to prove that they paid.

mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use crate::offer::open_records;

/// Check what customers show to prove that they paid
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The record of what was issued, if it is not in the usual place
    #[arg(long, global = true, value_name = "FILE")]
    records: Option<PathBuf>,
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
    let records = open_records(arguments.records.as_ref())?;
    let Verb::Verify(wanted) = &arguments.verb;
    let (page, code) = verify::run(wanted, &records)?;
    page.print(arguments.json)?;
    Ok(code)
}

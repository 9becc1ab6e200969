//! `countersign refund`: money that goes the other way.

mod accept;
mod create;
mod list;
mod revoke;
mod show;

use std::process::ExitCode;

use clap::Subcommand;

use crate::records::RecordsArguments;

/// Offer somebody money, or take what somebody offers
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    records: RecordsArguments,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(create::Arguments),
    /// List the refunds that were offered, the oldest first, and what became of each
    List(Printing),
    Show(show::Arguments),
    Revoke(revoke::Arguments),
    Accept(accept::Arguments),
}

/// How a verb prints what it says.
#[derive(Clone, Copy, Debug, clap::Args)]
struct Printing {
    /// Print JSON instead of a page for people
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let records = || arguments.records.open();
    let (page, json) = match &arguments.verb {
        Verb::Create(arguments) => (create::run(arguments, &records()?)?, arguments.device.json),
        Verb::List(printing) => (list::run(&records()?)?, printing.json),
        Verb::Show(arguments) => (show::run(arguments, &records()?)?, arguments.printing.json),
        Verb::Revoke(arguments) => (revoke::run(arguments, &records()?)?, arguments.device.json),
        Verb::Accept(arguments) => (accept::run(arguments)?, arguments.json),
    };
    page.print(json)?;
    Ok(ExitCode::SUCCESS)
}

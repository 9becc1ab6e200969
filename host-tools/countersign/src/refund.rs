//! `countersign refund`: money that goes the other way.

mod accept;

use std::process::ExitCode;

use clap::Subcommand;

/// Take a refund or withdrawal that somebody offers
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Print JSON instead of a page for people
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Accept(accept::Arguments),
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let page = match &arguments.verb {
        Verb::Accept(arguments) => accept::run(arguments)?,
    };
    page.print(arguments.json)?;
    Ok(ExitCode::SUCCESS)
}

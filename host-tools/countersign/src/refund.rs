//! `countersign refund`: money that goes the other way.

mod accept;
mod create;

use std::process::ExitCode;

use clap::Subcommand;

/// Offer somebody money, or take what somebody offers
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(create::Arguments),
    Accept(accept::Arguments),
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (page, json) = match &arguments.verb {
        Verb::Create(arguments) => (create::run(arguments)?, arguments.device.json),
        Verb::Accept(arguments) => (accept::run(arguments)?, arguments.json),
    };
    page.print(json)?;
    Ok(ExitCode::SUCCESS)
}

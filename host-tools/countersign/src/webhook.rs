//! `countersign webhook`: what happens, for a shop's software that listens.

use std::path::PathBuf;
use std::process::ExitCode;

use countersign_records::Records;
use countersign_till::{Webhook, webhook_secret};

use crate::records::RecordsArguments;

/// Post what becomes of invoices and refunds to a shop, again until it takes it
///
/// Runs until it is interrupted, and goes on where it was when it is run again. The bridge does the
/// same with --webhook. `countersign help watch` says what is told: the body is one such object. A
/// shop answers 200 also to what it does not know, since it is told one thing after the other.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    records: RecordsArguments,
    #[command(flatten)]
    shop: Shop,
}

/// Whom to tell.
#[derive(Debug, clap::Args)]
pub(crate) struct Shop {
    /// Where the shop listens, `https://…` or `http://…`
    url: String,
    /// A file with the secret that the shop knows us by; without, events are not signed
    #[arg(long, value_name = "FILE")]
    secret: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    tell(&arguments.shop, arguments.records.open()?)
}

/// Tells the shop, for ever.
pub(crate) fn tell(shop: &Shop, records: Records) -> anyhow::Result<ExitCode> {
    let secret = shop.secret.as_deref().map(webhook_secret).transpose()?;
    let Err(error) = Webhook::new(&shop.url, secret)?.run(records);
    Err(error.into())
}

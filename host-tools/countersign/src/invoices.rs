//! `countersign invoices`: what the device has issued, and what became of it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use countersign_records::Records;
use countersign_till::{Watch, Webhook, event_json, invoice_json, webhook_secret};

use crate::hexadecimal;
use crate::page::{Page, amount, moment, now};
use crate::records::RecordsArguments;

/// Say which invoices were issued, paid or expired
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
    /// List invoices, the newest first
    List {
        /// How many at most
        #[arg(long, default_value_t = 100, value_name = "NUMBER")]
        last: u64,
    },
    /// Show one invoice
    Show {
        /// Its payment hash
        #[arg(value_parser = hexadecimal::hash)]
        payment_hash: [u8; 32],
    },
    /// Print what becomes of invoices as it happens, one JSON object a line
    Watch {
        /// Begin after the event of that number, 0 for all; without, with what happens now
        #[arg(long, value_name = "NUMBER")]
        since: Option<u64>,
    },
    /// Post what becomes of invoices to a shop, again until it takes it
    ///
    /// Runs until it is interrupted, and goes on where it was when it is run again. The bridge does
    /// the same with --webhook.
    Webhook {
        /// Where the shop listens, `https://…` or `http://…`
        url: String,
        /// A file with the secret that the shop knows us by; without, events are not signed
        #[arg(long, value_name = "FILE")]
        secret: Option<PathBuf>,
    },
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let records = arguments.records.open()?;
    let page = match &arguments.verb {
        Verb::List { last } => list(*last, &records)?,
        Verb::Show { payment_hash } => show(payment_hash, &records)?,
        Verb::Watch { since } => return watch(*since, records),
        Verb::Webhook { url, secret } => {
            let secret = secret.as_deref().map(webhook_secret).transpose()?;
            let Err(error) = Webhook::new(url, secret)?.run(records);
            return Err(error.into());
        }
    };
    page.print(arguments.json)?;
    Ok(ExitCode::SUCCESS)
}

fn watch(since: Option<u64>, records: Records) -> anyhow::Result<ExitCode> {
    let mut watch = Watch::new(records, since)?;
    let mut out = std::io::stdout().lock();
    loop {
        for event in watch.wait()? {
            writeln!(out, "{}", event_json(&event, now()?))?;
        }
        out.flush()?;
    }
}

fn list(last: u64, records: &Records) -> anyhow::Result<Page> {
    let now = now()?;
    let invoices = records.invoices(last)?;
    let objects: Vec<_> = invoices.iter().map(|invoice| invoice_json(invoice, now)).collect();
    let page = Page::new(objects.into());
    if invoices.is_empty() {
        return Ok(page.line("No invoice is on record yet."));
    }
    Ok(invoices.iter().fold(page, |page, invoice| {
        let hash = hex::encode(invoice.issued.payment_hash);
        let (made, state) = (moment(invoice.issued.created_at), invoice.state(now));
        let amount = amount(invoice.issued.amount_msat);
        page.line(format!("{made} {state:<8} {amount:>18} {hash}"))
    }))
}

fn show(payment_hash: &[u8; 32], records: &Records) -> anyhow::Result<Page> {
    let now = now()?;
    let invoice = records.invoice(payment_hash)?;
    let invoice = invoice.context("no invoice with that payment hash is on record")?;
    let page = Page::new(invoice_json(&invoice, now))
        .field("state", invoice.state(now))
        .field("amount", amount(invoice.issued.amount_msat))
        .field("offer", hex::encode(invoice.issued.offer))
        .field("issued", moment(invoice.issued.created_at))
        .field("expires", moment(invoice.issued.expires_at));
    Ok(match invoice.paid {
        Some(paid) => {
            page.field("received", amount(paid.received_msat)).field("paid", moment(paid.at))
        }
        None => page,
    })
}

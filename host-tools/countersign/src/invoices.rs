//! `countersign invoices`: what the device has issued, and what became of it.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use countersign_records::{Event, Records, Subject};
use countersign_till::invoice_json;

use crate::page::{Page, amount, moment, now};
use crate::records::RecordsArguments;
use crate::{hexadecimal, watch, webhook};

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
    /// Print what becomes of invoices as `countersign watch` does, without anything else
    ///
    /// It was there first: a program that takes every line for an invoice's goes on to work.
    #[command(hide = true)]
    Watch(watch::Since),
    /// The same as `countersign webhook`, which came later
    #[command(hide = true)]
    Webhook(webhook::Shop),
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let records = arguments.records.open()?;
    let page = match &arguments.verb {
        Verb::List { last } => list(*last, &records)?,
        Verb::Show { payment_hash } => show(payment_hash, &records)?,
        Verb::Watch(since) => {
            let is_invoice = |event: &Event| matches!(event.subject, Subject::Invoice(_));
            return watch::follow(since, records, is_invoice);
        }
        Verb::Webhook(shop) => return webhook::tell(shop, records),
    };
    page.print(arguments.json)?;
    Ok(ExitCode::SUCCESS)
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

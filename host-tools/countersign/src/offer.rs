//! `countersign offer`: make offers, show them and take them back.

mod create;
mod list;
mod path;
mod price;
mod qr;
mod revoke;
mod show;
mod standing;

pub(crate) use create::expiry;
pub(crate) use path::TypedPath;
pub(crate) use price::TypedPrice;

use std::process::ExitCode;

use clap::Subcommand;

use crate::connection::DeviceArguments;
use crate::records::RecordsArguments;

/// Make offers, show them and take them back
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    device: DeviceArguments,
    #[command(flatten)]
    records: RecordsArguments,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(create::Arguments),
    /// List the offers on record and those that the device remembers, and how each stands
    List,
    Show(show::Arguments),
    Revoke(revoke::Arguments),
    Qr(qr::Arguments),
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { device, records, verb } = arguments;
    let records = records.open()?;
    let page = match verb {
        Verb::Create(arguments) => create::run(arguments, &mut device.open()?, &records)?,
        Verb::List => list::run(&mut device.open()?, &records)?,
        Verb::Show(arguments) => show::run(arguments, &mut device.open()?, &records)?,
        Verb::Revoke(arguments) => revoke::run(arguments, &mut device.open()?, &records)?,
        Verb::Qr(arguments) => qr::run(arguments, &records)?,
    };
    page.print(device.json)?;
    Ok(ExitCode::SUCCESS)
}

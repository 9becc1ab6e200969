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

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use countersign_records::Records;

use crate::connection::DeviceArguments;
use crate::home;

/// Make offers, show them and take them back
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    device: DeviceArguments,
    /// The record of what was issued, if it is not in the usual place
    #[arg(long, global = true, value_name = "FILE")]
    records: Option<PathBuf>,
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
    let records = open_records(records.as_ref())?;
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

/// Opens the record in `file`, or in the usual place.
pub(crate) fn open_records(file: Option<&PathBuf>) -> anyhow::Result<Records> {
    let file = file.map_or_else(home::records, |file| Ok(file.clone()))?;
    Ok(Records::open(&file)?)
}

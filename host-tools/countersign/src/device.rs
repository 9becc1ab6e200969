//! `countersign device`: the device itself, its rules and whom it trusts.

mod backup;
mod info;
mod log;
mod pair;
mod provision;
mod rate;
mod rules;
mod time;

use std::process::ExitCode;

use clap::Subcommand;

use crate::connection::DeviceArguments;

/// Set up a device and look after it
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    device: DeviceArguments,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Say what the device is and how it does
    Info,
    Provision(provision::Arguments),
    Rules(rules::Arguments),
    Log(log::Arguments),
    Time(time::Arguments),
    Rate(rate::Arguments),
    Pair(pair::Arguments),
    Export(backup::ExportArguments),
    Import(backup::ImportArguments),
    /// Have the device forget everything; only its words and an export bring it back
    Wipe,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { device, verb } = arguments;
    let page = match verb {
        Verb::Info => info::run(&mut device.open()?)?,
        Verb::Provision(arguments) => provision::run(arguments, device)?,
        Verb::Rules(arguments) => rules::run(arguments, &mut device.open()?)?,
        Verb::Log(arguments) => log::run(arguments, &mut device.open()?)?,
        Verb::Time(arguments) => time::run(arguments, &mut device.open()?)?,
        Verb::Rate(arguments) => rate::run(arguments, &mut device.open()?)?,
        Verb::Pair(arguments) => pair::run(arguments, &mut device.open()?)?,
        Verb::Export(arguments) => backup::export(arguments, &mut device.open()?)?,
        Verb::Import(arguments) => backup::import(arguments, &mut device.open()?)?,
        Verb::Wipe => provision::wipe(&mut device.open()?)?,
    };
    page.print(device.json)?;
    Ok(ExitCode::SUCCESS)
}

//! The merchant's command: `countersign help` lists its verbs.
//!
//! Each verb is a module of its own that has its arguments and a function `run`. What a verb finds
//! out goes to standard output, what went wrong to standard error. The exit code is 0 for success,
//! 1 for a failure that the verb is about, 2 for wrong usage.

#![expect(clippy::std_instead_of_alloc, reason = "a program for computers has the whole of std")]
#![expect(clippy::large_stack_frames, reason = "a computer has stack")]

mod bridge;
mod connection;
mod decode;
mod device;
mod hexadecimal;
mod home;
mod invoices;
mod node;
mod offer;
mod page;
mod proof;
mod records;
mod refund;
mod sibling;
mod watch;
mod webhook;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::Parser;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

/// Take payments through BOLT 12 offers, signed by a device that reads what it signs.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, subcommand_required = true)]
enum Verb {
    Decode(decode::Arguments),
    Device(device::Arguments),
    Offer(offer::Arguments),
    Invoices(invoices::Arguments),
    Proof(proof::Arguments),
    Refund(refund::Arguments),
    Watch(watch::Arguments),
    Webhook(webhook::Arguments),
    Bridge(bridge::Arguments),
    Node(node::Arguments),
}

fn main() -> ExitCode {
    log_to_standard_error();
    let outcome = match Verb::parse() {
        Verb::Decode(arguments) => decode::run(&arguments),
        Verb::Device(arguments) => device::run(&arguments),
        Verb::Offer(arguments) => offer::run(&arguments),
        Verb::Invoices(arguments) => invoices::run(&arguments),
        Verb::Proof(arguments) => proof::run(&arguments),
        Verb::Refund(arguments) => refund::run(&arguments),
        Verb::Watch(arguments) => watch::run(&arguments),
        Verb::Webhook(arguments) => webhook::run(&arguments),
        Verb::Bridge(arguments) => bridge::run(&arguments),
        Verb::Node(arguments) => node::run(&arguments),
    };
    match outcome {
        Ok(code) => code,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // If standard error is closed too, there is nobody to tell.
            let _told = writeln!(std::io::stderr(), "countersign: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Warnings, or what `RUST_LOG` asks for. What messages contain is logged nowhere.
fn log_to_standard_error() {
    let filter =
        EnvFilter::builder().with_default_directive(LevelFilter::WARN.into()).from_env_lossy();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

/// Whether whoever read our output has read enough, as in `countersign … | head`.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let is_closed = |it: &std::io::Error| it.kind() == std::io::ErrorKind::BrokenPipe;
    error.downcast_ref().is_some_and(is_closed)
}

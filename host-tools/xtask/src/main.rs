//! The project's own commands: `cargo xtask help` lists them.
//!
//! Every verb calls what it needs of `setup`, says in one line what each step does, and ends with a
//! table and a line `N passed, N failed`. A step that fails says what to do next.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command for people and for CI logs talks on its standard output"
)]
#![expect(clippy::std_instead_of_alloc, reason = "a program for computers has the whole of std")]

mod arm;
mod bench;
mod check;
mod demo;
mod firmware;
mod flash;
mod fuzz;
mod image;
mod layers;
mod miri;
mod no_panic;
mod process;
mod release;
mod report;
mod setup;
mod sizes;
mod soak;
mod test;
mod uf2;
mod work;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::report::Report;
use crate::workspace::Workspace;

/// Countersign's own commands.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", subcommand_required = true)]
enum Verb {
    /// Fetch every tool that the other verbs need
    Setup,
    /// Formatting, clippy, documentation and the direction of dependencies
    Check,
    /// Everything that CI runs
    Test {
        /// Only what needs nothing but Rust: `check` and `cargo test`
        #[arg(long)]
        quick: bool,
    },
    /// A customer's wallet gets an invoice that the device signed, over the real network protocol
    Demo(demo::Arguments),
    /// Thousands of requests at a device whose plug is pulled over and over: minutes
    Soak(soak::Arguments),
    /// Instructions and allocations of each step, ours beside LDK's
    Bench {
        /// On an emulated Cortex-M4, with the time that an RP2040 takes; fails when a goal is missed
        #[arg(long)]
        device: bool,
        /// Print one JSON array instead of a table
        #[arg(long)]
        json: bool,
    },
    /// What the dearest message of a stranger costs a device, against the published number
    Work,
    /// Fuzz one target or all of them
    Fuzz {
        /// A file name in `fuzz/fuzz_targets`, without `.rs`
        target: Option<String>,
        /// How long each target runs
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// Prove on the linked image that no panic path survives
    NoPanic {
        /// Print every call in the image that can still reach a panic
        #[arg(long)]
        list: bool,
    },
    /// Build the images that are flashed
    Firmware {
        /// Only this board's
        #[arg(long, default_value = "all", value_parser = firmware::parse_selection)]
        board: firmware::Selection,
        /// Also put ELF, UF2 and binary files into this folder, with sizes and SHA-256
        #[arg(long)]
        output: Option<PathBuf>,
    },
    /// Build a board's image and put it onto the board
    Flash(flash::Arguments),
    /// Boot the emulated board's image in QEMU and talk to it
    Qemu,
    /// Boot the Pico's image, as it is flashed, in rp2040js and talk to it over USB
    Pico,
    /// What each image takes of its board, against the budgets
    Sizes {
        /// Print one JSON array instead of a table
        #[arg(long)]
        json: bool,
    },
}

fn main() -> ExitCode {
    let verb = Verb::parse();
    let workspace = match Workspace::find() {
        Ok(workspace) => workspace,
        Err(error) => {
            eprintln!("error: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    let mut report = Report::default();
    match verb {
        Verb::Demo(arguments) => return demo::play(&workspace, &arguments),
        Verb::Soak(arguments) => soak::run_all(&workspace, &mut report, &arguments),
        Verb::Setup => setup::all(&mut report),
        Verb::Check => check::all(&workspace, &mut report),
        Verb::Test { quick: true } => test::quick(&workspace, &mut report),
        Verb::Test { quick: false } => test::all(&workspace, &mut report),
        Verb::Bench { device: false, json: true } => return bench::json(&workspace),
        Verb::Bench { device: false, json: false } => bench::table(&workspace, &mut report),
        Verb::Bench { device: true, json: true } => return bench::device_json(&workspace),
        Verb::Bench { device: true, json: false } => bench::device_table(&workspace, &mut report),
        Verb::Work => work::measure(&workspace, &mut report),
        Verb::Fuzz { target, seconds } => {
            fuzz::run(&workspace, &mut report, target.as_deref(), seconds);
        }
        Verb::NoPanic { list: true } => no_panic::list(&workspace, &mut report),
        Verb::NoPanic { list: false } => no_panic::prove(&workspace, &mut report),
        Verb::Firmware { board, output } => {
            firmware::build(&workspace, &mut report, &board, output.as_deref());
        }
        Verb::Flash(arguments) => flash::flash(&workspace, &mut report, &arguments),
        Verb::Qemu => firmware::emulate(&workspace, &mut report),
        Verb::Pico => firmware::emulate_pico(&workspace, &mut report),
        Verb::Sizes { json: true } => return sizes::json(&workspace),
        Verb::Sizes { json: false } => sizes::table(&workspace, &mut report),
    }
    report.close()
}

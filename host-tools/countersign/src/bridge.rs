//! `countersign bridge`: another program, since it has LDK in it and this one does without that
//! long compile.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use anyhow::Context as _;

use crate::home;

/// Relay onion messages between the Lightning Network and the device: `countersign bridge --help`
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// What `countersign-bridge` is told
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    arguments: Vec<OsString>,
}

/// Becomes `countersign-bridge`, which lies beside this program.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let own = std::env::current_exe().context("where this program is")?;
    let bridge = own.with_file_name("countersign-bridge");
    if !bridge.is_file() {
        anyhow::bail!(
            "there is no {}: build it with `cargo build --package countersign-bridge`, with \
             --release if this program was",
            bridge.display()
        );
    }
    let mut command = Command::new(&bridge);
    command.args(&arguments.arguments).env("COUNTERSIGN_HOME", home::directory()?);
    Err(command.exec()).with_context(|| format!("starting {}", bridge.display()))
}

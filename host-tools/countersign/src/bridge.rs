//! `countersign bridge`: another program, since it has LDK in it and this one does without that
//! long compile.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::sibling;

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
    sibling::become_program("countersign-bridge", "countersign-bridge", &arguments.arguments)
}

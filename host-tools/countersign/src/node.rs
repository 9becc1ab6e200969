//! `countersign node`: another program, since it is LDK and this one does without that long compile.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::sibling;

/// Be the merchant's Lightning node, an LDK one without a chain: `countersign node --help`
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// What the node is told
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    arguments: Vec<OsString>,
}

/// Becomes the node, which lies beside this program.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let all = [&["node".into()], &arguments.arguments[..]].concat();
    sibling::become_program("ldk-peer-0-2", "countersign-ldk-peer-0-2", &all)
}

//! Programs that lie beside this one, with LDK in them.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use anyhow::Context as _;

use crate::home;

/// Becomes the program `name` of `package`, which is told `arguments`, and where this one keeps what
/// it keeps. Returns only when it cannot.
pub(crate) fn become_program(
    name: &str,
    package: &str,
    arguments: &[OsString],
) -> anyhow::Result<ExitCode> {
    let own = std::env::current_exe().context("where this program is")?;
    let program = own.with_file_name(name);
    if !program.is_file() {
        anyhow::bail!(
            "there is no {}: build it with `cargo build --package {package}`, with --release if \
             this program was",
            program.display()
        );
    }
    let mut command = Command::new(&program);
    command.args(arguments).env("COUNTERSIGN_HOME", home::directory()?);
    Err(command.exec()).with_context(|| format!("starting {}", program.display()))
}

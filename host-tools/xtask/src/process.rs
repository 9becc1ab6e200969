//! Other programs, run with their output shown or taken.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The pinned toolchain's cargo.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Nightly's cargo.
pub(crate) fn nightly_cargo() -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", "cargo"]);
    command
}

/// Runs a program with its output shown.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    println!("   $ {}", line(command));
    let status = command.status().with_context(|| cannot_run(command))?;
    if !status.success() {
        bail!("`{}` ended with {status}", line(command));
    }
    Ok(())
}

/// Runs a program and takes its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output().with_context(|| cannot_run(command))?;
    if !output.status.success() {
        bail!("`{}` ended with {}", line(command), output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} is not text", line(command)))
}

/// Runs a program in silence and says whether it succeeded.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs a program and takes what it said on both outputs, whether it succeeded or not.
pub(crate) fn attempt(command: &mut Command) -> Result<(bool, String)> {
    println!("   $ {}", line(command));
    let output = command.stdin(Stdio::null()).output().with_context(|| cannot_run(command))?;
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.push_str(&String::from_utf8_lossy(&output.stderr));
    Ok((output.status.success(), said))
}

fn cannot_run(command: &Command) -> String {
    format!("cannot run `{}`: is it installed?", command.get_program().to_string_lossy())
}

/// The command as a person would type it.
fn line(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let mut words = vec![program.rsplit('/').next().unwrap_or(&program).to_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}

use std::env;
use std::path::PathBuf;

use anyhow::Context as _;

/// Where this program keeps what it has to remember: `COUNTERSIGN_HOME`, or the usual place for a
/// user's data.
pub(crate) fn directory() -> anyhow::Result<PathBuf> {
    let chosen = env::var_os("COUNTERSIGN_HOME").map(PathBuf::from);
    let usual = || Some(PathBuf::from(env::var_os("XDG_DATA_HOME")?).join("countersign"));
    let home = || Some(PathBuf::from(env::var_os("HOME")?).join(".local/share/countersign"));
    chosen
        .or_else(usual)
        .or_else(home)
        .context("nowhere to keep data: set COUNTERSIGN_HOME to a directory")
}

/// The flash of the simulated device that is used when no other is named.
pub(crate) fn simulated_flash() -> anyhow::Result<PathBuf> {
    Ok(directory()?.join("simulator.flash"))
}

/// Where a running bridge is asked.
pub(crate) fn bridge_socket() -> anyhow::Result<PathBuf> {
    Ok(directory()?.join("bridge.sock"))
}

/// The record of what was issued.
pub(crate) fn records() -> anyhow::Result<PathBuf> {
    Ok(directory()?.join("records.sqlite"))
}

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::json;

use crate::connection::Connection;
use crate::page::Page;

/// Save what the words cannot restore: rules, revocations and counters, sealed to the seed
#[derive(Debug, clap::Args)]
pub(crate) struct ExportArguments {
    /// Where to
    file: PathBuf,
}

/// Bring back what `export` saved, after the device was provisioned from the same words
#[derive(Debug, clap::Args)]
pub(crate) struct ImportArguments {
    /// Where from
    file: PathBuf,
}

pub(crate) fn export(
    arguments: &ExportArguments,
    connection: &mut Connection,
) -> anyhow::Result<Page> {
    let export = connection.wait(async |client| client.export().await)?;
    let file = &arguments.file;
    fs::write(file, &export).with_context(|| format!("writing {}", file.display()))?;
    Ok(Page::new(json!({ "file": file, "bytes": export.len() })).line(format!(
        "{} bytes in {}",
        export.len(),
        file.display()
    )))
}

pub(crate) fn import(
    arguments: &ImportArguments,
    connection: &mut Connection,
) -> anyhow::Result<Page> {
    let file = &arguments.file;
    let export = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    connection.wait(async |client| client.import(&export).await)?;
    Ok(Page::new(json!({ "file": file, "bytes": export.len() }))
        .line("The device is as it was when the export was made."))
}

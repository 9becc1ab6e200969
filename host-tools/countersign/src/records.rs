use std::path::PathBuf;

use countersign_records::Records;

use crate::home;

/// Where the record is.
#[derive(Debug, clap::Args)]
pub(crate) struct RecordsArguments {
    /// The record of what was issued, if it is not in the usual place
    #[arg(long, global = true, value_name = "FILE")]
    records: Option<PathBuf>,
}

impl RecordsArguments {
    /// Opens the record there, or in the usual place.
    pub(crate) fn open(&self) -> anyhow::Result<Records> {
        let file = self.records.clone().map_or_else(home::records, Ok)?;
        Ok(Records::open(&file)?)
    }
}

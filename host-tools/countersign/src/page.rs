use core::fmt::Display;
use core::time::Duration;
use std::io::{self, Write as _};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

/// What a verb found out, for people and for programs.
pub(crate) struct Page {
    lines: Vec<String>,
    json: Value,
}

impl Page {
    /// A page that says `json` to programs.
    pub(crate) const fn new(json: Value) -> Self {
        Self { lines: Vec::new(), json }
    }

    /// Appends a line for people.
    #[must_use]
    pub(crate) fn line(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }

    /// Appends a line that names what it says.
    #[must_use]
    pub(crate) fn field(self, name: &str, value: impl Display) -> Self {
        self.line(format!("{name:<16} {value}"))
    }

    /// Prints it.
    pub(crate) fn print(self, json: bool) -> anyhow::Result<()> {
        let mut out = io::stdout().lock();
        if json {
            serde_json::to_writer(&mut out, &self.json)?;
            writeln!(out)?;
        } else {
            for line in self.lines {
                writeln!(out, "{line}")?;
            }
        }
        Ok(out.flush()?)
    }
}

/// A moment as people write it, from seconds since 1970.
pub(crate) fn moment(seconds: u64) -> String {
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).map_or_else(
        || format!("{seconds} s since 1970"),
        |moment| humantime::format_rfc3339_seconds(moment).to_string(),
    )
}

/// Seconds since 1970, by this computer's clock.
pub(crate) fn now() -> anyhow::Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}

/// An amount in satoshi with its thousandths, as people write it.
pub(crate) fn amount(msat: u64) -> String {
    let (sat, rest) = (msat / 1_000, msat % 1_000);
    if rest == 0 { format!("{sat} sat") } else { format!("{sat}.{rest:03} sat") }
}

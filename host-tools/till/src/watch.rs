use core::time::Duration;
use std::io;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use countersign_records::{Event, RecordError, Records};

/// Follows the events of a record, those of other programs included.
#[derive(Debug)]
pub struct Watch {
    records: Records,
    last: u64,
    /// When it was looked for what has expired.
    swept: Option<Instant>,
}

/// Why events cannot be followed or told.
#[derive(Debug, thiserror::Error)]
pub enum TillError {
    /// The record's.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The secret cannot be used.
    #[error("{0} holds no secret for a webhook: {1}")]
    Secret(PathBuf, #[source] io::Error),
    /// The URL is none that this program can post to.
    #[error("{0} cannot be told: give an address that begins with https:// or http://")]
    Url(String),
}

impl Watch {
    /// Follows from the event after number `last` on; without, from what happens now.
    ///
    /// # Errors
    ///
    /// The record's.
    pub fn new(records: Records, last: Option<u64>) -> Result<Self, TillError> {
        let last = last.map_or_else(|| records.last_event(), Ok)?;
        Ok(Self { records, last, swept: None })
    }

    /// Waits for the next events, at least one.
    ///
    /// # Errors
    ///
    /// The record's.
    pub fn wait(&mut self) -> Result<Vec<Event>, TillError> {
        loop {
            if self.swept.is_none_or(|at| at.elapsed() >= SWEEP) {
                self.records.note_expired(now())?;
                self.swept = Some(Instant::now());
            }
            let events = self.records.events_after(self.last, AT_ONCE)?;
            if let Some(event) = events.last() {
                self.last = event.number;
                return Ok(events);
            }
            sleep(LOOK);
        }
    }

    pub(crate) const fn records(&self) -> &Records {
        &self.records
    }
}

/// Seconds since 1970, by this computer's clock.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// How often the record is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How often it is looked for what has expired.
const SWEEP: Duration = Duration::from_secs(5);
/// Events that are read at once.
const AT_ONCE: u64 = 100;

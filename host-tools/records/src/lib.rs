//! The merchant's record of what their device has issued: offers by text, invoices by payment hash;
//! of what they pay themselves, refunds by text and the one invoice that is paid for each; and in
//! numbered events what became of invoices and refunds.
//!
//! One `SQLite` file. Whatever a method has returned `Ok` for is on the disk, also when the program is
//! killed the moment after; several programs may have the file open at once. It holds what the
//! merchant's rules let the device tell, and nothing of a payer: no note, no key, no request. While a
//! refund is open, it also holds the few onion messages that the device has not answered yet, sealed.

mod event;
mod handover;
mod invoice;
mod offer;
mod payout;
mod refund;
mod schema;
#[cfg(test)]
mod testing;
mod webhook;

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, Transaction, TransactionBehavior};

pub use event::{Event, EventKind, Subject};
pub use handover::Handover;
pub use invoice::{Invoice, InvoiceState, Issued, News, Paid};
pub use offer::{MadeBy, Offer};
pub use payout::{Authorised, Outcome, Payout};
pub use refund::{Offered, Refund, RefundState};

/// An open record.
#[derive(Debug)]
pub struct Records {
    connection: Connection,
}

/// Why the record could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The file cannot be made.
    #[error("cannot use {0} for the record of invoices: {1}")]
    Unusable(PathBuf, #[source] io::Error),
    /// A newer version of this program wrote it.
    #[error("the record of invoices was written by a newer version of this program: update it")]
    Newer,
    /// The device authorises one invoice for a refund, and this is a second.
    #[error("another invoice is on record for this refund: it is paid and this one is not")]
    OtherInvoice,
    /// The database says no.
    #[error("the record of invoices: {0}")]
    Database(#[from] rusqlite::Error),
}

impl Records {
    /// Opens the record in `path`, which need not exist yet.
    ///
    /// # Errors
    ///
    /// When the file cannot be used, or is not such a record.
    pub fn open(path: &Path) -> Result<Self, RecordError> {
        let unusable = |error| RecordError::Unusable(path.to_owned(), error);
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).map_err(unusable)?;
        }
        // A file that exists is left to SQLite: closing another handle to it would drop the locks of
        // this program's other connections, and another program's last close then their writes.
        if !path.exists() {
            // Whom a merchant sells to is nobody else's business.
            let mut private = OpenOptions::new();
            private.append(true).create(true).mode(0o600).open(path).map_err(unusable)?;
        }
        Ok(Self { connection: schema::prepared(Connection::open(path)?)? })
    }

    /// Begins a change that is made as a whole or not at all.
    fn change(&self) -> Result<Transaction<'_>, RecordError> {
        // From the start for writing: one that begins by reading may find that it is too late.
        Ok(Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?)
    }

    /// A record that is forgotten when it is dropped.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn in_memory() -> Result<Self, RecordError> {
        Ok(Self { connection: schema::prepared(Connection::open_in_memory()?)? })
    }
}

/// A number for a column; those of the database are signed, and no amount or time of ours is so large.
fn column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number out of a column.
fn number(column: i64) -> u64 {
    u64::try_from(column).unwrap_or(0)
}

use core::fmt;

use rusqlite::{OptionalExtension as _, Row, params};

use crate::event::happened;
use crate::{EventKind, RecordError, Records, column, number};

/// What the device told about an invoice that it signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// `invoice_payment_hash`.
    pub payment_hash: [u8; 32],
    /// The offer, or else the refund of somebody's, that it is for.
    pub offer: [u8; 32],
    /// `invoice_amount`.
    pub amount_msat: u64,
    /// `invoice_created_at`, in seconds since 1970.
    pub created_at: u64,
    /// When it expires, in seconds since 1970.
    pub expires_at: u64,
    /// What a claim has to show; only the device can read it.
    pub receipt: Vec<u8>,
}

/// An invoice and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// What was issued.
    pub issued: Issued,
    /// What was received for it and when, in seconds since 1970.
    pub paid: Option<Paid>,
}

/// A payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paid {
    /// What was received.
    pub received_msat: u64,
    /// When, in seconds since 1970.
    pub at: u64,
}

/// What became of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvoiceState {
    /// It may still be paid.
    Issued,
    /// It was paid.
    Paid,
    /// Its time is over.
    Expired,
}

impl fmt::Display for InvoiceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Issued => "issued",
            Self::Paid => "paid",
            Self::Expired => "expired",
        })
    }
}

impl Invoice {
    /// What has become of it by `now`, in seconds since 1970.
    #[must_use]
    pub const fn state(&self, now: u64) -> InvoiceState {
        match self.paid {
            Some(_) => InvoiceState::Paid,
            None if now > self.issued.expires_at => InvoiceState::Expired,
            None => InvoiceState::Issued,
        }
    }

    pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let received: Option<i64> = row.get("received_msat")?;
        let paid_at: Option<i64> = row.get("paid_at")?;
        let issued = Issued {
            payment_hash: row.get("payment_hash")?,
            offer: row.get("offer")?,
            amount_msat: number(row.get("amount_msat")?),
            created_at: number(row.get("created_at")?),
            expires_at: number(row.get("expires_at")?),
            receipt: row.get("receipt")?,
        };
        let paid = received
            .zip(paid_at)
            .map(|(received, at)| Paid { received_msat: number(received), at: number(at) });
        Ok(Self { issued, paid })
    }
}

impl Records {
    /// Takes down an invoice. A repeated request gets the same one again, which changes nothing.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn add_invoice(&self, issued: &Issued) -> Result<(), RecordError> {
        let Issued { payment_hash, offer, amount_msat, created_at, expires_at, receipt } = issued;
        let change = self.change()?;
        let added = change.execute(
            "INSERT OR IGNORE INTO invoices
                (payment_hash, offer, amount_msat, created_at, expires_at, receipt)
                VALUES (?, ?, ?, ?, ?, ?)",
            params![
                payment_hash,
                offer,
                column(*amount_msat),
                column(*created_at),
                column(*expires_at),
                receipt
            ],
        )?;
        if added > 0 {
            happened(&change, payment_hash, EventKind::Issued, *created_at)?;
        }
        Ok(change.commit()?)
    }

    /// Takes down that an invoice was paid, and says whether that was news.
    ///
    /// To be called when the preimage has been handed to the recipient's node, as often as one
    /// likes: the first call counts.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn mark_paid(&self, payment_hash: &[u8; 32], paid: Paid) -> Result<News, RecordError> {
        let change = self.change()?;
        let changed = change.execute(
            "UPDATE invoices SET received_msat = ?, paid_at = ?
                WHERE payment_hash = ? AND paid_at IS NULL",
            params![column(paid.received_msat), column(paid.at), payment_hash],
        )?;
        if changed == 0 {
            return Ok(News::Known);
        }
        happened(&change, payment_hash, EventKind::Paid, paid.at)?;
        change.commit()?;
        Ok(News::New)
    }

    /// The last `most` invoices, the newest first.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn invoices(&self, most: u64) -> Result<Vec<Invoice>, RecordError> {
        let mut query = self
            .connection
            .prepare("SELECT * FROM invoices ORDER BY created_at DESC, payment_hash LIMIT ?")?;
        let invoices = query.query_map([column(most)], Invoice::read)?.collect::<Result<_, _>>()?;
        Ok(invoices)
    }

    /// Takes down who signs the invoices for a refund of somebody's, by the SHA-256 of its TLV stream.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn add_signer(&self, refund: &[u8; 32], node: &[u8; 33]) -> Result<(), RecordError> {
        let insert = "INSERT OR IGNORE INTO signers (refund, node) VALUES (?, ?)";
        self.connection.execute(insert, params![refund, node])?;
        Ok(())
    }

    /// Who signs the invoices for a refund of somebody's.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn signer(&self, refund: &[u8; 32]) -> Result<Option<[u8; 33]>, RecordError> {
        let mut query = self.connection.prepare("SELECT node FROM signers WHERE refund = ?")?;
        Ok(query.query_row([refund], |row| row.get(0)).optional()?)
    }

    /// One invoice.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn invoice(&self, payment_hash: &[u8; 32]) -> Result<Option<Invoice>, RecordError> {
        let mut query = self.connection.prepare("SELECT * FROM invoices WHERE payment_hash = ?")?;
        Ok(query.query_row([payment_hash], Invoice::read).optional()?)
    }
}

/// Whether something was new to the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// It was.
    New,
    /// It was there already, or its invoice is not.
    Known,
}

#[cfg(test)]
mod tests {
    use super::{InvoiceState, News, Paid};
    use crate::Records;
    use crate::testing::issued;

    #[test]
    fn an_invoice_is_issued_until_it_is_paid_or_expires() {
        let records = Records::in_memory().unwrap();
        records.add_invoice(&issued(1)).unwrap();
        let invoice = records.invoice(&[1; 32]).unwrap().unwrap();
        assert_eq!(
            (invoice.state(200), invoice.state(201)),
            (InvoiceState::Issued, InvoiceState::Expired)
        );
        let paid = Paid { received_msat: 1_001, at: 150 };
        assert_eq!(records.mark_paid(&[1; 32], paid).unwrap(), News::New);
        let again = Paid { received_msat: 5, at: 160 };
        assert_eq!(records.mark_paid(&[1; 32], again).unwrap(), News::Known);
        let invoice = records.invoice(&[1; 32]).unwrap().unwrap();
        assert_eq!((invoice.paid, invoice.state(300)), (Some(paid), InvoiceState::Paid));
        assert_eq!(records.mark_paid(&[2; 32], paid).unwrap(), News::Known);
    }

    #[test]
    fn a_repeated_invoice_is_taken_down_once() {
        let records = Records::in_memory().unwrap();
        for number in [1, 2, 1] {
            records.add_invoice(&issued(number)).unwrap();
        }
        let hashes: Vec<_> =
            records.invoices(9).unwrap().iter().map(|each| each.issued.payment_hash[0]).collect();
        assert_eq!(hashes, [2, 1]);
        assert_eq!(records.invoices(1).unwrap().len(), 1);
    }

    #[test]
    fn what_was_taken_down_is_there_for_the_next_program() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("records.sqlite");
        let writer = Records::open(&path).unwrap();
        writer.add_invoice(&issued(1)).unwrap();
        let reader = Records::open(&path).unwrap();
        writer.add_invoice(&issued(2)).unwrap();
        assert_eq!(reader.invoices(9).unwrap().len(), 2);
        // As after `kill -9`: nothing is closed.
        Box::leak(Box::new(writer));
        assert_eq!(Records::open(&path).unwrap().invoices(9).unwrap().len(), 2);
    }
}

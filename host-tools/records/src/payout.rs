use rusqlite::types::Type;
use rusqlite::{OptionalExtension as _, Row, params};

use crate::event::happened;
use crate::{EventKind, RecordError, Records, column, number};

/// An invoice for a refund of the merchant's, which the device has authorised to be paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorised {
    /// `invoice_payment_hash`.
    pub payment_hash: [u8; 32],
    /// The refund, by the SHA-256 of its TLV stream.
    pub refund: [u8; 32],
    /// `invoice_amount`.
    pub amount_msat: u64,
    /// The invoice, a TLV stream.
    pub invoice: Vec<u8>,
    /// When it was authorised, in seconds since 1970.
    pub at: u64,
    /// When the invoice expires, in seconds since 1970.
    pub expires_at: u64,
}

/// A payment by the merchant's node, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout {
    /// What is to be paid.
    pub authorised: Authorised,
    /// What the node said when it failed last, which need not be the end of it.
    pub trouble: Option<String>,
    /// How it ended.
    pub outcome: Option<Outcome>,
}

/// How a payment by the merchant's node ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The payee has the money.
    Paid {
        /// When that was known, in seconds since 1970.
        at: u64,
        /// What proves it.
        preimage: [u8; 32],
        /// What it cost.
        fee_msat: u64,
    },
    /// The invoice expired first.
    Failed {
        /// When that was known, in seconds since 1970.
        at: u64,
    },
}

impl Payout {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let authorised = Authorised {
            payment_hash: row.get("payment_hash")?,
            refund: row.get("refund")?,
            amount_msat: number(row.get("amount_msat")?),
            invoice: row.get("invoice")?,
            at: number(row.get("authorised_at")?),
            expires_at: number(row.get("expires_at")?),
        };
        Ok(Self { authorised, trouble: row.get("trouble")?, outcome: Outcome::read(row)? })
    }
}

impl Outcome {
    fn read(row: &Row<'_>) -> rusqlite::Result<Option<Self>> {
        let settled_at: Option<i64> = row.get("settled_at")?;
        let preimage: Option<[u8; 32]> = row.get("preimage")?;
        let fee: Option<i64> = row.get("fee_msat")?;
        let Some(at) = settled_at.map(number) else { return Ok(None) };
        match (preimage, fee.map(number)) {
            (Some(preimage), Some(fee_msat)) => Ok(Some(Self::Paid { at, preimage, fee_msat })),
            (None, None) => Ok(Some(Self::Failed { at })),
            _ => Err(rusqlite::Error::InvalidColumnType(0, "preimage".to_owned(), Type::Null)),
        }
    }
}

impl Records {
    /// Takes down that an invoice is to be paid. The same one again changes nothing.
    ///
    /// # Errors
    ///
    /// [`RecordError::OtherInvoice`], or the database's.
    pub fn authorise(&self, authorised: &Authorised) -> Result<(), RecordError> {
        let Authorised { payment_hash, refund, amount_msat, invoice, at, expires_at } = authorised;
        let change = self.change()?;
        let added = change.execute(
            "INSERT OR IGNORE INTO payouts
                (refund, payment_hash, amount_msat, invoice, authorised_at, expires_at)
                VALUES (?, ?, ?, ?, ?, ?)",
            params![
                refund,
                payment_hash,
                column(*amount_msat),
                invoice,
                column(*at),
                column(*expires_at)
            ],
        )?;
        let query = "SELECT payment_hash FROM payouts WHERE refund = ?";
        let kept: Option<[u8; 32]> =
            change.query_row(query, [refund], |row| row.get(0)).optional()?;
        if kept != Some(*payment_hash) {
            return Err(RecordError::OtherInvoice);
        }
        if added > 0 {
            happened(&change, refund, EventKind::RefundAuthorised, *at)?;
        }
        Ok(change.commit()?)
    }

    /// The payments that have not ended yet, the oldest first.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn open_payouts(&self) -> Result<Vec<Payout>, RecordError> {
        let mut query = self.connection.prepare(
            "SELECT * FROM payouts WHERE settled_at IS NULL ORDER BY authorised_at, refund",
        )?;
        Ok(query.query_map([], Payout::read)?.collect::<Result<_, _>>()?)
    }

    /// The payment for a refund of the merchant's.
    pub(crate) fn payout_of(&self, refund: &[u8; 32]) -> Result<Option<Payout>, RecordError> {
        let mut query = self.connection.prepare("SELECT * FROM payouts WHERE refund = ?")?;
        Ok(query.query_row([refund], Payout::read).optional()?)
    }

    /// Takes down why a payment has failed for now.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn note_trouble(&self, payment_hash: &[u8; 32], reason: &str) -> Result<(), RecordError> {
        self.connection.execute(
            "UPDATE payouts SET trouble = ? WHERE payment_hash = ?",
            params![reason, payment_hash],
        )?;
        Ok(())
    }

    /// Takes down how a payment ended. One that was made stays made, and any other may turn out to
    /// have been.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn settle_payout(
        &self,
        payment_hash: &[u8; 32],
        outcome: &Outcome,
    ) -> Result<(), RecordError> {
        let (at, paid, kind) = match outcome {
            Outcome::Paid { at, preimage, fee_msat } => {
                (at, Some((preimage, column(*fee_msat))), EventKind::RefundPaid)
            }
            Outcome::Failed { at } => (at, None, EventKind::RefundFailed),
        };
        let (preimage, fee) = paid.unzip();
        let change = self.change()?;
        let settled: Option<[u8; 32]> = change
            .query_row(
                "UPDATE payouts SET settled_at = ?1, preimage = ?2, fee_msat = ?3
                    WHERE payment_hash = ?4 AND preimage IS NULL
                        AND (settled_at IS NULL OR ?2 IS NOT NULL)
                    RETURNING refund",
                params![column(*at), preimage, fee, payment_hash],
                |row| row.get(0),
            )
            .optional()?;
        if let Some(refund) = settled {
            happened(&change, &refund, kind, *at)?;
        }
        Ok(change.commit()?)
    }
}

#[cfg(test)]
mod tests {
    use super::{Authorised, Outcome};
    use crate::testing::{authorised, refund};
    use crate::{RecordError, Records};

    #[test]
    fn one_invoice_is_paid_for_a_refund() {
        let records = Records::in_memory().unwrap();
        records.add_refund(&refund(1)).unwrap();
        records.authorise(&authorised(1)).unwrap();
        records.authorise(&authorised(1)).unwrap();
        let other = Authorised { payment_hash: [9; 32], ..authorised(1) };
        assert!(matches!(records.authorise(&other), Err(RecordError::OtherInvoice)));
        assert_eq!(records.open_payouts().unwrap().len(), 1);
    }

    #[test]
    fn a_payment_that_was_made_stays_made() {
        let records = Records::in_memory().unwrap();
        records.add_refund(&refund(1)).unwrap();
        records.authorise(&authorised(1)).unwrap();
        let hash = authorised(1).payment_hash;
        records.note_trouble(&hash, "no route").unwrap();
        assert_eq!(records.open_payouts().unwrap()[0].trouble.as_deref(), Some("no route"));
        let (failed, paid) =
            (Outcome::Failed { at: 3 }, Outcome::Paid { at: 4, preimage: [5; 32], fee_msat: 0 });
        let outcome = || records.refund(&[1; 32]).unwrap().unwrap().payout.unwrap().outcome;
        for (told, known) in [(failed, failed), (paid, paid), (failed, paid)] {
            records.settle_payout(&hash, &told).unwrap();
            assert_eq!(outcome(), Some(known));
        }
        assert!(records.open_payouts().unwrap().is_empty());
    }
}

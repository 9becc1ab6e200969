use core::fmt;

use rusqlite::{OptionalExtension as _, Row, params};

use crate::{Outcome, Payout, RecordError, Records, column, number};

/// A refund that the merchant offers: somebody may send one invoice for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// The SHA-256 of its TLV stream.
    pub id: [u8; 32],
    /// Its text, `lnr1…`.
    pub text: String,
    /// What it is for.
    pub description: String,
    /// `invreq_amount`.
    pub amount_msat: u64,
    /// When it was made, in seconds since 1970.
    pub created_at: u64,
    /// Until when it holds, in seconds since 1970.
    pub expires_at: Option<u64>,
}

/// A refund of the merchant's and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// What was offered.
    pub offered: Offered,
    /// When it was taken back, in seconds since 1970.
    pub revoked_at: Option<u64>,
    /// The payment that the device authorised.
    pub payout: Option<Payout>,
}

/// What became of a refund of the merchant's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundState {
    /// Somebody may still ask for the money.
    Open,
    /// The device has authorised an invoice, which is not paid yet.
    Authorised,
    /// It was paid.
    Paid,
    /// The invoice was never paid, and cannot be any more.
    Failed,
    /// The merchant took it back.
    Revoked,
    /// Nobody asked in time.
    Expired,
}

impl fmt::Display for RefundState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Open => "open",
            Self::Authorised => "authorised",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        })
    }
}

impl Refund {
    /// What has become of it by `now`, in seconds since 1970.
    #[must_use]
    pub fn state(&self, now: u64) -> RefundState {
        match &self.payout {
            Some(payout) => match payout.outcome {
                None => RefundState::Authorised,
                Some(Outcome::Paid { .. }) => RefundState::Paid,
                Some(Outcome::Failed { .. }) => RefundState::Failed,
            },
            None if self.revoked_at.is_some() => RefundState::Revoked,
            None if self.offered.expires_at.is_some_and(|expiry| now > expiry) => {
                RefundState::Expired
            }
            None => RefundState::Open,
        }
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let expires_at: Option<i64> = row.get("expires_at")?;
        let revoked_at: Option<i64> = row.get("revoked_at")?;
        let offered = Offered {
            id: row.get("id")?,
            text: row.get("text")?,
            description: row.get("description")?,
            amount_msat: number(row.get("amount_msat")?),
            created_at: number(row.get("created_at")?),
            expires_at: expires_at.map(number),
        };
        Ok(Self { offered, revoked_at: revoked_at.map(number), payout: None })
    }
}

impl Records {
    /// Takes down a refund of the merchant's. One that is there already stays as it is.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn add_refund(&self, offered: &Offered) -> Result<(), RecordError> {
        let Offered { id, text, description, amount_msat, created_at, expires_at } = offered;
        self.connection.execute(
            "INSERT OR IGNORE INTO refunds
                (id, text, description, amount_msat, created_at, expires_at)
                VALUES (?, ?, ?, ?, ?, ?)",
            params![
                id,
                text,
                description,
                column(*amount_msat),
                column(*created_at),
                expires_at.map(column)
            ],
        )?;
        Ok(())
    }

    /// Takes down that a refund of the merchant's was taken back, `at` seconds since 1970.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn revoke_refund(&self, id: &[u8; 32], at: u64) -> Result<(), RecordError> {
        let update = "UPDATE refunds SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL";
        self.connection.execute(update, params![column(at), id])?;
        Ok(())
    }

    /// Every refund of the merchant's, the oldest first.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn refunds(&self) -> Result<Vec<Refund>, RecordError> {
        let mut query = self.connection.prepare("SELECT * FROM refunds ORDER BY created_at, id")?;
        let refunds: Vec<_> = query.query_map([], Refund::read)?.collect::<Result<_, _>>()?;
        refunds.into_iter().map(|refund| self.with_payout(refund)).collect()
    }

    /// One refund of the merchant's.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn refund(&self, id: &[u8; 32]) -> Result<Option<Refund>, RecordError> {
        let mut query = self.connection.prepare("SELECT * FROM refunds WHERE id = ?")?;
        let refund = query.query_row([id], Refund::read).optional()?;
        refund.map(|refund| self.with_payout(refund)).transpose()
    }

    fn with_payout(&self, refund: Refund) -> Result<Refund, RecordError> {
        Ok(Refund { payout: self.payout_of(&refund.offered.id)?, ..refund })
    }
}

#[cfg(test)]
mod tests {
    use super::RefundState;
    use crate::testing::{authorised, refund};
    use crate::{Outcome, Records};

    #[test]
    fn a_refund_is_open_until_an_invoice_is_authorised_or_it_expires() {
        let records = Records::in_memory().unwrap();
        for number in [1, 2, 1] {
            records.add_refund(&refund(number)).unwrap();
        }
        let state = |number: u8, now| records.refund(&[number; 32]).unwrap().unwrap().state(now);
        assert_eq!((state(1, 200), state(1, 201)), (RefundState::Open, RefundState::Expired));
        records.revoke_refund(&[2; 32], 110).unwrap();
        assert_eq!((state(1, 200), state(2, 201)), (RefundState::Open, RefundState::Revoked));
        records.authorise(&authorised(1)).unwrap();
        assert_eq!((state(1, 201), state(2, 200)), (RefundState::Authorised, RefundState::Revoked));
        let paid = Outcome::Paid { at: 150, preimage: [5; 32], fee_msat: 3 };
        records.settle_payout(&authorised(1).payment_hash, &paid).unwrap();
        assert_eq!(state(1, 201), RefundState::Paid);
        let ids: Vec<_> =
            records.refunds().unwrap().iter().map(|refund| refund.offered.id[0]).collect();
        assert_eq!(ids, [1, 2]);
        assert_eq!(records.refund(&[3; 32]).unwrap(), None);
    }
}

use core::fmt;

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Connection, Error, params};

use crate::{Invoice, RecordError, Records, Refund, column, number};

/// Something that happened to an invoice, or to a refund of the merchant's.
///
/// Events are numbered from 1 in the order of their commits: whoever has seen all up to one number
/// has missed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its number, which no other event of this record has or will have.
    pub number: u64,
    /// What happened.
    pub kind: EventKind,
    /// When, in seconds since 1970.
    pub at: u64,
    /// What it happened to.
    pub subject: Subject,
}

/// What an event is about, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An invoice of the device's.
    Invoice(Invoice),
    /// A refund that the merchant offered.
    Refund(Box<Refund>),
}

impl Subject {
    /// Its name in the record: an invoice's payment hash, a refund's id.
    #[must_use]
    pub const fn id(&self) -> &[u8; 32] {
        match self {
            Self::Invoice(invoice) => &invoice.issued.payment_hash,
            Self::Refund(refund) => &refund.offered.id,
        }
    }
}

/// What can happen to an invoice or a refund, each at most once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The device signed the invoice.
    Issued,
    /// The invoice was paid. That may be after it expired, when the payment was on its way.
    Paid,
    /// The invoice's time was over before it was paid.
    Expired,
    /// The device authorised an invoice for the refund. That may be after it expired, by this
    /// computer's clock.
    RefundAuthorised,
    /// The refund was paid. That may be after it failed, when the payment was on its way.
    RefundPaid,
    /// The time of the refund's invoice was over before it was paid.
    RefundFailed,
    /// The refund's own time was over before anybody asked for the money.
    RefundExpired,
}

impl EventKind {
    const ALL: [Self; 7] = [
        Self::Issued,
        Self::Paid,
        Self::Expired,
        Self::RefundAuthorised,
        Self::RefundPaid,
        Self::RefundFailed,
        Self::RefundExpired,
    ];

    /// Its name, in one word. Those of refunds differ from those of invoices: whoever waits for
    /// `paid` waits for money of their own.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Paid => "paid",
            Self::Expired => "expired",
            Self::RefundAuthorised => "refund-authorised",
            Self::RefundPaid => "refund-paid",
            Self::RefundFailed => "refund-failed",
            Self::RefundExpired => "refund-expired",
        }
    }

    const fn is_of_refund(self) -> bool {
        match self {
            Self::Issued | Self::Paid | Self::Expired => false,
            Self::RefundAuthorised
            | Self::RefundPaid
            | Self::RefundFailed
            | Self::RefundExpired => true,
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromSql for EventKind {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let name = value.as_str()?;
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or(FromSqlError::InvalidType)
    }
}

/// Takes down an event, within the change that makes it true. `subject` is a payment hash, or the id
/// of a refund.
pub(crate) fn happened(
    change: &Connection,
    subject: &[u8; 32],
    kind: EventKind,
    at: u64,
) -> Result<(), RecordError> {
    let (payment_hash, refund) =
        if kind.is_of_refund() { (None, Some(subject)) } else { (Some(subject), None) };
    change.execute(
        "INSERT INTO events (payment_hash, refund, kind, at) VALUES (?, ?, ?, ?)",
        params![payment_hash, refund, kind.name(), column(at)],
    )?;
    Ok(())
}

/// An event as the table has it.
type Line = (u64, EventKind, u64, Option<[u8; 32]>, Option<[u8; 32]>);

impl Records {
    /// The first `most` events with a number above `last`, in order.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn events_after(&self, last: u64, most: u64) -> Result<Vec<Event>, RecordError> {
        let mut query = self
            .connection
            .prepare("SELECT * FROM events WHERE number > ? ORDER BY number LIMIT ?")?;
        let lines = query.query_map([column(last), column(most)], |row| {
            Ok((
                number(row.get("number")?),
                row.get("kind")?,
                number(row.get("at")?),
                row.get("payment_hash")?,
                row.get("refund")?,
            ))
        })?;
        lines.map(|line| self.event(line?)).collect()
    }

    fn event(&self, (number, kind, at, payment_hash, refund): Line) -> Result<Event, RecordError> {
        let subject = match payment_hash {
            Some(hash) => self.invoice(&hash)?.map(Subject::Invoice),
            None => self.refunded(refund)?,
        };
        let subject = subject.ok_or(Error::QueryReturnedNoRows)?;
        Ok(Event { number, kind, at, subject })
    }

    fn refunded(&self, id: Option<[u8; 32]>) -> Result<Option<Subject>, RecordError> {
        let Some(id) = id else { return Ok(None) };
        Ok(self.refund(&id)?.map(Box::new).map(Subject::Refund))
    }

    /// The number of the last event, 0 when there is none.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn last_event(&self) -> Result<u64, RecordError> {
        let last = "SELECT coalesce(max(number), 0) FROM events";
        Ok(self.connection.query_row(last, [], |row| row.get(0)).map(number)?)
    }

    /// Takes down which invoices and refunds have expired by `now`, in seconds since 1970.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn note_expired(&self, now: u64) -> Result<(), RecordError> {
        // A look first: most of the time there is nothing, and readers are not to be writers.
        let any = format!("SELECT EXISTS ({DUE})");
        if self.connection.query_row(&any, [column(now)], |row| row.get(0))? {
            let insert = format!(
                "INSERT INTO events (payment_hash, refund, kind, at) {DUE}
                    ORDER BY expires_at, payment_hash, refund"
            );
            self.connection.execute(&insert, [column(now)])?;
        }
        Ok(())
    }
}

/// What has expired before `?1` and is not known to have.
const DUE: &str = "
    SELECT payment_hash, NULL AS refund, 'expired', expires_at FROM invoices
        WHERE paid_at IS NULL AND expires_at < ?1 AND NOT EXISTS (
            SELECT 1 FROM events
                WHERE events.payment_hash = invoices.payment_hash AND kind = 'expired')
    UNION ALL
    SELECT NULL, id, 'refund-expired', expires_at FROM refunds
        WHERE revoked_at IS NULL AND expires_at < ?1
            AND NOT EXISTS (SELECT 1 FROM payouts WHERE payouts.refund = refunds.id)
            AND NOT EXISTS (
                SELECT 1 FROM events
                    WHERE events.refund = refunds.id AND kind = 'refund-expired')
";

#[cfg(test)]
mod tests {
    use super::EventKind;
    use crate::testing::{authorised, issued, refund};
    use crate::{Outcome, Paid, Records};

    fn seen(records: &Records, last: u64) -> Vec<(u64, EventKind, u8)> {
        let events = records.events_after(last, 99).unwrap();
        let brief = |event: &super::Event| (event.number, event.kind, event.subject.id()[0]);
        events.iter().map(brief).collect()
    }

    #[test]
    fn each_thing_happens_once_and_in_order() {
        let records = Records::in_memory().unwrap();
        assert_eq!(records.last_event().unwrap(), 0);
        for number in [1, 2, 1, 3] {
            records.add_invoice(&issued(number)).unwrap();
        }
        for _ in 0..2 {
            records.mark_paid(&[2; 32], Paid { received_msat: 1_000, at: 150 }).unwrap();
            records.note_expired(200).unwrap();
        }
        for _ in 0..2 {
            records.note_expired(201).unwrap();
        }
        // Its payment was on the way.
        records.mark_paid(&[3; 32], Paid { received_msat: 1_000, at: 202 }).unwrap();
        let all = [
            (1, EventKind::Issued, 1),
            (2, EventKind::Issued, 2),
            (3, EventKind::Issued, 3),
            (4, EventKind::Paid, 2),
            (5, EventKind::Expired, 1),
            (6, EventKind::Expired, 3),
            (7, EventKind::Paid, 3),
        ];
        assert_eq!(seen(&records, 0), all);
        assert_eq!(seen(&records, 5), all[5..]);
        assert_eq!(records.last_event().unwrap(), 7);
    }

    #[test]
    fn a_refunds_fate_is_told_among_the_invoices() {
        let records = Records::in_memory().unwrap();
        records.add_invoice(&issued(9)).unwrap();
        for number in 1..=5 {
            records.add_refund(&refund(number)).unwrap();
        }
        for _ in 0..2 {
            for number in 1..=2 {
                records.authorise(&authorised(number)).unwrap();
            }
            let paid = Outcome::Paid { at: 150, preimage: [5; 32], fee_msat: 3 };
            records.settle_payout(&authorised(1).payment_hash, &paid).unwrap();
            for at in [190, 195] {
                let failed = Outcome::Failed { at };
                records.settle_payout(&authorised(2).payment_hash, &failed).unwrap();
            }
            records.revoke_refund(&[3; 32], 160).unwrap();
            records.note_expired(200).unwrap();
        }
        for _ in 0..2 {
            records.note_expired(201).unwrap();
        }
        // By the device's clock there was time yet; and that payment was on the way.
        records.authorise(&authorised(5)).unwrap();
        let paid = Outcome::Paid { at: 202, preimage: [5; 32], fee_msat: 3 };
        records.settle_payout(&authorised(2).payment_hash, &paid).unwrap();
        let all = [
            (1, EventKind::Issued, 9),
            (2, EventKind::RefundAuthorised, 1),
            (3, EventKind::RefundAuthorised, 2),
            (4, EventKind::RefundPaid, 1),
            (5, EventKind::RefundFailed, 2),
            (6, EventKind::RefundExpired, 4),
            (7, EventKind::RefundExpired, 5),
            (8, EventKind::Expired, 9),
            (9, EventKind::RefundAuthorised, 5),
            (10, EventKind::RefundPaid, 2),
        ];
        assert_eq!(seen(&records, 0), all);
        let failed = records.events_after(4, 1).unwrap();
        assert_eq!(failed[0].at, 190);
    }
}

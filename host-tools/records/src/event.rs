use core::fmt;

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Connection, params};

use crate::{Invoice, RecordError, Records, column, number};

/// Something that happened to an invoice.
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
    /// The invoice, as it is now.
    pub invoice: Invoice,
}

/// What can happen to an invoice, each at most once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The device signed it.
    Issued,
    /// It was paid. That may be after it expired, when the payment was on its way.
    Paid,
    /// Its time was over before it was paid.
    Expired,
}

impl EventKind {
    const ALL: [Self; 3] = [Self::Issued, Self::Paid, Self::Expired];

    /// Its name, in one word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Paid => "paid",
            Self::Expired => "expired",
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

/// Takes down an event, within the change that makes it true.
pub(crate) fn happened(
    change: &Connection,
    payment_hash: &[u8; 32],
    kind: EventKind,
    at: u64,
) -> Result<(), RecordError> {
    change.execute(
        "INSERT INTO events (payment_hash, kind, at) VALUES (?, ?, ?)",
        params![payment_hash, kind.name(), column(at)],
    )?;
    Ok(())
}

impl Records {
    /// The first `most` events with a number above `last`, in order.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn events_after(&self, last: u64, most: u64) -> Result<Vec<Event>, RecordError> {
        let mut query = self.connection.prepare(
            "SELECT * FROM events JOIN invoices USING (payment_hash)
                WHERE number > ? ORDER BY number LIMIT ?",
        )?;
        let read = query.query_map([column(last), column(most)], |row| {
            Ok(Event {
                number: number(row.get("number")?),
                kind: row.get("kind")?,
                at: number(row.get("at")?),
                invoice: Invoice::read(row)?,
            })
        })?;
        Ok(read.collect::<Result<_, _>>()?)
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

    /// Takes down which invoices have expired by `now`, in seconds since 1970.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn note_expired(&self, now: u64) -> Result<(), RecordError> {
        // A look first: most of the time there is nothing, and readers are not to be writers.
        let due = "FROM invoices WHERE paid_at IS NULL AND expires_at < ?1 AND NOT EXISTS (
            SELECT 1 FROM events
                WHERE events.payment_hash = invoices.payment_hash AND kind = 'expired')";
        let any = format!("SELECT EXISTS (SELECT 1 {due})");
        if self.connection.query_row(&any, [column(now)], |row| row.get(0))? {
            let insert = format!(
                "INSERT INTO events (payment_hash, kind, at)
                    SELECT payment_hash, 'expired', expires_at {due}
                    ORDER BY expires_at, payment_hash"
            );
            self.connection.execute(&insert, [column(now)])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::EventKind;
    use crate::testing::issued;
    use crate::{Paid, Records};

    fn seen(records: &Records, last: u64) -> Vec<(u64, EventKind, u8)> {
        let events = records.events_after(last, 99).unwrap();
        let brief =
            |event: &super::Event| (event.number, event.kind, event.invoice.issued.payment_hash[0]);
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
}

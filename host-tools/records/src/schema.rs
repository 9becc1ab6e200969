use core::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::RecordError;

/// What each version of the layout adds to the one before; a file is brought up one by one.
const STEPS: [&str; 7] = [TABLES, EVENTS, MAKERS, REFUNDS, SIGNERS, HANDOVERS, REFUND_EVENTS];

const TABLES: &str = "
    CREATE TABLE offers (
        id BLOB PRIMARY KEY,
        text TEXT NOT NULL,
        description TEXT,
        created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE invoices (
        payment_hash BLOB PRIMARY KEY,
        offer BLOB NOT NULL,
        amount_msat INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        receipt BLOB NOT NULL,
        received_msat INTEGER,
        paid_at INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX invoices_by_time ON invoices (created_at);
";

/// AUTOINCREMENT: no number comes twice, so a reader who knows the last one misses nothing.
const EVENTS: &str = "
    CREATE TABLE events (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        payment_hash BLOB NOT NULL REFERENCES invoices,
        kind TEXT NOT NULL,
        at INTEGER NOT NULL,
        UNIQUE (payment_hash, kind)
    ) STRICT;
    INSERT INTO events (payment_hash, kind, at)
        SELECT payment_hash, 'issued', created_at FROM invoices
        UNION ALL
        SELECT payment_hash, 'paid', paid_at FROM invoices WHERE paid_at IS NOT NULL
        ORDER BY 3, 2;
    CREATE TABLE webhooks (
        url TEXT PRIMARY KEY,
        delivered INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// Of which device and which epoch an offer is: the device forgets its offers with its power.
const MAKERS: &str = "
    ALTER TABLE offers ADD COLUMN device BLOB;
    ALTER TABLE offers ADD COLUMN epoch INTEGER;
";

/// What goes the other way. One invoice for a refund: the device authorises no second one either.
const REFUNDS: &str = "
    CREATE TABLE refunds (
        id BLOB PRIMARY KEY,
        text TEXT NOT NULL,
        description TEXT NOT NULL,
        amount_msat INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        expires_at INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE payouts (
        refund BLOB PRIMARY KEY REFERENCES refunds,
        payment_hash BLOB NOT NULL UNIQUE,
        amount_msat INTEGER NOT NULL,
        invoice BLOB NOT NULL,
        authorised_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        trouble TEXT,
        settled_at INTEGER,
        preimage BLOB,
        fee_msat INTEGER
    ) STRICT, WITHOUT ROWID;
";

/// Whose keys sign the invoices for the refunds of others: an offer says that itself. And when a
/// refund of the merchant's was taken back.
const SIGNERS: &str = "
    CREATE TABLE signers (
        refund BLOB PRIMARY KEY,
        node BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    ALTER TABLE refunds ADD COLUMN revoked_at INTEGER;
";

/// What the device was handed while it might authorise a payment. The packet comes last: it is 33 KB,
/// and counting a try is not to write it again.
const HANDOVERS: &str = "
    CREATE TABLE handovers (
        number INTEGER PRIMARY KEY,
        id BLOB NOT NULL UNIQUE,
        tries INTEGER NOT NULL,
        path_key BLOB NOT NULL,
        packet BLOB NOT NULL
    ) STRICT;
";

/// Events of refunds, in the same numbers: whoever has told all up to one goes on there. What became
/// of earlier refunds is told as well, which nobody has been.
const REFUND_EVENTS: &str = "
    CREATE TABLE all_events (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        payment_hash BLOB REFERENCES invoices,
        refund BLOB REFERENCES refunds,
        kind TEXT NOT NULL,
        at INTEGER NOT NULL,
        UNIQUE (payment_hash, kind),
        UNIQUE (refund, kind),
        CHECK ((payment_hash IS NULL) <> (refund IS NULL))
    ) STRICT;
    INSERT INTO all_events (number, payment_hash, kind, at)
        SELECT number, payment_hash, kind, at FROM events;
    DROP TABLE events;
    ALTER TABLE all_events RENAME TO events;
    INSERT INTO events (refund, kind, at)
        SELECT refund, 'refund-authorised', authorised_at FROM payouts
        UNION ALL
        SELECT refund, iif(preimage IS NULL, 'refund-failed', 'refund-paid'), settled_at
            FROM payouts WHERE settled_at IS NOT NULL
        ORDER BY 3, 1, 2;
";

/// Kilobytes of the file that are kept in memory. Payment hashes land all over the table, so a larger
/// cache would grow with the record until it is full, for no gain: the system keeps the file anyway.
const CACHE_KILOBYTES: i64 = 256;

/// How long another program may keep the database to itself.
const PATIENCE: Duration = Duration::from_secs(10);

/// Makes a connection one that loses nothing, to tables that are there.
pub(crate) fn prepared(connection: Connection) -> Result<Connection, RecordError> {
    connection.busy_timeout(PATIENCE)?;
    // A write is on the disk before it is reported, and readers do not wait for it.
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_row| Ok(()))?;
    connection.pragma_update(None, "synchronous", "full")?;
    // A positive number would be pages.
    connection.pragma_update(None, "cache_size", CACHE_KILOBYTES.saturating_neg())?;
    migrate(&connection)?;
    Ok(connection)
}

/// Brings the layout up to the newest, or leaves the file as it is.
fn migrate(connection: &Connection) -> Result<(), RecordError> {
    let migration = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let version = migration.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))?;
    let done = usize::try_from(version).or(Err(RecordError::Newer))?;
    for step in STEPS.get(done..).ok_or(RecordError::Newer)? {
        migration.execute_batch(step)?;
    }
    migration.pragma_update(None, "user_version", STEPS.len())?;
    Ok(migration.commit()?)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::{STEPS, TABLES, prepared};
    use crate::testing::refund;
    use crate::{EventKind, InvoiceState, RecordError, Records};

    #[test]
    fn a_record_of_the_first_layout_keeps_its_invoices_and_gets_their_events() {
        let old = Connection::open_in_memory().unwrap();
        old.execute_batch(TABLES).unwrap();
        old.pragma_update(None, "user_version", 1).unwrap();
        old.execute_batch(
            "INSERT INTO invoices VALUES (zeroblob(32), zeroblob(32), 7, 50, 60, x'', 7, 55)",
        )
        .unwrap();
        let records = Records { connection: prepared(old).unwrap() };
        let events = records.events_after(0, 9).unwrap();
        let seen: Vec<_> = events.iter().map(|event| (event.kind, event.at)).collect();
        assert_eq!(seen, [(EventKind::Issued, 50), (EventKind::Paid, 55)]);
        assert_eq!(records.invoice(&[0; 32]).unwrap().unwrap().state(70), InvoiceState::Paid);
    }

    #[test]
    fn a_record_without_events_of_refunds_keeps_its_numbers_and_gets_them() {
        let old = Connection::open_in_memory().unwrap();
        for step in &STEPS[..6] {
            old.execute_batch(step).unwrap();
        }
        old.pragma_update(None, "user_version", 6).unwrap();
        old.execute_batch(
            "INSERT INTO invoices VALUES (zeroblob(32), zeroblob(32), 7, 50, 60, x'', 7, 55);
            INSERT INTO events VALUES (3, zeroblob(32), 'issued', 50);
            INSERT INTO events VALUES (8, zeroblob(32), 'paid', 55);
            INSERT INTO webhooks VALUES ('http://shop', 8);
            INSERT INTO refunds VALUES (zeroblob(32), 'lnr1', 'sorry', 7, 40, 60, NULL);
            INSERT INTO payouts VALUES
                (zeroblob(32), zeroblob(32), 7, x'', 41, 60, NULL, 42, zeroblob(32), 0);",
        )
        .unwrap();
        let records = Records { connection: prepared(old).unwrap() };
        records.add_refund(&refund(1)).unwrap();
        records.note_expired(300).unwrap();
        let events = records.events_after(0, 9).unwrap();
        let seen: Vec<_> = events.iter().map(|it| (it.number, it.kind, it.at)).collect();
        let all = [
            (3, EventKind::Issued, 50),
            (8, EventKind::Paid, 55),
            (9, EventKind::RefundAuthorised, 41),
            (10, EventKind::RefundPaid, 42),
            (11, EventKind::RefundExpired, 200),
        ];
        assert_eq!(seen, all);
        assert_eq!(records.delivered("http://shop").unwrap(), 8);
    }

    #[test]
    fn a_record_of_a_newer_layout_is_left_alone() {
        let newer = Connection::open_in_memory().unwrap();
        newer.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(prepared(newer), Err(RecordError::Newer)));
    }
}

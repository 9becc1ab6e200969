use core::time::Duration;

use rusqlite::Connection;

use crate::RecordError;

/// The layout that this program writes; older ones are brought to it one by one.
const VERSION: i64 = 1;

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

/// How long another program may keep the database to itself.
const PATIENCE: Duration = Duration::from_secs(10);

/// Makes a connection one that loses nothing, to tables that are there.
pub(crate) fn prepared(mut connection: Connection) -> Result<Connection, RecordError> {
    connection.busy_timeout(PATIENCE)?;
    // A write is on the disk before it is reported, and readers do not wait for it.
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_row| Ok(()))?;
    connection.pragma_update(None, "synchronous", "full")?;
    let migration =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    match migration.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))? {
        0 => {
            migration.execute_batch(TABLES)?;
            migration.pragma_update(None, "user_version", VERSION)?;
        }
        VERSION => {}
        _ => return Err(RecordError::Newer),
    }
    migration.commit()?;
    Ok(connection)
}

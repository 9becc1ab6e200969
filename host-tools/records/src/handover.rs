use core::fmt;

use rusqlite::{Row, params};

use crate::{RecordError, Records, column};

/// An onion message that was handed to the device and whose outcome is not on record, as it came:
/// sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct Handover {
    /// The SHA-256 of the two below.
    pub id: [u8; 32],
    /// `path_key`.
    pub path_key: [u8; 33],
    /// `onion_message_packet`.
    pub packet: Vec<u8>,
}

/// Shows the size only: what a peer says is not for the log.
impl fmt::Debug for Handover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handover({} bytes)", self.packet.len())
    }
}

impl Handover {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let (id, path_key) = (row.get("id")?, row.get("path_key")?);
        Ok(Self { id, path_key, packet: row.get("packet")? })
    }
}

impl Records {
    /// Whether at `now`, in seconds since 1970, the device may authorise an invoice for a refund of
    /// the merchant's that is on record. Its clock may be behind.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn awaits_invoice(&self, now: u64) -> Result<bool, RecordError> {
        let query = "SELECT EXISTS (
            SELECT 1 FROM refunds WHERE revoked_at IS NULL
                AND (expires_at IS NULL OR expires_at >= ?)
                AND NOT EXISTS (SELECT 1 FROM payouts WHERE payouts.refund = refunds.id))";
        let earliest = column(now.saturating_sub(BEHIND));
        Ok(self.connection.query_row(query, [earliest], |row| row.get(0))?)
    }

    /// Takes down a message that the device is about to be handed, and says how often it has been
    /// by then without an outcome.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn hand_over(&self, message: &Handover) -> Result<u32, RecordError> {
        let Handover { id, path_key, packet } = message;
        let tries = "INSERT INTO handovers (id, tries, path_key, packet) VALUES (?, 1, ?, ?)
            ON CONFLICT (id) DO UPDATE SET tries = tries + 1 RETURNING tries";
        let change = self.change()?;
        let tries = change.query_row(tries, params![id, path_key, packet], |row| row.get(0))?;
        change.commit()?;
        Ok(tries)
    }

    /// Takes down that the merchant is being asked about a message: it is handed over again once
    /// they have decided, and that it was so far counts for nothing.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn leave_with_merchant(&self, id: &[u8; 32]) -> Result<(), RecordError> {
        self.connection.execute("UPDATE handovers SET tries = 0 WHERE id = ?", [id])?;
        Ok(())
    }

    /// Forgets a message: what came of it is on record, or nothing will.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn forget_handover(&self, id: &[u8; 32]) -> Result<(), RecordError> {
        self.connection.execute("DELETE FROM handovers WHERE id = ?", [id])?;
        Ok(())
    }

    /// The messages that have no outcome yet, in the order in which they were handed over first.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn handovers(&self) -> Result<Vec<Handover>, RecordError> {
        let mut query = self.connection.prepare("SELECT * FROM handovers ORDER BY number")?;
        Ok(query.query_map([], Handover::read)?.collect::<Result<_, _>>()?)
    }
}

/// So many seconds the device's clock may be behind this computer's: it is told the time every few.
const BEHIND: u64 = 3_600;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::{BEHIND, Handover};
    use crate::Records;
    use crate::testing::{authorised, refund};

    fn message(number: u8) -> Handover {
        Handover { id: [number; 32], path_key: [2; 33], packet: vec![number; 32_834] }
    }

    #[test]
    fn an_invoice_is_awaited_while_a_refund_is_open() {
        let records = Records::in_memory().unwrap();
        let awaits = |now| records.awaits_invoice(now).unwrap();
        assert!(!awaits(100));
        records.add_refund(&refund(1)).unwrap();
        assert_eq!((awaits(200 + BEHIND), awaits(201 + BEHIND)), (true, false));
        records.authorise(&authorised(1)).unwrap();
        assert!(!awaits(100));
        records.add_refund(&refund(2)).unwrap();
        assert!(awaits(100));
        records.revoke_refund(&[2; 32], 110).unwrap();
        assert!(!awaits(100));
    }

    #[test]
    fn what_was_handed_over_is_there_for_the_next_program_until_it_is_forgotten() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("records.sqlite");
        let records = Records::open(&path).unwrap();
        for number in [2, 1, 3] {
            assert_eq!(records.hand_over(&message(number)).unwrap(), 1);
        }
        records.forget_handover(&[3; 32]).unwrap();
        for file in std::fs::read_dir(directory.path()).unwrap() {
            let file = file.unwrap();
            let others = file.metadata().unwrap().permissions().mode() & 0o077;
            assert_eq!(others, 0, "{file:?} is the merchant's alone");
        }
        // As after `kill -9`: nothing is closed.
        Box::leak(Box::new(records));
        let again = Records::open(&path).unwrap();
        assert_eq!(again.handovers().unwrap(), [message(2), message(1)]);
    }

    #[test]
    fn it_is_counted_how_often_nobody_learned_what_came_of_a_message() {
        let records = Records::in_memory().unwrap();
        let tries = || records.hand_over(&message(1)).unwrap();
        assert_eq!((tries(), tries()), (1, 2));
        records.leave_with_merchant(&[1; 32]).unwrap();
        assert_eq!((tries(), tries()), (1, 2));
        records.forget_handover(&[1; 32]).unwrap();
        assert_eq!(tries(), 1);
        assert_eq!(records.handovers().unwrap().len(), 1);
    }
}

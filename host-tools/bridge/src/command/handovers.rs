use std::collections::HashSet;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::bail;
use bitcoin::secp256k1::PublicKey;
use countersign_bridge::Onion;
use countersign_crypto::sha256;
use countersign_records::{Handover, RecordError, Records};
use tokio::task::block_in_place;

/// The onion messages whose outcome may be a payment that the device authorises: each is on the disk
/// before the device hears of it, and until its outcome is. Whenever this program dies, the next one
/// puts them to the device again, which says the same again.
///
/// Nobody but the device can tell an invoice from anything else, so it is every message; but only
/// while a refund is open.
#[derive(Debug, Default)]
pub(crate) struct Handovers {
    kept: HashSet<Id>,
}

/// The SHA-256 of path key and packet.
pub(crate) type Id = [u8; 32];

impl Handovers {
    /// What an earlier program left.
    ///
    /// # Errors
    /// The record's.
    pub(crate) fn left_over(&mut self, records: &Records) -> Result<Vec<Onion>, RecordError> {
        let left = block_in_place(|| records.handovers())?;
        self.kept = left.iter().map(|message| message.id).collect();
        let onion = |message: Handover| {
            let path_key = PublicKey::from_slice(&message.path_key).ok()?;
            Some(Onion { path_key, packet: message.packet })
        };
        Ok(left.into_iter().filter_map(onion).collect())
    }

    /// Takes down that the device is about to be handed a message, if that matters.
    ///
    /// # Errors
    /// The record's; or nobody has ever learned what came of the message, and it is tried no more.
    pub(crate) fn begin(&mut self, records: &Records, onion: &Onion) -> anyhow::Result<Option<Id>> {
        // A clock before 1970 has no refund expire.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let is_awaited = block_in_place(|| records.awaits_invoice(now))?;
        if !is_awaited && self.kept.is_empty() {
            return Ok(None);
        }
        let id = id(onion);
        if !is_awaited && !self.kept.contains(&id) {
            return Ok(None);
        }
        let path_key = onion.path_key.serialize();
        let message = Handover { id, path_key, packet: onion.packet.clone() };
        let tries = block_in_place(|| records.hand_over(&message))?;
        self.kept.insert(id);
        if tries > MOST_TRIES {
            self.end(records, &id);
            bail!("nobody has learned what comes of it in {MOST_TRIES} tries");
        }
        Ok(Some(id))
    }

    /// The merchant is being asked about a message.
    pub(crate) fn leave_with_merchant(records: &Records, id: &Id) {
        note(block_in_place(|| records.leave_with_merchant(id)));
    }

    /// What came of a message is on record, or nothing will.
    pub(crate) fn end(&mut self, records: &Records, id: &Id) {
        self.kept.remove(id);
        note(block_in_place(|| records.forget_handover(id)));
    }

    /// A message is not handed over again.
    pub(crate) fn give_up(&mut self, records: &Records, onion: &Onion) {
        if !self.kept.is_empty() {
            self.end(records, &id(onion));
        }
    }
}

fn id(onion: &Onion) -> Id {
    sha256(&[&onion.path_key.serialize(), &onion.packet])
}

/// What cannot be taken out of the record is put to the device once more, which does no harm.
fn note(outcome: Result<(), RecordError>) {
    if let Err(error) = outcome {
        tracing::warn!("{error}");
    }
}

/// How often a message is handed over without anybody learning what comes of it: one that kills
/// this program or the device has no better chance the next time.
const MOST_TRIES: u32 = 3;

#[cfg(test)]
mod tests {
    use countersign_records::Offered;

    use super::*;

    #[test]
    fn nothing_is_written_while_no_refund_is_open() {
        let (records, mut handovers) = (Records::in_memory().unwrap(), Handovers::default());
        assert_eq!(handovers.begin(&records, &onion(1)).unwrap(), None);
        assert_eq!(records.handovers().unwrap(), []);
    }

    #[test]
    fn what_was_begun_is_left_over_until_it_ends_and_also_when_no_refund_is_open_any_more() {
        let (records, mut handovers) = (open(), Handovers::default());
        for number in 1..=3 {
            assert!(handovers.begin(&records, &onion(number)).unwrap().is_some());
        }
        handovers.end(&records, &id(&onion(2)));
        records.revoke_refund(&[1; 32], 110).unwrap();
        let mut next = Handovers::default();
        assert_eq!(next.left_over(&records).unwrap(), [onion(1), onion(3)]);
        assert_eq!(next.begin(&records, &onion(1)).unwrap(), Some(id(&onion(1))));
        assert_eq!(next.begin(&records, &onion(4)).unwrap(), None);
        next.end(&records, &id(&onion(1)));
        next.give_up(&records, &onion(3));
        assert_eq!(records.handovers().unwrap(), []);
    }

    #[test]
    fn a_message_that_kills_whoever_touches_it_is_tried_three_times() {
        let records = open();
        for _ in 0..MOST_TRIES {
            let mut handovers = Handovers::default();
            let left = handovers.left_over(&records).unwrap();
            assert!(left.is_empty() || left == [onion(1)]);
            assert!(handovers.begin(&records, &onion(1)).unwrap().is_some());
        }
        let mut handovers = Handovers::default();
        assert_eq!(handovers.left_over(&records).unwrap(), [onion(1)]);
        assert!(handovers.begin(&records, &onion(1)).is_err());
        assert_eq!(Handovers::default().left_over(&records).unwrap(), []);
    }

    #[test]
    fn a_merchant_may_take_their_time_over_any_number_of_restarts() {
        let records = open();
        for _ in 0..MOST_TRIES.saturating_mul(2) {
            let mut handovers = Handovers::default();
            let id = handovers.begin(&records, &onion(1)).unwrap().unwrap();
            Handovers::leave_with_merchant(&records, &id);
        }
        assert_eq!(records.handovers().unwrap().len(), 1);
    }

    /// A record with an open refund.
    fn open() -> Records {
        let records = Records::in_memory().unwrap();
        let refund = Offered {
            id: [1; 32],
            text: "lnr1".to_owned(),
            description: "too much was paid".to_owned(),
            amount_msat: 7_000,
            created_at: 100,
            expires_at: None,
        };
        records.add_refund(&refund).unwrap();
        records
    }

    fn onion(number: u8) -> Onion {
        let path_key =
            "02eec7245d6b7d2ccb30380bfbe2a3648cd7a942653f5aa340edcea1f283686619".parse().unwrap();
        Onion { path_key, packet: vec![number; 1_366] }
    }
}

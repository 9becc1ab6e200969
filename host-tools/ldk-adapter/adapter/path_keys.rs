use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use countersign_merchant_node::PathKey;
use lightning::types::payment::PaymentHash;

/// The path keys of the HTLCs that came in last, by payment hash.
///
/// Anybody who pays for an HTLC can send one with any hash: the oldest are forgotten. A payment
/// whose path key was forgotten, or that came in just before the node died, is given back.
#[derive(Debug, Default)]
pub(super) struct PathKeys(Mutex<VecDeque<(PaymentHash, PathKey)>>);

impl PathKeys {
    pub(super) fn note(&self, hash: PaymentHash, key: PathKey) {
        let mut noted = self.noted();
        if noted.contains(&(hash, key)) {
            return;
        }
        if noted.len() == MOST {
            noted.pop_front();
        }
        noted.push_back((hash, key));
    }

    /// Those of a payment, one for each of its parts at best.
    pub(super) fn of(&self, hash: &PaymentHash) -> Vec<PathKey> {
        self.noted().iter().filter(|(other, _)| other == hash).map(|(_, key)| *key).collect()
    }

    pub(super) fn forget(&self, hash: &PaymentHash) {
        self.noted().retain(|(other, _)| other != hash);
    }

    fn noted(&self) -> MutexGuard<'_, VecDeque<(PaymentHash, PathKey)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All HTLCs that some twenty channels can have at once.
const MOST: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_path_key_is_forgotten_first() {
        let keys = PathKeys::default();
        let hash = |number: usize| {
            let mut number = number.to_be_bytes().into_iter();
            PaymentHash(core::array::from_fn(|_| number.next().unwrap_or(0)))
        };
        for number in 0..=MOST {
            keys.note(hash(number), PathKey([2; 33]));
        }
        assert_eq!(keys.of(&hash(0)), []);
        assert_eq!(keys.of(&hash(1)), [PathKey([2; 33])]);
        assert_eq!(keys.of(&hash(MOST)), [PathKey([2; 33])]);
    }

    #[test]
    fn each_part_has_its_path_key_and_all_are_forgotten_together() {
        let (keys, hash) = (PathKeys::default(), PaymentHash([1; 32]));
        for key in [2, 3, 2] {
            keys.note(hash, PathKey([key; 33]));
        }
        assert_eq!(keys.of(&hash), [PathKey([2; 33]), PathKey([3; 33])]);
        keys.forget(&hash);
        assert_eq!(keys.of(&hash), []);
    }
}

use core::num::NonZeroU32;
use core::time::Duration;
use std::collections::HashMap;
use std::time::Instant;

use bitcoin::secp256k1::PublicKey;

/// How many messages may come: so many a second, and so many at once after a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Messages per second in the long run.
    pub per_second: NonZeroU32,
    /// Messages at once.
    pub burst: NonZeroU32,
}

impl Rate {
    /// The time in which one message's worth of tokens flows in.
    fn interval(self) -> Duration {
        Duration::from_secs(1).checked_div(self.per_second.get()).unwrap_or(Duration::ZERO)
    }

    /// The time in which an empty bucket fills.
    fn window(self) -> Duration {
        self.interval().saturating_mul(self.burst.get())
    }
}

/// A token bucket, kept as the moment at which it will be full again.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    full_at: Instant,
}

impl Bucket {
    /// Takes one token, if there is one.
    fn take(&mut self, now: Instant, rate: Rate) -> bool {
        let Some(full_at) = self.full_at.max(now).checked_add(rate.interval()) else {
            return false;
        };
        let allowed = full_at.saturating_duration_since(now) <= rate.window();
        if allowed {
            self.full_at = full_at;
        }
        allowed
    }
}

/// The token buckets of all peers and of the whole.
///
/// A peer's bucket outlives its connection until it is full again, so that hanging up buys nothing.
#[derive(Debug)]
pub(crate) struct Buckets {
    peer_rate: Rate,
    total_rate: Rate,
    total: Bucket,
    peers: HashMap<PublicKey, Bucket>,
}

impl Buckets {
    pub(crate) fn new(peer_rate: Rate, total_rate: Rate, now: Instant) -> Self {
        Self { peer_rate, total_rate, total: Bucket { full_at: now }, peers: HashMap::new() }
    }

    /// Takes a token for one message of a peer: its own first, so that one peer alone cannot empty
    /// the bucket of the whole.
    pub(crate) fn take(&mut self, peer: PublicKey, now: Instant) -> bool {
        let bucket = self.peers.entry(peer).or_insert(Bucket { full_at: now });
        bucket.take(now, self.peer_rate) && self.total.take(now, self.total_rate)
    }

    /// Forgets the peers whose buckets are full.
    pub(crate) fn forget_full(&mut self, now: Instant) {
        self.peers.retain(|_, bucket| bucket.full_at > now);
    }

    /// How many peers anything is kept of.
    #[cfg(test)]
    pub(crate) fn peers(&self) -> usize {
        self.peers.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(per_second: u32, burst: u32) -> Rate {
        Rate {
            per_second: NonZeroU32::new(per_second).unwrap(),
            burst: NonZeroU32::new(burst).unwrap(),
        }
    }

    fn peer(last_byte: u8) -> PublicKey {
        let secret = bitcoin::secp256k1::SecretKey::from_slice(&[last_byte; 32]).unwrap();
        secret.public_key(&bitcoin::secp256k1::Secp256k1::new())
    }

    #[test]
    fn a_burst_passes_and_then_the_rate_holds() {
        let start = Instant::now();
        let mut buckets = Buckets::new(rate(10, 3), rate(1_000, 1_000), start);
        let mut passed = |millis, count| {
            let now = start + Duration::from_millis(millis);
            (0..count).filter(|_| buckets.take(peer(1), now)).count()
        };
        assert_eq!(passed(0, 10), 3);
        assert_eq!(passed(99, 10), 0);
        assert_eq!(passed(100, 10), 1);
        assert_eq!(passed(10_000, 10), 3, "a pause does not save up more than the burst");
    }

    #[test]
    fn one_peer_does_not_use_up_what_others_may_send() {
        let start = Instant::now();
        let mut buckets = Buckets::new(rate(1, 2), rate(1, 3), start);
        assert_eq!((0..100).filter(|_| buckets.take(peer(1), start)).count(), 2);
        assert!(buckets.take(peer(2), start));
        assert!(!buckets.take(peer(3), start), "the whole is limited too");
    }

    #[test]
    fn hanging_up_does_not_refill_a_bucket() {
        let start = Instant::now();
        let mut buckets = Buckets::new(rate(1, 1), rate(100, 100), start);
        assert!(buckets.take(peer(1), start));
        buckets.forget_full(start);
        assert!(!buckets.take(peer(1), start));
        let later = start + Duration::from_secs(1);
        buckets.forget_full(later);
        assert!(buckets.peers.is_empty());
        assert!(buckets.take(peer(1), later));
    }
}

use core::num::NonZeroU64;

use countersign_policy::Uptime;
use countersign_units::Msat;

use crate::capacity::{HELD_PARTS, PART_SECONDS};

/// The parts of payments that wait for the rest, under the onion rule.
///
/// They are lost with power, and the host hands in again what its node still holds.
#[derive(Debug, Default)]
pub(crate) struct Parts([Option<Part>; HELD_PARTS]);

/// One part of a payment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    /// What is claimed: parts of another invoice, or of another total, have another one.
    pub(crate) claim: [u8; 16],
    /// The first bytes of the onion's MAC, which only the payer can make.
    pub(crate) onion: [u8; 8],
    /// What the payer sends with this part, in msat.
    pub(crate) amount: NonZeroU64,
    /// When the first part of the same claim came.
    pub(crate) since: Uptime,
}

const _: () = assert!(size_of::<Option<Part>>() == 40);

/// No place is free for one more part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl Parts {
    /// What has come of `part`'s payment, `part` included.
    pub(crate) fn sum_with(&mut self, part: &Part) -> Msat {
        self.forget_old(part.since);
        let others = self.of(&part.claim).filter(|other| other.onion != part.onion);
        let sum =
            others.fold(part.amount.get(), |sum, other| sum.saturating_add(other.amount.get()));
        Msat::new(sum).unwrap_or(Msat::MAX)
    }

    /// Holds `part` until the rest of its payment has come. One that is held already stays as it is.
    pub(crate) fn hold(&mut self, part: Part) -> Result<(), Full> {
        self.forget_old(part.since);
        if self.of(&part.claim).any(|other| other.onion == part.onion) {
            return Ok(());
        }
        // All parts of a payment go together.
        let since = self.of(&part.claim).map(|other| other.since).next().unwrap_or(part.since);
        let place = self.0.iter_mut().find(|place| place.is_none()).ok_or(Full)?;
        *place = Some(Part { since, ..part });
        Ok(())
    }

    /// Forgets the parts of a payment that is complete.
    pub(crate) fn forget(&mut self, claim: &[u8; 16]) {
        self.retain(|part| part.claim != *claim);
    }

    fn forget_old(&mut self, now: Uptime) {
        self.retain(|part| now.since(part.since) < PART_SECONDS);
    }

    fn retain(&mut self, stays: impl Fn(&Part) -> bool) {
        for place in &mut self.0 {
            *place = place.filter(&stays);
        }
    }

    fn of(&self, claim: &[u8; 16]) -> impl Iterator<Item = &Part> {
        self.0.iter().flatten().filter(move |part| part.claim == *claim)
    }
}

#[cfg(test)]
mod tests {
    use core::num::NonZeroU64;

    use countersign_policy::Uptime;

    use super::{Full, Part, Parts};
    use crate::capacity::{HELD_PARTS, PART_SECONDS};

    fn part(claim: u8, onion: u8, amount: u64, now: u64) -> Part {
        Part {
            claim: [claim; 16],
            onion: [onion; 8],
            amount: NonZeroU64::new(amount).unwrap(),
            since: Uptime(now),
        }
    }

    #[test]
    fn parts_of_one_claim_add_up_and_those_of_others_do_not() {
        let mut parts = Parts::default();
        parts.hold(part(1, 1, 300, 0)).unwrap();
        parts.hold(part(2, 2, 5_000, 0)).unwrap();
        assert_eq!(parts.sum_with(&part(1, 3, 700, 1)).get(), 1_000);
        assert_eq!(parts.sum_with(&part(3, 4, 700, 1)).get(), 700);
    }

    #[test]
    fn a_repeated_part_counts_once() {
        let mut parts = Parts::default();
        for _ in 0..3 {
            assert_eq!(parts.sum_with(&part(1, 1, 300, 0)).get(), 300);
            parts.hold(part(1, 1, 300, 0)).unwrap();
        }
        assert_eq!(parts.of(&[1; 16]).count(), 1);
    }

    #[test]
    fn all_parts_of_a_payment_are_forgotten_with_the_first() {
        let mut parts = Parts::default();
        parts.hold(part(1, 1, 300, 0)).unwrap();
        parts.hold(part(1, 2, 300, PART_SECONDS - 1)).unwrap();
        parts.hold(part(2, 3, 300, PART_SECONDS - 1)).unwrap();
        assert_eq!(parts.sum_with(&part(1, 4, 400, PART_SECONDS - 1)).get(), 1_000);
        assert_eq!(parts.sum_with(&part(1, 4, 400, PART_SECONDS)).get(), 400);
        assert_eq!(parts.sum_with(&part(2, 4, 400, PART_SECONDS)).get(), 700);
    }

    #[test]
    fn the_table_is_bounded_and_a_completed_payment_makes_room() {
        let mut parts = Parts::default();
        for onion in 0..u8::try_from(HELD_PARTS).unwrap() {
            parts.hold(part(onion % 2, onion, 1, 0)).unwrap();
        }
        assert_eq!(parts.hold(part(2, 99, 1, 0)), Err(Full));
        assert_eq!(parts.hold(part(0, 0, 1, 0)), Ok(()), "it is there");
        parts.forget(&[1; 16]);
        assert_eq!(parts.hold(part(2, 99, 1, 0)), Ok(()));
        assert_eq!(parts.sum_with(&part(0, 99, 1, 0)).get(), 7);
    }
}

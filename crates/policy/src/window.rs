//! How much has been counted lately.

use countersign_units::Msat;
use countersign_units::wide::{product, quotient};

use crate::{Rule, Rules, Uptime, Verdict, WhenFull, Window, WindowLimits};

/// What one [`Window`] has counted and not yet drained.
///
/// It drains by the device's own ticks and by nothing else: no claim about the time, forward or
/// back, and no restart refills a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// In 2⁻³² of what is counted, so that a slow drain is not rounded to none.
    level: u128,
    /// How far it is drained.
    at: Uptime,
}

const FRACTION_BITS: u32 = 32;

fn scaled(count: u64) -> u128 {
    u128::from(count).wrapping_shl(FRACTION_BITS)
}

impl Bucket {
    /// A bucket as it was stored, on a device that has been on for `now`.
    #[must_use]
    pub fn restored(count: u64, now: Uptime) -> Self {
        Self { level: scaled(count), at: now }
    }

    /// What is in it at `now`, rounded up, to be stored.
    #[must_use]
    pub fn count(&self, window: &Window, now: Uptime) -> u64 {
        let whole = scaled(1).saturating_sub(1).saturating_add(self.drained(window, now));
        u64::try_from(whole.wrapping_shr(FRACTION_BITS)).unwrap_or(u64::MAX)
    }

    fn drained(&self, window: &Window, now: Uptime) -> u128 {
        let most = window.most.map_or(0, scaled);
        // Rounded down: a window never drains faster than the rule says.
        let each_second = quotient(most, window.period.0.into()).unwrap_or(0);
        self.level.saturating_sub(product(each_second, now.since(self.at)))
    }

    fn has_room(&self, window: &Window, more: u64, now: Uptime) -> bool {
        window.most.is_none_or(|most| {
            self.drained(window, now).saturating_add(scaled(more)) <= scaled(most)
        })
    }

    fn charge(&mut self, window: &Window, more: u64, now: Uptime) {
        if window.most.is_some() {
            self.level = self.drained(window, now).saturating_add(scaled(more));
            self.at = self.at.max(now);
        }
    }
}

/// Both windows' buckets. Money received and invoices signed are counted apart, so that requests
/// which cost a stranger nothing cannot use up what customers need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Windows {
    /// Money received, in msat ([`Rule::PaidWindow`]).
    pub paid: Bucket,
    /// Invoices signed ([`Rule::UnpaidWindow`]).
    pub unpaid: Bucket,
}

impl Windows {
    /// Counts an invoice that is about to be signed.
    pub fn invoice_signed(&mut self, rules: &Rules, now: Uptime) {
        self.unpaid.charge(&rules.limits().windows.unpaid, 1, now);
    }

    /// Counts money received, once for each payment hash.
    pub fn invoice_paid(&mut self, rules: &Rules, amount: Msat, now: Uptime) {
        self.paid.charge(&rules.limits().windows.paid, amount.get(), now);
    }

    /// Judges one more invoice over `amount`, and says which window raises the alarm.
    pub(crate) fn judge(
        &self,
        rules: &Rules,
        amount: Msat,
        now: Uptime,
    ) -> (Verdict, Option<Rule>) {
        let WindowLimits { paid, when_paid_full, unpaid } = &rules.limits().windows;
        if !self.paid.has_room(paid, amount.get(), now) {
            let verdict = match when_paid_full {
                WhenFull::Refuse => Verdict::Refuse(Rule::PaidWindow),
                WhenFull::Ask => Verdict::Ask(Rule::PaidWindow),
                WhenFull::Alarm => Verdict::Sign,
            };
            return (verdict, Some(Rule::PaidWindow));
        }
        let alarm = (!self.unpaid.has_room(unpaid, 1, now)).then_some(Rule::UnpaidWindow);
        (Verdict::Sign, alarm)
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a test's own numbers are small")]
mod tests {
    use countersign_units::{Msat, Seconds};
    use proptest::prelude::*;

    use super::{Bucket, Windows};
    use crate::{Limits, Rule, Rules, Uptime, Verdict, WhenFull, Window};

    const HUNDRED_A_MINUTE: Window = Window { most: Some(100), period: Seconds(60) };

    fn rules(when_paid_full: WhenFull) -> Rules {
        let mut limits = Limits::default();
        limits.windows.paid = HUNDRED_A_MINUTE;
        limits.windows.unpaid = Window { most: Some(2), period: Seconds(60) };
        limits.windows.when_paid_full = when_paid_full;
        Rules::new(limits).unwrap()
    }

    fn msat(amount: u64) -> Msat {
        Msat::new(amount).unwrap()
    }

    #[test]
    fn a_window_has_room_up_to_its_most() {
        let mut bucket = Bucket::default();
        bucket.charge(&HUNDRED_A_MINUTE, 40, Uptime(0));
        assert!(bucket.has_room(&HUNDRED_A_MINUTE, 60, Uptime(0)));
        assert!(!bucket.has_room(&HUNDRED_A_MINUTE, 61, Uptime(0)));
    }

    #[test]
    fn a_full_window_drains_evenly_in_one_period() {
        let mut bucket = Bucket::default();
        bucket.charge(&HUNDRED_A_MINUTE, 100, Uptime(0));
        assert!(!bucket.has_room(&HUNDRED_A_MINUTE, 51, Uptime(30)));
        assert_eq!(bucket.count(&HUNDRED_A_MINUTE, Uptime(30)), 51);
        assert!(!bucket.has_room(&HUNDRED_A_MINUTE, 100, Uptime(60)));
        assert!(bucket.has_room(&HUNDRED_A_MINUTE, 100, Uptime(61)));
    }

    #[test]
    #[cfg_attr(miri, ignore = "half a million charges take Miri many minutes")]
    fn frequent_charges_do_not_stop_a_slow_drain() {
        let slow = Window { most: Some(1_000), period: Seconds(1_000_000) };
        let mut bucket = Bucket::restored(1_000, Uptime(0));
        for second in 0..=500_001 {
            bucket.charge(&slow, 0, Uptime(second));
        }
        assert_eq!(bucket.count(&slow, Uptime(500_001)), 500);
    }

    #[test]
    fn a_restart_refills_nothing() {
        let mut bucket = Bucket::default();
        bucket.charge(&HUNDRED_A_MINUTE, 99, Uptime(1_000_000));
        let stored = bucket.count(&HUNDRED_A_MINUTE, Uptime(1_000_000));
        let bucket = Bucket::restored(stored, Uptime(0));
        assert!(!bucket.has_room(&HUNDRED_A_MINUTE, 2, Uptime(0)));
        assert!(bucket.has_room(&HUNDRED_A_MINUTE, 1, Uptime(0)));
    }

    #[test]
    fn free_requests_cannot_stop_a_sale() {
        let (rules, mut windows) = (rules(WhenFull::Refuse), Windows::default());
        for _ in 0..1_000 {
            windows.invoice_signed(&rules, Uptime(0));
        }
        let judged = windows.judge(&rules, msat(100), Uptime(0));
        assert_eq!(judged, (Verdict::Sign, Some(Rule::UnpaidWindow)));
    }

    #[test]
    fn a_full_window_of_money_does_what_the_merchant_chose() {
        for (when_full, verdict) in [
            (WhenFull::Refuse, Verdict::Refuse(Rule::PaidWindow)),
            (WhenFull::Ask, Verdict::Ask(Rule::PaidWindow)),
            (WhenFull::Alarm, Verdict::Sign),
        ] {
            let (rules, mut windows) = (rules(when_full), Windows::default());
            windows.invoice_paid(&rules, msat(60), Uptime(0));
            assert_eq!(windows.judge(&rules, msat(40), Uptime(0)), (Verdict::Sign, None));
            let judged = windows.judge(&rules, msat(41), Uptime(0));
            assert_eq!(judged, (verdict, Some(Rule::PaidWindow)));
        }
    }

    #[test]
    fn windows_are_off_until_they_are_set() {
        let (rules, mut windows) = (Rules::default(), Windows::default());
        windows.invoice_paid(&rules, Msat::MAX, Uptime(0));
        windows.invoice_signed(&rules, Uptime(0));
        assert_eq!(windows, Windows::default());
        assert_eq!(windows.judge(&rules, Msat::MAX, Uptime(0)), (Verdict::Sign, None));
    }

    proptest! {
        #[test]
        fn time_going_back_never_refills_a_window(
            most in 1..10_000_u64,
            period in 1..100_000_u32,
            charges in prop::collection::vec((0..2_000_u64, 0..200_000_u64), 1..40),
            back in 0..200_000_u64,
        ) {
            let window = Window { most: Some(most), period: Seconds(period) };
            let mut bucket = Bucket::default();
            let mut latest = 0;
            for (more, now) in charges {
                let before = bucket.count(&window, Uptime(latest));
                bucket.charge(&window, more, Uptime(now));
                if now <= latest {
                    // An earlier moment drains nothing, at once or afterwards.
                    prop_assert!(bucket.count(&window, Uptime(latest)) >= before);
                }
                latest = latest.max(now);
            }
            let earlier = Uptime(latest.saturating_sub(back));
            prop_assert!(bucket.count(&window, earlier) >= bucket.count(&window, Uptime(latest)));
        }

        #[test]
        fn no_more_than_the_window_and_its_drain_ever_passes(
            most in 1..10_000_u64,
            period in 1..10_000_u32,
            tries in prop::collection::vec((0..500_u64, 0..1_000_u64), 1..60),
        ) {
            let window = Window { most: Some(most), period: Seconds(period) };
            let (mut bucket, mut passed, mut now) = (Bucket::default(), 0, 0);
            for (more, wait) in tries {
                now += wait;
                if bucket.has_room(&window, more, Uptime(now)) {
                    bucket.charge(&window, more, Uptime(now));
                    passed += more;
                }
            }
            prop_assert!(passed <= most + most * now / u64::from(period));
        }
    }
}

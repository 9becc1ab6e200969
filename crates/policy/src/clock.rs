//! What the host says the time is.
//!
//! A device has an oscillator but no calendar. It takes the host's word for the moment and holds it
//! against its own ticks: the time never goes back, and never gets further from the ticks than the
//! merchant allows, however many claims it takes.

use countersign_units::{Seconds, UnixTime};

use crate::{ClockLimits, Rule, Rules};

/// Seconds since the device was switched on, by its own oscillator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Uptime(pub u64);

impl Uptime {
    /// Seconds that have passed since `earlier`; zero when it is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// What the device knows about the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// The latest claim that was taken.
    latest: UnixTime,
    /// What the device's own ticks alone made of the last moment that a button confirmed.
    own: UnixTime,
    /// When `own` was counted up.
    at: Uptime,
}

impl Clock {
    /// A clock that the merchant has just set with a button.
    #[must_use]
    pub const fn confirmed(time: UnixTime, uptime: Uptime) -> Self {
        Self { latest: time, own: time, at: uptime }
    }

    /// A clock from [`Clock::latest`] and [`Clock::own`] as they were stored before the power went
    /// off. The time in between does not count as the device's own.
    #[must_use]
    pub const fn restored(latest: UnixTime, own: UnixTime, uptime: Uptime) -> Self {
        Self { latest, own, at: uptime }
    }

    /// The latest claim that was taken, to be stored.
    #[must_use]
    pub const fn latest(&self) -> UnixTime {
        self.latest
    }

    /// The device's own count of the time, to be stored.
    #[must_use]
    pub const fn own(&self, uptime: Uptime) -> UnixTime {
        UnixTime(self.own.0.saturating_add(uptime.since(self.at)))
    }

    /// The time that the device goes by: the latest claim, or what its own ticks prove to be past
    /// when the host keeps silent.
    #[must_use]
    pub fn now(&self, rules: &Rules, uptime: Uptime) -> UnixTime {
        let ClockLimits { back: _, ahead: Seconds(ahead) } = rules.limits().clock;
        let proved = self.own(uptime).0.saturating_sub(ahead.into());
        self.latest.max(UnixTime(proved))
    }
}

/// What becomes of a claim about the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeVerdict {
    /// It is taken: this is the clock from now on.
    Hold(Clock),
    /// It takes a button ([`Clock::confirmed`]), and this rule is why.
    Ask(Rule),
}

/// Judges the host's claim that it is `claim`; `clock` is `None` until a button has set it once.
#[must_use]
pub fn judge_time(
    rules: &Rules,
    clock: Option<&Clock>,
    claim: UnixTime,
    uptime: Uptime,
) -> TimeVerdict {
    let ClockLimits { back: Seconds(back), ahead: Seconds(ahead) } = rules.limits().clock;
    let Some(clock) = clock else { return TimeVerdict::Ask(Rule::ClockUnset) };
    if claim.0 < clock.now(rules, uptime).0.saturating_sub(back.into()) {
        return TimeVerdict::Ask(Rule::ClockBack);
    }
    if claim.0 > clock.own(uptime).0.saturating_add(ahead.into()) {
        return TimeVerdict::Ask(Rule::ClockAhead);
    }
    TimeVerdict::Hold(Clock { latest: clock.latest.max(claim), ..*clock })
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a test's own numbers are small")]
mod tests {
    use countersign_units::UnixTime;
    use proptest::prelude::*;

    use super::{Clock, TimeVerdict, Uptime, judge_time};
    use crate::{Rule, Rules};

    const NOON: u64 = 1_700_000_000;
    const BACK: u64 = 600;
    const AHEAD: u64 = 86_400;

    fn confirmed() -> Clock {
        Clock::confirmed(UnixTime(NOON), Uptime(0))
    }

    fn judge(clock: &Clock, claim: u64, uptime: u64) -> TimeVerdict {
        judge_time(&Rules::default(), Some(clock), UnixTime(claim), Uptime(uptime))
    }

    fn held(clock: &Clock, claim: u64, uptime: u64) -> Clock {
        match judge(clock, claim, uptime) {
            TimeVerdict::Hold(clock) => clock,
            TimeVerdict::Ask(rule) => panic!("{rule}"),
        }
    }

    #[test]
    fn the_first_time_takes_a_button() {
        let verdict = judge_time(&Rules::default(), None, UnixTime(NOON), Uptime(0));
        assert_eq!(verdict, TimeVerdict::Ask(Rule::ClockUnset));
    }

    #[test]
    fn a_claim_a_little_behind_is_taken_and_changes_nothing() {
        let clock = confirmed();
        assert_eq!(judge(&clock, NOON - BACK, 0), TimeVerdict::Hold(clock));
        assert_eq!(judge(&clock, NOON - BACK - 1, 0), TimeVerdict::Ask(Rule::ClockBack));
    }

    #[test]
    fn a_claim_may_run_ahead_by_the_ticks_and_the_margin() {
        let clock = confirmed();
        for uptime in [0, 1, 5_000] {
            let last = NOON + AHEAD + uptime;
            assert_eq!(held(&clock, last, uptime).latest(), UnixTime(last));
            assert_eq!(judge(&clock, last + 1, uptime), TimeVerdict::Ask(Rule::ClockAhead));
        }
    }

    #[test]
    fn many_small_claims_do_not_add_up_to_a_jump() {
        let mut clock = confirmed();
        for step in 1..=24 {
            clock = held(&clock, NOON + step * 3_600, 0);
        }
        assert_eq!(judge(&clock, NOON + 24 * 3_600 + 1, 0), TimeVerdict::Ask(Rule::ClockAhead));
    }

    #[test]
    fn time_with_the_power_off_counts_as_ahead() {
        let clock = held(&confirmed(), NOON + 100, 100);
        let (latest, own) = (clock.latest(), clock.own(Uptime(100)));
        let clock = Clock::restored(latest, own, Uptime(0));
        assert_eq!(held(&clock, NOON + 100 + AHEAD, 0).latest(), UnixTime(NOON + 100 + AHEAD));
        assert_eq!(judge(&clock, NOON + 101 + AHEAD, 0), TimeVerdict::Ask(Rule::ClockAhead));
    }

    #[test]
    fn a_silent_host_cannot_stop_the_time() {
        let (clock, rules) = (confirmed(), Rules::default());
        assert_eq!(clock.now(&rules, Uptime(AHEAD)), UnixTime(NOON));
        assert_eq!(clock.now(&rules, Uptime(AHEAD + 7)), UnixTime(NOON + 7));
    }

    #[test]
    fn the_end_of_time_is_a_moment_like_any_other() {
        let clock = Clock::confirmed(UnixTime(u64::MAX), Uptime(0));
        assert_eq!(clock.own(Uptime(u64::MAX)), UnixTime(u64::MAX));
        assert_eq!(judge(&clock, u64::MAX, u64::MAX), TimeVerdict::Hold(clock));
        assert_eq!(judge(&clock, 0, 0), TimeVerdict::Ask(Rule::ClockBack));
    }

    proptest! {
        #[test]
        fn the_time_never_goes_back_and_never_leaves_the_ticks(
            claims in prop::collection::vec((0..40_000_u64, 0..300_000_u64), 1..50),
        ) {
            let rules = Rules::default();
            let (mut clock, mut uptime) = (confirmed(), 0);
            let mut before = clock.now(&rules, Uptime(uptime));
            for (ticks, offset) in claims {
                uptime += ticks;
                if let TimeVerdict::Hold(next) = judge(&clock, NOON - 1_000 + offset, uptime) {
                    clock = next;
                }
                let now = clock.now(&rules, Uptime(uptime));
                prop_assert!(now >= before);
                prop_assert!(now.0 <= NOON + uptime + AHEAD);
                prop_assert!(now.0 + AHEAD >= NOON + uptime);
                before = now;
            }
        }
    }
}

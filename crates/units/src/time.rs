/// A length of time in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seconds(pub u32);

/// A moment, in seconds since 1970-01-01 00:00 UTC.
///
/// A signer has no clock: every value of this type is somebody's claim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(pub u64);

impl UnixTime {
    /// The moment `length` later; `None` past the end of time as BOLT 12 can write it.
    #[must_use]
    pub const fn after(self, length: Seconds) -> Option<Self> {
        // A u32 always fits a u64, and `From` is not callable in a constant function.
        #[expect(clippy::as_conversions, reason = "u32 to u64 loses nothing")]
        match self.0.checked_add(length.0 as u64) {
            Some(seconds) => Some(Self(seconds)),
            None => None,
        }
    }

    /// Seconds that have passed since `earlier`; zero when it is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Seconds, UnixTime};

    #[test]
    fn a_deadline_past_the_end_of_time_does_not_wrap() {
        assert_eq!(UnixTime(u64::MAX).after(Seconds(1)), None);
        assert_eq!(UnixTime(10).after(Seconds(7)), Some(UnixTime(17)));
    }

    #[test]
    fn a_moment_in_the_future_is_no_time_ago() {
        assert_eq!(UnixTime(5).since(UnixTime(9)), 0);
        assert_eq!(UnixTime(9).since(UnixTime(5)), 4);
    }
}

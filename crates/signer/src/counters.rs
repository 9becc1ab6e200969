use countersign_tlv::{Full, Writer};
use countersign_units::UnixTime;

use crate::capacity::{RESERVED, UNSAVED_SECONDS};
use crate::store::{self, Unreadable};

/// What only ever grows, and what a restart must not refill.
///
/// An invoice is signed only when its number is below the mark that is in flash, and a preimage is
/// released only when the same holds of it. The marks are moved a few hundred ahead at a time, so
/// that neither costs a write. What is left below a mark when power fails counts as used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    invoices: Series,
    releases: Series,
    times: Option<Times>,
    /// What flash holds of the latest time.
    saved_time: Option<UnixTime>,
    unpaid: Level,
    paid: Level,
}

/// Numbers that are given out one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Series {
    next: u64,
    /// Numbers below this one have been paid for with a write.
    reserved: u64,
}

/// The two ends of the device's clock ([`countersign_policy::Clock`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    /// The latest claim that was believed.
    pub(crate) latest: UnixTime,
    /// What the device's own ticks make of the last moment that a button confirmed.
    pub(crate) own: UnixTime,
}

/// What a window of the rules has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Level {
    /// What is in it.
    pub(crate) count: u64,
    /// How much more it may count until flash is written again.
    pub(crate) margin: u64,
    /// What flash holds.
    saved: u64,
}

const INVOICES: u64 = 2;
const LATEST_TIME: u64 = 4;
const OWN_TIME: u64 = 6;
const RELEASES: u64 = 8;
const UNPAID: u64 = 10;
const PAID: u64 = 12;

impl Counters {
    /// The number of the next invoice.
    #[must_use]
    pub const fn next_invoice(&self) -> u64 {
        self.invoices.next
    }

    /// How many preimages have been released; after a loss of power, at most.
    #[must_use]
    pub const fn released(&self) -> u64 {
        self.releases.next
    }

    /// The latest time that the device has believed; `None` until a button has set it once.
    #[must_use]
    pub fn latest_time(&self) -> Option<UnixTime> {
        Some(self.times?.latest)
    }

    /// Whether flash must be written before the next invoice may be signed.
    #[must_use]
    pub fn must_be_stored(&self) -> bool {
        let unsaved = match (self.latest_time(), self.saved_time) {
            (Some(latest), Some(saved)) => latest.since(saved) > UNSAVED_SECONDS,
            (latest, saved) => latest != saved,
        };
        self.invoices.is_used_up() || self.unpaid.is_used_up() || unsaved
    }

    /// Writes the counters as they will be once they are stored.
    ///
    /// # Errors
    /// [`Full`].
    pub fn write(&self, writer: &mut Writer<'_>) -> Result<(), Full> {
        writer.truncated_record(INVOICES, self.invoices.mark())?;
        if let Some(Times { latest, own }) = self.times {
            writer.truncated_record(LATEST_TIME, latest.0)?;
            writer.truncated_record(OWN_TIME, own.0)?;
        }
        writer.truncated_record(RELEASES, self.releases.mark())?;
        writer.truncated_record(UNPAID, self.unpaid.mark())?;
        writer.truncated_record(PAID, self.paid.mark())?;
        writer.record(store::COMPLETE, &[])
    }

    /// Takes note that what [`Counters::write`] wrote is in flash.
    pub fn stored(&mut self) {
        self.invoices.reserved = self.invoices.mark();
        self.releases.reserved = self.releases.mark();
        self.saved_time = self.latest_time();
        self.unpaid.saved = self.unpaid.mark();
        self.paid.saved = self.paid.mark();
    }

    /// The number of an invoice that may be signed now; `None` while flash has to be written first.
    #[must_use]
    pub fn count_invoice(&mut self) -> Option<u64> {
        if self.must_be_stored() {
            return None;
        }
        self.invoices.count()
    }

    /// Counts a release after which the window of money received holds `paid`; `None` while flash
    /// has to be written first.
    #[must_use]
    pub fn count_release(&mut self, paid: u64) -> Option<u64> {
        if self.releases.is_used_up() || paid > self.paid.saved {
            self.paid.count = paid;
            return None;
        }
        self.releases.count()
    }

    /// Reads counters that [`Counters::write`] wrote. Everything reserved counts as used.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut counters = Self::default();
        let (mut latest, mut own) = (None, None);
        for record in store::whole(bytes)?.records() {
            let mut reader = record.reader();
            match record.number {
                INVOICES => counters.invoices = Series::used_up(reader.tu64()?),
                LATEST_TIME => latest = Some(UnixTime(reader.tu64()?)),
                OWN_TIME => own = Some(UnixTime(reader.tu64()?)),
                RELEASES => counters.releases = Series::used_up(reader.tu64()?),
                UNPAID => counters.unpaid = Level::restored(reader.tu64()?),
                PAID => counters.paid = Level::restored(reader.tu64()?),
                store::COMPLETE => {}
                _ if record.is_even() => return Err(Unreadable::Newer),
                _ => {}
            }
        }
        counters.times = latest.zip(own).map(|(latest, own)| Times { latest, own });
        counters.saved_time = latest;
        Ok(counters)
    }

    pub(crate) const fn times(&self) -> Option<Times> {
        self.times
    }

    pub(crate) const fn set_times(&mut self, times: Option<Times>) {
        self.times = times;
    }

    /// What the windows of unpaid invoices and of money received hold.
    pub(crate) const fn levels(&self) -> [u64; 2] {
        [self.unpaid.count, self.paid.count]
    }

    pub(crate) const fn set_levels(&mut self, unpaid: Level, paid: Level) {
        self.unpaid = Level { saved: self.unpaid.saved, ..unpaid };
        self.paid = Level { saved: self.paid.saved, ..paid };
    }

    /// These counters at a `time` that a button has confirmed.
    pub(crate) const fn at(self, time: UnixTime) -> Self {
        Self { times: Some(Times { latest: time, own: time }), ..self }
    }

    /// The later of both in everything. This device's own ticks outrank those of another.
    pub(crate) fn ahead_of(self, other: Self) -> Self {
        let times = match (self.times, other.times) {
            (Some(own), Some(other)) => Some(Times { latest: own.latest.max(other.latest), ..own }),
            (own, other) => own.or(other),
        };
        Self {
            invoices: Series::used_up(self.invoices.next.max(other.invoices.next)),
            releases: Series::used_up(self.releases.next.max(other.releases.next)),
            times,
            saved_time: self.saved_time,
            unpaid: self.unpaid.max(other.unpaid),
            paid: self.paid.max(other.paid),
        }
    }
}

impl Series {
    const fn used_up(next: u64) -> Self {
        Self { next, reserved: next }
    }

    const fn is_used_up(self) -> bool {
        self.next >= self.reserved
    }

    const fn mark(self) -> u64 {
        self.next.saturating_add(RESERVED)
    }

    fn count(&mut self) -> Option<u64> {
        let number = self.next;
        self.next = number.checked_add(1)?;
        Some(number)
    }
}

impl Level {
    pub(crate) const fn new(count: u64, margin: u64) -> Self {
        Self { count, margin, saved: 0 }
    }

    /// Whether one more is more than flash knows of, in a window that is on.
    const fn is_used_up(self) -> bool {
        self.margin > 0 && self.count >= self.saved
    }

    const fn restored(count: u64) -> Self {
        Self { count, margin: 0, saved: count }
    }

    const fn mark(self) -> u64 {
        self.count.saturating_add(self.margin)
    }

    const fn max(self, other: Self) -> Self {
        if other.count > self.count { Self { count: other.count, ..self } } else { self }
    }
}

#[cfg(test)]
mod tests {
    use countersign_tlv::Writer;
    use countersign_units::UnixTime;

    use super::{Counters, Level, Times};
    use crate::capacity::{RESERVED, UNSAVED_SECONDS};

    fn stored(counters: &mut Counters) -> Counters {
        let mut buffer = [0; 64];
        let mut writer = Writer::new(&mut buffer);
        counters.write(&mut writer).unwrap();
        counters.stored();
        Counters::parse(writer.finish()).unwrap()
    }

    fn at(latest: u64, own: u64) -> Times {
        Times { latest: UnixTime(latest), own: UnixTime(own) }
    }

    #[test]
    fn no_invoice_is_counted_before_flash_knows() {
        let mut counters = Counters::default();
        assert_eq!(counters.count_invoice(), None);
        stored(&mut counters);
        for number in 0..RESERVED {
            assert_eq!(counters.count_invoice(), Some(number));
        }
        assert_eq!(counters.count_invoice(), None);
    }

    #[test]
    fn no_number_is_used_twice_over_a_power_cut() {
        let mut counters = Counters::default();
        let mut after_cut = stored(&mut counters);
        let last = counters.count_invoice().unwrap();
        stored(&mut after_cut);
        assert!(after_cut.count_invoice().unwrap() > last);
    }

    #[test]
    fn flash_is_at_most_an_hour_behind_the_time() {
        let mut counters = Counters::default();
        stored(&mut counters);
        counters.set_times(Some(at(1_000_000, 1_000_000)));
        assert!(counters.must_be_stored());
        assert_eq!(stored(&mut counters).times(), Some(at(1_000_000, 1_000_000)));
        counters.set_times(Some(at(1_000_000 + UNSAVED_SECONDS, 1_000_000)));
        assert!(!counters.must_be_stored());
        counters.set_times(Some(at(1_000_001 + UNSAVED_SECONDS, 1_000_000)));
        assert!(counters.must_be_stored());
    }

    #[test]
    fn what_flash_holds_of_a_window_is_never_less_than_what_was_counted() {
        let mut counters = Counters::default();
        counters.set_levels(Level::new(3, 256), Level::new(1_000, 100));
        assert_eq!(stored(&mut counters).levels(), [259, 1_100]);
        assert_eq!(counters.count_release(1_100), Some(0));
        assert_eq!(counters.count_release(1_101), None, "flash has room for 1,100 only");
        assert!(!counters.must_be_stored());
        counters.set_levels(Level::new(259, 256), Level::new(0, 0));
        assert!(counters.must_be_stored(), "flash knows of 259 invoices");
    }

    #[test]
    fn a_backup_brings_back_what_is_later_and_takes_back_nothing() {
        let mut mine = Counters::default();
        stored(&mut mine);
        mine.set_times(Some(at(2_000, 1_500)));
        mine.set_levels(Level::new(7, 0), Level::new(5, 0));
        let mut other = Counters::default();
        for _ in 0..3 {
            other = stored(&mut other);
        }
        other.set_times(Some(at(1_000, 9_000)));
        other.set_levels(Level::new(6, 0), Level::new(8, 0));
        let restored = mine.ahead_of(other);
        assert_eq!(restored.next_invoice(), 3 * RESERVED);
        assert_eq!(restored.times(), Some(at(2_000, 1_500)));
        assert_eq!(restored.levels(), [7, 8]);
        assert_eq!(Counters::default().ahead_of(other).times(), Some(at(1_000, 9_000)));
    }
}

use countersign_tlv::{Full, Writer};
use countersign_units::UnixTime;

use crate::capacity::{RESERVED_INVOICES, UNSAVED_SECONDS};
use crate::store::{self, Unreadable};

/// What only ever grows.
///
/// An invoice is signed only when its number is below the mark that is in flash. The mark is moved
/// a few hundred ahead at a time, so that an invoice does not cost a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// The number of the next invoice.
    pub next_invoice: u64,
    /// Numbers below this one have been paid for with a write.
    reserved: u64,
    /// The latest time that the device has believed; `None` until a button has set it once.
    pub latest_time: Option<UnixTime>,
    /// What flash holds of `latest_time`.
    saved_time: Option<UnixTime>,
}

const RESERVED: u64 = 2;
const LATEST_TIME: u64 = 4;

impl Counters {
    /// Whether flash must be written before the next invoice may be signed.
    #[must_use]
    pub fn must_be_stored(&self) -> bool {
        let unsaved = match (self.latest_time, self.saved_time) {
            (Some(latest), Some(saved)) => latest.since(saved) > UNSAVED_SECONDS,
            (latest, saved) => latest != saved,
        };
        self.next_invoice >= self.reserved || unsaved
    }

    /// Writes the counters as they will be once they are stored.
    ///
    /// # Errors
    /// [`Full`].
    pub fn write(&self, writer: &mut Writer<'_>) -> Result<(), Full> {
        writer.truncated_record(RESERVED, self.mark())?;
        if let Some(time) = self.latest_time {
            writer.truncated_record(LATEST_TIME, time.0)?;
        }
        writer.record(store::COMPLETE, &[])
    }

    /// Takes note that what [`Counters::write`] wrote is in flash.
    pub fn stored(&mut self) {
        self.reserved = self.mark();
        self.saved_time = self.latest_time;
    }

    /// The number of an invoice that may be signed now; `None` while flash has to be written first.
    #[must_use]
    pub fn count_invoice(&mut self) -> Option<u64> {
        if self.must_be_stored() {
            return None;
        }
        let number = self.next_invoice;
        self.next_invoice = number.checked_add(1)?;
        Some(number)
    }

    /// Reads counters that [`Counters::write`] wrote. Everything reserved counts as used.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut counters = Self::default();
        for record in store::whole(bytes)?.records() {
            match record.number {
                RESERVED => counters.reserved = record.reader().tu64()?,
                LATEST_TIME => counters.saved_time = Some(UnixTime(record.reader().tu64()?)),
                store::COMPLETE => {}
                _ if record.is_even() => return Err(Unreadable::Newer),
                _ => {}
            }
        }
        counters.next_invoice = counters.reserved;
        counters.latest_time = counters.saved_time;
        Ok(counters)
    }

    /// These counters at a later `time`.
    pub(crate) const fn at(self, time: UnixTime) -> Self {
        Self { latest_time: Some(time), ..self }
    }

    /// The later of both in everything.
    pub(crate) fn ahead_of(self, other: Self) -> Self {
        let next_invoice = self.next_invoice.max(other.next_invoice);
        let latest_time = self.latest_time.max(other.latest_time);
        Self { next_invoice, reserved: next_invoice, latest_time, saved_time: self.saved_time }
    }

    const fn mark(&self) -> u64 {
        self.next_invoice.saturating_add(RESERVED_INVOICES)
    }
}

#[cfg(test)]
mod tests {
    use countersign_tlv::Writer;
    use countersign_units::UnixTime;

    use super::Counters;
    use crate::capacity::{RESERVED_INVOICES, UNSAVED_SECONDS};

    fn stored(counters: &mut Counters) -> Counters {
        let mut buffer = [0; 64];
        let mut writer = Writer::new(&mut buffer);
        counters.write(&mut writer).unwrap();
        counters.stored();
        Counters::parse(writer.finish()).unwrap()
    }

    #[test]
    fn no_invoice_is_counted_before_flash_knows() {
        let mut counters = Counters::default();
        assert_eq!(counters.count_invoice(), None);
        stored(&mut counters);
        for number in 0..RESERVED_INVOICES {
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
        counters.latest_time = Some(UnixTime(1_000_000));
        assert!(counters.must_be_stored());
        assert_eq!(stored(&mut counters).latest_time, Some(UnixTime(1_000_000)));
        counters.latest_time = Some(UnixTime(1_000_000 + UNSAVED_SECONDS));
        assert!(!counters.must_be_stored());
        counters.latest_time = Some(UnixTime(1_000_001 + UNSAVED_SECONDS));
        assert!(counters.must_be_stored());
    }
}

use countersign_link::{Code, LogRecord};
use countersign_units::UnixTime;
use heapless::Deque;

use crate::capacity::LOG_ENTRIES;

/// What happened lately: numbers and codes, never a message's contents. It is lost with power.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// The last ones, of which the numbers follow from the next one's.
    entries: Deque<Entry, LOG_ENTRIES>,
    next: u32,
}

/// One thing that happened, in 8 bytes.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Seconds since 1970, which are 32 bits until 2106; 0 before the time is known.
    time: u32,
    code: Code,
    subject: u8,
}

const _: () = assert!(size_of::<Entry>() == 8);

/// What an entry is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject {
    Provisioned,
    SettingsChanged,
    OfferCreated,
    InvoiceSigned,
    InvoiceRefused,
    TimeSet,
    PreimageReleased,
    BackedUp,
    Restored,
    KeyHandedOut,
    RefundOffered,
    PayoutAuthorised,
}

impl Subject {
    /// The number of the request that it belongs to, as the link writes it.
    const fn number(self) -> u8 {
        match self {
            Self::Provisioned => 5,
            Self::SettingsChanged => 6,
            Self::OfferCreated => 7,
            Self::InvoiceSigned | Self::InvoiceRefused => 8,
            Self::PreimageReleased => 12,
            Self::BackedUp => 13,
            Self::Restored => 14,
            Self::TimeSet => 16,
            Self::KeyHandedOut => 17,
            Self::RefundOffered | Self::PayoutAuthorised => 18,
        }
    }
}

impl Log {
    /// The number of the next entry.
    pub(crate) const fn next(&self) -> u32 {
        self.next
    }

    pub(crate) fn add(&mut self, time: Option<UnixTime>, subject: Subject, code: Code) {
        if self.entries.is_full() {
            self.entries.pop_front();
        }
        let time = time.map_or(0, |time| u32::try_from(time.0).unwrap_or(u32::MAX));
        self.next = self.next.saturating_add(1);
        // There is room: the oldest entry was taken out.
        let added = self.entries.push_back(Entry { time, code, subject: subject.number() });
        debug_assert!(added.is_ok());
    }

    /// The entries from number `from` on.
    pub(crate) fn since(&self, from: u32) -> impl Iterator<Item = LogRecord> {
        let len = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        let numbers = self.next.saturating_sub(len)..self.next;
        let records = numbers.zip(&self.entries).map(|(index, entry)| LogRecord {
            index,
            time: entry.time.into(),
            code: entry.code,
            subject: entry.subject,
            amount_msat: 0,
        });
        records.filter(move |record| record.index >= from)
    }
}

#[cfg(test)]
mod tests {
    use countersign_link::Code;
    use countersign_units::UnixTime;

    use super::{Log, Subject};
    use crate::capacity::LOG_ENTRIES;

    #[test]
    fn the_last_entries_keep_their_numbers_when_older_ones_have_gone() {
        let mut log = Log::default();
        assert_eq!(log.since(0).count(), 0);
        let count = u32::try_from(LOG_ENTRIES).unwrap();
        for number in 0..count.saturating_add(3) {
            log.add(Some(UnixTime(number.into())), Subject::TimeSet, Code(0));
        }
        assert_eq!(log.next(), count.saturating_add(3));
        for from in [0, 3, 4, count] {
            let kept = log.since(from).map(|record| (record.index, record.time));
            let expected = from.max(3)..count.saturating_add(3);
            assert!(kept.eq(expected.map(|number| (number, number.into()))), "from {from}");
        }
    }

    #[test]
    fn a_time_that_is_unknown_is_0_and_one_beyond_2106_stays_there() {
        let mut log = Log::default();
        log.add(None, Subject::TimeSet, Code(0));
        log.add(Some(UnixTime(u64::MAX)), Subject::TimeSet, Code(0));
        assert!(log.since(0).map(|record| record.time).eq([0, u64::from(u32::MAX)]));
    }
}

use countersign_link::{Code, LogRecord};
use countersign_units::{Msat, UnixTime};
use heapless::Deque;

use crate::capacity::LOG_ENTRIES;

/// What happened lately: numbers and codes, never a message's contents. It is lost with power.
#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: Deque<LogRecord, LOG_ENTRIES>,
    next: u32,
}

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

    pub(crate) fn add(
        &mut self,
        time: Option<UnixTime>,
        subject: Subject,
        code: Code,
        amount: Option<Msat>,
    ) {
        if self.entries.is_full() {
            self.entries.pop_front();
        }
        let record = LogRecord {
            index: self.next,
            time: time.map_or(0, |time| time.0),
            code,
            subject: subject.number(),
            amount_msat: amount.map_or(0, Msat::get),
        };
        self.next = self.next.saturating_add(1);
        // There is room: the oldest entry was taken out.
        let added = self.entries.push_back(record);
        debug_assert!(added.is_ok());
    }

    /// The entries from number `from` on.
    pub(crate) fn since(&self, from: u32) -> impl Iterator<Item = &LogRecord> {
        self.entries.iter().filter(move |entry| entry.index >= from)
    }
}

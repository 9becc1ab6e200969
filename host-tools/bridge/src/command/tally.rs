use core::sync::atomic::{AtomicU64, Ordering};

/// What the device did about the onion messages that it was given.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Invoices.
    pub(crate) invoices: Count,
    /// Messages that are no invoices: an `invoice_error`, or the rest of a path through the device.
    pub(crate) other_answers: Count,
    /// Nothing.
    pub(crate) silences: Count,
    /// It could not be reached, or it refused; the message was dropped.
    pub(crate) failures: Count,
    /// How often it was opened again.
    pub(crate) reopened: Count,
}

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn up(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

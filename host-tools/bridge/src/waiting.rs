use core::time::Duration;
use std::collections::VecDeque;

use tokio::time::Instant;

/// What waits until the merchant has decided, each for so long, or until the device is back: so many
/// at most.
///
/// The device keeps no request whose answer takes a button, since it has room for one; the bridge
/// has room for some.
#[derive(Debug)]
pub(crate) struct Waiting<Item> {
    items: VecDeque<(Since, Item)>,
}

/// Since when something waits for the merchant, if that is whom it waits for.
pub(crate) type Since = Option<Instant>;

impl<Item> Waiting<Item> {
    pub(crate) const fn new() -> Self {
        Self { items: VecDeque::new() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Lets an item wait from `since` on. The newest is dropped when there are too many: whoever
    /// waits longest has the most to lose. What was dropped is returned.
    pub(crate) fn push(&mut self, since: Since, item: Item) -> Option<Item> {
        if self.items.len() < MOST {
            self.items.push_back((since, item));
            return None;
        }
        tracing::warn!("a request was dropped: {MOST} others wait already");
        Some(item)
    }

    /// Takes everything, in the order in which it came: what has not waited too long by `now`, and
    /// what has.
    pub(crate) fn take(&mut self, now: Instant) -> [VecDeque<(Since, Item)>; 2] {
        let items = core::mem::take(&mut self.items);
        let is_due = |(since, _): &(Since, Item)| {
            since.is_none_or(|since| now.duration_since(since) < LONGEST)
        };
        let (due, late) = items.into_iter().partition(is_due);
        [due, late]
    }
}

/// Of 33 KB each, at most.
const MOST: usize = 16;

/// By then the payer has given up.
const LONGEST: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_wait_and_no_more() {
        let (mut waiting, now) = (Waiting::new(), Instant::now());
        for number in 0..MOST {
            assert_eq!(waiting.push(Some(now), number), None);
        }
        assert_eq!(waiting.push(Some(now), MOST), Some(MOST));
        let [due, late] = waiting.take(now);
        assert!(due.into_iter().map(|(_, number)| number).eq(0..MOST));
        assert!(late.is_empty());
        assert!(waiting.is_empty());
    }

    #[test]
    fn nobody_waits_for_the_merchant_for_ever_and_for_the_device_everybody_does() {
        let (mut waiting, start) = (Waiting::new(), Instant::now());
        let next = start + Duration::from_secs(1);
        for (since, number) in [(Some(start), 1), (Some(next), 2), (None, 3)] {
            waiting.push(since, number);
        }
        let [due, late] = waiting.take(start + LONGEST);
        assert_eq!(due, [(Some(next), 2), (None, 3)]);
        assert_eq!(late, [(Some(start), 1)]);
    }
}

use core::time::Duration;
use std::collections::VecDeque;

use tokio::time::Instant;

/// What waits until the merchant has decided: so many at most, and each for so long.
///
/// The device keeps no request whose answer takes a button, since it has room for one; the bridge
/// has room for some.
#[derive(Debug)]
pub(crate) struct Waiting<Item> {
    items: VecDeque<(Instant, Item)>,
}

impl<Item> Waiting<Item> {
    pub(crate) const fn new() -> Self {
        Self { items: VecDeque::new() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Lets an item wait from `since` on. The newest is dropped when there are too many: whoever
    /// waits longest has the most to lose.
    pub(crate) fn push(&mut self, since: Instant, item: Item) {
        if self.items.len() < MOST {
            self.items.push_back((since, item));
        } else {
            tracing::warn!("a request was dropped: {MOST} others wait for the merchant already");
        }
    }

    /// Takes everything that has not waited too long by `now`, in the order in which it came.
    pub(crate) fn take(&mut self, now: Instant) -> VecDeque<(Instant, Item)> {
        let mut items = core::mem::take(&mut self.items);
        items.retain(|(since, _)| now.duration_since(*since) < LONGEST);
        items
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
        for number in 0..=MOST {
            waiting.push(now, number);
        }
        let taken = waiting.take(now).into_iter().map(|(_, number)| number);
        assert!(taken.eq(0..MOST));
        assert!(waiting.is_empty());
    }

    #[test]
    fn nobody_waits_for_ever() {
        let (mut waiting, start) = (Waiting::new(), Instant::now());
        waiting.push(start, 1);
        waiting.push(start + Duration::from_secs(1), 2);
        let taken: Vec<_> = waiting.take(start + LONGEST).into_iter().collect();
        assert_eq!(taken, [(start + Duration::from_secs(1), 2)]);
    }
}

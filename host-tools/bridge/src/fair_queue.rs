use core::hash::Hash;
use std::collections::{HashMap, VecDeque};

/// Items with sizes from several sources, taken from each source in turn.
///
/// A source that sends much waits behind itself only. When a source is over its limit its newest
/// item is refused; when the whole is full, the source that takes most room loses its newest item.
#[derive(Debug)]
pub(crate) struct FairQueue<Source, Item> {
    limits: QueueLimits,
    bytes: usize,
    sources: HashMap<Source, Line<Item>>,
    /// The sources that have items, in the order in which they are served.
    turns: VecDeque<Source>,
}

/// How much room the queue for the device gives, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueLimits {
    /// To each source.
    pub per_peer: usize,
    /// To all sources together.
    pub total: usize,
}

#[derive(Debug)]
struct Line<Item> {
    bytes: usize,
    items: VecDeque<(usize, Item)>,
}

/// An item was refused or pushed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dropped;

impl<Source: Copy + Eq + Hash, Item> FairQueue<Source, Item> {
    pub(crate) fn new(limits: QueueLimits) -> Self {
        Self { limits, bytes: 0, sources: HashMap::new(), turns: VecDeque::new() }
    }

    /// Adds an item behind the others of its source.
    ///
    /// # Errors
    /// One item was dropped: this one, or the newest of the source with most bytes.
    pub(crate) fn push(&mut self, source: Source, bytes: usize, item: Item) -> Result<(), Dropped> {
        let of_source = self.bytes_of(source).saturating_add(bytes);
        if of_source > self.limits.per_peer {
            return Err(Dropped);
        }
        let mut outcome = Ok(());
        while self.bytes.saturating_add(bytes) > self.limits.total {
            match self.largest_source() {
                Some(largest) if self.bytes_of(largest) > of_source => self.drop_newest(largest),
                _ => return Err(Dropped),
            }
            outcome = Err(Dropped);
        }
        let turns = &mut self.turns;
        let line = self.sources.entry(source).or_insert_with(|| {
            turns.push_back(source);
            Line { bytes: 0, items: VecDeque::new() }
        });
        line.bytes = line.bytes.saturating_add(bytes);
        line.items.push_back((bytes, item));
        self.bytes = self.bytes.saturating_add(bytes);
        outcome
    }

    /// Takes the oldest item of the source whose turn it is.
    pub(crate) fn pop(&mut self) -> Option<(Source, Item)> {
        let source = self.turns.pop_front()?;
        let line = self.sources.get_mut(&source)?;
        let (bytes, item) = line.items.pop_front()?;
        line.bytes = line.bytes.saturating_sub(bytes);
        self.bytes = self.bytes.saturating_sub(bytes);
        if line.items.is_empty() {
            self.sources.remove(&source);
        } else {
            self.turns.push_back(source);
        }
        Some((source, item))
    }

    /// How many sources anything is kept of.
    #[cfg(test)]
    pub(crate) fn sources(&self) -> usize {
        self.sources.len().max(self.turns.len())
    }

    fn bytes_of(&self, source: Source) -> usize {
        self.sources.get(&source).map_or(0, |line| line.bytes)
    }

    fn largest_source(&self) -> Option<Source> {
        self.sources.iter().max_by_key(|(_, line)| line.bytes).map(|(source, _)| *source)
    }

    fn drop_newest(&mut self, source: Source) {
        let Some(line) = self.sources.get_mut(&source) else { return };
        if let Some((bytes, _)) = line.items.pop_back() {
            line.bytes = line.bytes.saturating_sub(bytes);
            self.bytes = self.bytes.saturating_sub(bytes);
        }
        if line.items.is_empty() {
            self.sources.remove(&source);
            self.turns.retain(|other| *other != source);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(per_peer: usize, total: usize) -> FairQueue<char, u32> {
        FairQueue::new(QueueLimits { per_peer, total })
    }

    fn drain(queue: &mut FairQueue<char, u32>) -> Vec<(char, u32)> {
        core::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn sources_are_served_in_turn() {
        let mut queue = queue(100, 100);
        for (source, item) in [('a', 1), ('a', 2), ('a', 3), ('b', 4), ('c', 5), ('c', 6)] {
            queue.push(source, 1, item).unwrap();
        }
        let order = [('a', 1), ('b', 4), ('c', 5), ('a', 2), ('c', 6), ('a', 3)];
        assert_eq!(drain(&mut queue), order);
        assert_eq!(queue.bytes, 0);
    }

    #[test]
    fn a_source_over_its_limit_loses_its_newest() {
        let mut queue = queue(10, 100);
        assert_eq!(queue.push('a', 6, 1), Ok(()));
        assert_eq!(queue.push('a', 5, 2), Err(Dropped));
        assert_eq!(queue.push('a', 4, 3), Ok(()));
        assert_eq!(queue.push('b', 10, 4), Ok(()));
        assert_eq!(drain(&mut queue), [('a', 1), ('b', 4), ('a', 3)]);
    }

    #[test]
    fn a_full_queue_takes_from_the_source_with_most() {
        let mut queue = queue(10, 12);
        for item in 0..5 {
            queue.push('a', 2, item).unwrap();
        }
        assert_eq!(queue.push('b', 2, 10), Ok(()));
        assert_eq!(queue.push('b', 2, 11), Err(Dropped), "a's newest made room");
        assert_eq!(queue.push('c', 2, 20), Err(Dropped), "and again");
        assert_eq!(queue.push('a', 2, 30), Err(Dropped), "a itself gets no room");
        let order = [('a', 0), ('b', 10), ('c', 20), ('a', 1), ('b', 11), ('a', 2)];
        assert_eq!(drain(&mut queue), order);
    }

    #[test]
    fn nobody_makes_room_for_more_than_there_is() {
        let mut queue = queue(20, 10);
        assert_eq!(queue.push('a', 11, 1), Err(Dropped));
        assert_eq!(drain(&mut queue), []);
    }
}

use countersign_crypto::wipe;
use countersign_signer::capacity::ITEM_LEN;
use countersign_signer::{Slot, Stored, Unreadable};
use sequential_storage::map::{SerializationError, Value};

use super::seed_key::SeedKey;

/// The number of each item: the first that is written has 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    seed: u32,
    settings: u32,
    counters: u32,
    payouts: u32,
}

impl Numbers {
    const fn get(self, slot: Slot) -> u32 {
        match slot {
            Slot::Seed => self.seed,
            Slot::Settings => self.settings,
            Slot::Counters => self.counters,
            Slot::Payouts => self.payouts,
        }
    }

    pub(super) const fn set(&mut self, slot: Slot, number: u32) {
        match slot {
            Slot::Seed => self.seed = number,
            Slot::Settings => self.settings = number,
            Slot::Counters => self.counters = number,
            Slot::Payouts => self.payouts = number,
        }
    }

    /// The number of the next item in `slot`.
    pub(super) const fn next(self, slot: Slot) -> Option<u32> {
        self.get(slot).checked_add(1)
    }

    /// Whether the latest item in `slot` may have `number`, when this is the ledger: it was written
    /// before the ledger, which power may have prevented.
    pub(super) fn allows(self, slot: Slot, number: u32) -> bool {
        number == self.get(slot) || Some(number) == self.next(slot)
    }

    pub(super) fn bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        let numbers = [self.seed, self.settings, self.counters, self.payouts];
        let numbers = numbers.map(u32::to_le_bytes);
        bytes.iter_mut().zip(numbers.as_flattened()).for_each(|(place, &byte)| *place = byte);
        bytes
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        let (seed, rest) = number(bytes)?;
        let (settings, rest) = number(rest)?;
        let (counters, rest) = number(rest)?;
        let (payouts, rest) = number(rest)?;
        let numbers = Self { seed, settings, counters, payouts };
        if rest.is_empty() { Ok(numbers) } else { Err(Unreadable::Newer) }
    }
}

/// What is stored under an item's key: its number, then the item.
pub(super) struct Record<'a> {
    pub(super) number: u32,
    pub(super) item: &'a [u8],
    /// For the seed, how it lies in flash.
    pub(super) seed_key: Option<&'a SeedKey>,
}

impl Record<'_> {
    fn write(&self, buffer: &mut [u8]) -> Option<usize> {
        let (number, rest) = buffer.split_first_chunk_mut::<4>()?;
        *number = self.number.to_le_bytes();
        let length = if let Some(seed_key) = self.seed_key {
            seed_key.write(self.item, rest)?
        } else {
            fill(rest.get_mut(..self.item.len())?, self.item);
            self.item.len()
        };
        length.checked_add(number.len())
    }
}

impl<'a> Value<'a> for Record<'a> {
    fn serialize_into(&self, buffer: &mut [u8]) -> Result<usize, SerializationError> {
        self.write(buffer).ok_or(SerializationError::BufferTooSmall)
    }

    fn deserialize_from(_: &'a [u8]) -> Result<(Self, usize), SerializationError> {
        // Records are read as bytes: what they are made of is not known before.
        Err(SerializationError::InvalidFormat)
    }
}

/// The number and the item of a [`Record`].
pub(super) fn parse(record: &[u8]) -> Result<(u32, &[u8]), Unreadable> {
    number(record)
}

fn number(bytes: &[u8]) -> Result<(u32, &[u8]), Unreadable> {
    let (number, rest) = bytes.split_first_chunk().ok_or(Unreadable::Lost)?;
    Ok((u32::from_le_bytes(*number), rest))
}

/// The items as they are at boot.
pub(super) struct Items {
    seed: [u8; SEED_LEN],
    settings: [u8; ITEM_LEN],
    counters: [u8; COUNTERS_LEN],
    payouts: [u8; PAYOUTS_LEN],
    lengths: [Option<usize>; 4],
}

/// Bytes of the seed's item, of the counters' and of the refunds' at most.
const SEED_LEN: usize = 256;
const COUNTERS_LEN: usize = 256;
const PAYOUTS_LEN: usize = 512;

impl Items {
    pub(super) const fn new() -> Self {
        Self {
            seed: [0; SEED_LEN],
            settings: [0; ITEM_LEN],
            counters: [0; COUNTERS_LEN],
            payouts: [0; PAYOUTS_LEN],
            lengths: [None; 4],
        }
    }

    /// Takes an item as it lies in flash.
    pub(super) fn take(
        &mut self,
        slot: Slot,
        item: &[u8],
        seed_key: &SeedKey,
    ) -> Result<(), Unreadable> {
        let [seed, settings, counters, payouts] = &mut self.lengths;
        let (place, length): (&mut [u8], _) = match slot {
            Slot::Seed => {
                *seed = Some(seed_key.read(item, &mut self.seed)?);
                return Ok(());
            }
            Slot::Settings => (&mut self.settings, settings),
            Slot::Counters => (&mut self.counters, counters),
            Slot::Payouts => (&mut self.payouts, payouts),
        };
        fill(place.get_mut(..item.len()).ok_or(Unreadable::TooLong)?, item);
        *length = Some(item.len());
        Ok(())
    }

    pub(super) const fn has_seed(&self) -> bool {
        matches!(self.lengths, [Some(_), ..])
    }

    pub(super) const fn forget(&mut self) {
        self.lengths = [None; 4];
    }

    pub(super) fn stored(&self) -> Stored<'_> {
        let Self { seed, settings, counters, payouts, lengths } = self;
        let [first, second, third, fourth] = lengths;
        Stored {
            seed: first.and_then(|length| seed.get(..length)),
            settings: second.and_then(|length| settings.get(..length)),
            counters: third.and_then(|length| counters.get(..length)),
            payouts: fourth.and_then(|length| payouts.get(..length)),
        }
    }
}

impl Drop for Items {
    fn drop(&mut self) {
        // The others are not secret.
        wipe(&mut self.seed);
    }
}

/// Copies `bytes` to the beginning of `place`.
pub(super) fn fill(place: &mut [u8], bytes: &[u8]) {
    place.iter_mut().zip(bytes).for_each(|(place, &byte)| *place = byte);
}

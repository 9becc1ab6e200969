use countersign_crypto::wipe;
use countersign_signer::capacity::ITEM_LEN;
use countersign_signer::{Slot, Stored};
use embassy_futures::block_on;
use embedded_storage_async::nor_flash::NorFlash;
use sequential_storage::cache::{Cache, Uncached};
use sequential_storage::map::{MapConfig, MapStorage};

/// The device's items in flash: each is the old one or the new one, whatever happens to the power.
///
/// Every board's flash stalls the processor while it is written, so nothing is gained by waiting in
/// turns, and the buffers stay on the stack only as long as they are needed.
pub(crate) struct Storage<F: NorFlash>(MapStorage<u8, F, Cache<Uncached, Uncached, Uncached, u8>>);

/// Flash could not be written, or could not be read as what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StorageFault;

/// An item with its key, and what rounds it up to a word of any flash.
const BUFFER_LEN: usize = ITEM_LEN + 64;

/// Bytes of the seed's item at most.
const SEED_LEN: usize = 256;

/// The items as they are at boot.
pub(crate) struct Items {
    seed: [u8; SEED_LEN],
    settings: [u8; BUFFER_LEN],
    counters: [u8; BUFFER_LEN],
    lengths: [Option<usize>; 3],
}

impl<F: NorFlash> Storage<F> {
    /// The items in all of `flash`.
    ///
    /// # Errors
    ///
    /// [`StorageFault`] when the flash has less than two pages, or too many.
    pub(crate) fn new(flash: F) -> Result<Self, StorageFault> {
        let end = u32::try_from(flash.capacity()).or(Err(StorageFault))?;
        let config = MapConfig::try_new(0..end).or(Err(StorageFault))?;
        Ok(Self(MapStorage::new(flash, config, Cache::new_uncached())))
    }

    /// Boots something from what there is.
    ///
    /// Flash that cannot be read is a damaged seed: the device comes up and waits to be wiped.
    #[inline(never)]
    pub(crate) fn with<T>(&mut self, boot: impl FnOnce(Stored<'_>) -> T) -> T {
        let mut items = Items::new();
        match self.load(&mut items) {
            Ok(()) => boot(items.stored()),
            Err(StorageFault) => boot(Stored { seed: Some(&[]), ..Stored::default() }),
        }
    }

    /// Replaces one item.
    ///
    /// # Errors
    ///
    /// [`StorageFault`]; the item is as it was.
    #[inline(never)]
    pub(crate) fn store(&mut self, slot: Slot, item: &[u8]) -> Result<(), StorageFault> {
        let mut buffer = [0; BUFFER_LEN];
        let outcome = block_on(self.0.store_item(&mut buffer, &key(slot), &item));
        wipe(&mut buffer);
        outcome.or(Err(StorageFault))
    }

    /// Forgets every item: every page is erased, also those with items that were replaced.
    ///
    /// # Errors
    ///
    /// [`StorageFault`]; some items may be gone.
    #[inline(never)]
    pub(crate) fn erase(&mut self) -> Result<(), StorageFault> {
        block_on(self.0.erase_all()).or(Err(StorageFault))
    }

    #[inline(never)]
    fn load(&mut self, items: &mut Items) -> Result<(), StorageFault> {
        let Items { seed, settings, counters, lengths } = items;
        let places: [(Slot, &mut [u8]); 3] =
            [(Slot::Seed, seed), (Slot::Settings, settings), (Slot::Counters, counters)];
        for ((slot, place), length) in places.into_iter().zip(lengths) {
            let mut buffer = [0; BUFFER_LEN];
            let fetched = block_on(self.0.fetch_item::<&[u8]>(&mut buffer, &key(slot)));
            let item = fetched.or(Err(StorageFault))?;
            *length = item.map(<[u8]>::len);
            place.iter_mut().zip(item.unwrap_or(&[])).for_each(|(byte, &value)| *byte = value);
            wipe(&mut buffer);
        }
        Ok(())
    }
}

impl Items {
    const fn new() -> Self {
        Self {
            seed: [0; SEED_LEN],
            settings: [0; BUFFER_LEN],
            counters: [0; BUFFER_LEN],
            lengths: [None; 3],
        }
    }

    fn stored(&self) -> Stored<'_> {
        let Self { seed, settings, counters, lengths: [first, second, third] } = self;
        Stored {
            seed: first.and_then(|length| seed.get(..length)),
            settings: second.and_then(|length| settings.get(..length)),
            counters: third.and_then(|length| counters.get(..length)),
        }
    }
}

impl Drop for Items {
    fn drop(&mut self) {
        // The others are not secret.
        wipe(&mut self.seed);
    }
}

/// The items' keys. They are in the flash of every board: a key never changes its meaning.
const fn key(slot: Slot) -> u8 {
    match slot {
        Slot::Seed => 1,
        Slot::Settings => 3,
        Slot::Counters => 5,
    }
}

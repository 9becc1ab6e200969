//! The device's items in flash: each is the old one or the new one, whatever happens to the power,
//! and an earlier one is never taken for the latest.
//!
//! The first page is the [`header`], the others are `sequential-storage`'s. That gives an item that
//! cannot be read up for the one before it, which is right for one that was being written when power
//! failed and wrong for one that was damaged later. So each item has a number, and a ledger, written
//! after every item, has the number of the latest: an item may be ahead of the ledger by one, and
//! never behind it.

mod header;
mod items;
mod seed_key;

use countersign_crypto::{Secret, wipe};
use countersign_link::SeedAtRest;
use countersign_signer::capacity::ITEM_LEN;
use countersign_signer::{Slot, Stored, Unreadable};
use embassy_futures::block_on;
use embedded_storage_async::nor_flash::NorFlash;
use sequential_storage::cache::{Cache, Uncached};
use sequential_storage::map::{MapConfig, MapStorage};

use header::{Header, Mark};
use items::{Items, Numbers, Record};
use seed_key::SeedKey;

/// The device's items in flash.
///
/// Every board's flash stalls the processor while it is written, so nothing is gained by waiting in
/// turns, and the buffers stay on the stack only as long as they are needed.
pub(crate) struct Storage<F: NorFlash> {
    map: Map<F>,
    board: &'static str,
    seed_key: SeedKey,
    has_header: bool,
    /// The numbers of the items in flash, and what the ledger has of them.
    numbers: Numbers,
    ledger: Numbers,
}

type Map<F> = MapStorage<u8, F, Cache<Uncached, Uncached, Uncached, u8>>;

/// Flash could not be written, or could not be read as what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StorageFault;

/// An item with its key, its number, and what rounds it up to a word of any flash.
const BUFFER_LEN: usize = ITEM_LEN + 64;

/// The ledger's key, as [`key`] has the items'.
const LEDGER: u8 = 7;

impl<F: NorFlash> Storage<F> {
    /// The items of `board` in all of `flash`; the seed sealed under `secret`, if the board has one.
    ///
    /// # Errors
    ///
    /// [`StorageFault`] when the flash has less than three pages, or too many.
    pub(crate) fn new(
        flash: F,
        board: &'static str,
        secret: Option<&Secret<32>>,
    ) -> Result<Self, StorageFault> {
        let end = u32::try_from(flash.capacity()).or(Err(StorageFault))?;
        let start = header::page::<F>()?;
        let range = if start < end { start..end } else { return Err(StorageFault) };
        let config = MapConfig::try_new(range).or(Err(StorageFault))?;
        Ok(Self {
            map: MapStorage::new(flash, config, Cache::new_uncached()),
            board,
            seed_key: SeedKey::new(board, secret),
            has_header: false,
            numbers: Numbers::default(),
            ledger: Numbers::default(),
        })
    }

    /// How the seed lies in flash.
    pub(crate) const fn seed_at_rest(&self) -> SeedAtRest {
        self.seed_key.at_rest()
    }

    /// Boots something from what there is, or from why that cannot be used.
    #[inline(never)]
    pub(crate) fn with<T>(&mut self, boot: impl FnOnce(Result<Stored<'_>, Unreadable>) -> T) -> T {
        let mut items = Items::new();
        let loaded = self.load(&mut items);
        boot(loaded.map(|()| items.stored()))
    }

    /// Replaces one item.
    ///
    /// # Errors
    ///
    /// [`StorageFault`]; the item is as it was.
    #[inline(never)]
    pub(crate) fn store(&mut self, slot: Slot, item: &[u8]) -> Result<(), StorageFault> {
        if !self.has_header {
            header::write(self.map.flash(), self.board)?;
            self.has_header = true;
        }
        let mut buffer = [0; BUFFER_LEN];
        let outcome = self.write(slot, item, &mut buffer);
        wipe(&mut buffer);
        outcome
    }

    fn write(
        &mut self,
        slot: Slot,
        item: &[u8],
        buffer: &mut [u8; BUFFER_LEN],
    ) -> Result<(), StorageFault> {
        if self.ledger != self.numbers {
            self.write_ledger(buffer)?;
        }
        let number = self.numbers.next(slot).ok_or(StorageFault)?;
        let seed_key = (slot == Slot::Seed).then_some(&self.seed_key);
        let record = Record { number, item, seed_key };
        block_on(self.map.store_item(buffer, &key(slot), &record)).or(Err(StorageFault))?;
        self.numbers.set(slot, number);
        // The item is in flash. A ledger that is one behind is written before the next item.
        let _later = self.write_ledger(buffer);
        if slot == Slot::Seed {
            // The next boot does it otherwise.
            let _later = Mark::Seeded.set(self.map.flash());
        }
        Ok(())
    }

    /// Forgets every item: every page is erased, also those with items that were replaced.
    ///
    /// # Errors
    ///
    /// [`StorageFault`]; the next boot goes on with it, if it has begun.
    #[inline(never)]
    pub(crate) fn erase(&mut self) -> Result<(), StorageFault> {
        header::begin_wipe(self.map.flash())?;
        block_on(self.map.erase_all()).or(Err(StorageFault))?;
        header::erase(self.map.flash())?;
        self.has_header = false;
        self.numbers = Numbers::default();
        self.ledger = Numbers::default();
        Ok(())
    }

    #[inline(never)]
    fn load(&mut self, items: &mut Items) -> Result<(), Unreadable> {
        match header::read(self.map.flash(), self.board).or(Err(Unreadable::Lost))? {
            Header::Ours => {}
            Header::Wiping => return self.erase().or(Err(Unreadable::Lost)),
            // What follows is written later and erased earlier than the header.
            Header::None if self.is_erased().or(Err(Unreadable::Lost))? => return Ok(()),
            Header::None => return Err(Unreadable::Lost),
            Header::Foreign => return Err(Unreadable::Foreign),
            Header::Newer => return Err(Unreadable::Newer),
        }
        self.has_header = true;
        let mut buffer = [0; BUFFER_LEN];
        let loaded = self.load_all(items, &mut buffer);
        wipe(&mut buffer);
        loaded?;
        let is_seeded = Mark::Seeded.is_set(self.map.flash()).or(Err(Unreadable::Lost))?;
        match (items.has_seed(), is_seeded) {
            (true, true) => Ok(()),
            (true, false) => {
                // Power failed between the two; or the mark is damaged, and not needed.
                let _ignored = Mark::Seeded.set(self.map.flash());
                Ok(())
            }
            (false, true) => Err(Unreadable::Lost),
            (false, false) => {
                // Power failed during provisioning. Nothing of it stays, half a seed neither.
                items.forget();
                self.erase().or(Err(Unreadable::Lost))
            }
        }
    }

    fn load_all(
        &mut self,
        items: &mut Items,
        buffer: &mut [u8; BUFFER_LEN],
    ) -> Result<(), Unreadable> {
        if let Some(ledger) = self.fetch(LEDGER, buffer)? {
            self.ledger = Numbers::parse(ledger)?;
        }
        for slot in [Slot::Seed, Slot::Settings, Slot::Counters, Slot::Payouts] {
            let number = match self.fetch(key(slot), buffer)? {
                Some(record) => {
                    let (number, item) = items::parse(record)?;
                    items.take(slot, item, &self.seed_key)?;
                    number
                }
                None => 0,
            };
            if !self.ledger.allows(slot, number) {
                return Err(Unreadable::Lost);
            }
            self.numbers.set(slot, number);
        }
        Ok(())
    }

    fn fetch<'b>(
        &mut self,
        key: u8,
        buffer: &'b mut [u8; BUFFER_LEN],
    ) -> Result<Option<&'b [u8]>, Unreadable> {
        block_on(self.map.fetch_item(buffer, &key)).or(Err(Unreadable::Lost))
    }

    /// Writes the items' numbers. The buffer is for any item: it may have to move to another page.
    fn write_ledger(&mut self, buffer: &mut [u8; BUFFER_LEN]) -> Result<(), StorageFault> {
        let ledger = self.numbers.bytes();
        block_on(self.map.store_item(buffer, &LEDGER, &ledger)).or(Err(StorageFault))?;
        self.ledger = self.numbers;
        Ok(())
    }

    /// Whether there is nothing behind the header's page.
    fn is_erased(&mut self) -> Result<bool, StorageFault> {
        let mut bytes = [0; WINDOW];
        let step = u32::try_from(WINDOW).or(Err(StorageFault))?;
        let mut rest = self.map.flash_range();
        // Pages are a multiple of the window, in every flash there is.
        while let Some(at) = rest.next() {
            block_on(self.map.flash().read(at, &mut bytes)).or(Err(StorageFault))?;
            if bytes.iter().any(|&byte| byte != header::ERASED) {
                return Ok(false);
            }
            rest.start = at.saturating_add(step);
        }
        Ok(true)
    }
}

/// Bytes that are looked at together.
const WINDOW: usize = 64;

/// The items' keys. They are in the flash of every board: a key never changes its meaning.
const fn key(slot: Slot) -> u8 {
    match slot {
        Slot::Seed => 1,
        Slot::Settings => 3,
        Slot::Counters => 5,
        Slot::Payouts => 9,
    }
}

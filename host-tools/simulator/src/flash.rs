use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use countersign_signer::{Slot, Stored};
use countersign_tlv::{TlvStream, Writer};
use rustix::fs::{FlockOperation, flock};

/// What survives a power cut: one item for each slot, each replaced whole or not at all.
#[derive(Debug)]
pub struct Flash {
    items: Arc<Mutex<Items>>,
    file: Option<Image>,
}

/// The items, by slot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Items {
    seed: Option<Vec<u8>>,
    settings: Option<Vec<u8>>,
    counters: Option<Vec<u8>>,
    payouts: Option<Vec<u8>>,
}

/// A file that no other simulator uses meanwhile.
#[derive(Debug)]
struct Image {
    path: PathBuf,
    /// Holds the lock as long as it is open.
    _lock: File,
}

/// Why a flash image could not be used.
#[derive(Debug, thiserror::Error)]
pub enum FlashError {
    /// Another process has it.
    #[error("another program is using the simulated device {0}: wait for it, or end it")]
    InUse(PathBuf),
    /// It cannot be read or written.
    #[error("cannot use {0} as the simulated device's flash")]
    Unusable(PathBuf, #[source] io::Error),
}

/// The records of an image.
const SEED: u64 = 1;
const SETTINGS: u64 = 3;
const COUNTERS: u64 = 5;
const PAYOUTS: u64 = 7;

/// Bytes of an image's records beside the items.
const OVERHEAD: usize = 4 * 16;

impl Flash {
    /// Flash that is empty, and forgotten with its last clone.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { items: Arc::default(), file: None }
    }

    /// Flash in a file, which need not exist yet.
    ///
    /// An image that cannot be read is a damaged seed: the device comes up and waits to be wiped.
    ///
    /// # Errors
    ///
    /// When another simulator has the file, or the file cannot be used at all.
    pub fn in_file(path: &Path) -> Result<Self, FlashError> {
        let unusable = |error| FlashError::Unusable(path.to_owned(), error);
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).map_err(unusable)?;
        }
        let lock = private().truncate(false).open(beside(path, "lock")).map_err(unusable)?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive)
            .or(Err(FlashError::InUse(path.to_owned())))?;
        let items = match fs::read(path) {
            Ok(image) => Items::parse(&image),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Items::default(),
            Err(error) => return Err(unusable(error)),
        };
        let file = Some(Image { path: path.to_owned(), _lock: lock });
        Ok(Self { items: Arc::new(Mutex::new(items)), file })
    }

    /// Boots something from what there is.
    pub(crate) fn with<T>(&self, boot: impl FnOnce(Stored<'_>) -> T) -> T {
        let items = self.items();
        boot(Stored {
            seed: items.seed.as_deref(),
            settings: items.settings.as_deref(),
            counters: items.counters.as_deref(),
            payouts: items.payouts.as_deref(),
        })
    }

    /// Replaces one item.
    ///
    /// # Errors
    ///
    /// When the file cannot be written; everything is as it was.
    pub(crate) fn store(&self, slot: Slot, item: &[u8]) -> io::Result<()> {
        let mut items = self.items().clone();
        let place = match slot {
            Slot::Seed => &mut items.seed,
            Slot::Settings => &mut items.settings,
            Slot::Counters => &mut items.counters,
            Slot::Payouts => &mut items.payouts,
        };
        *place = Some(item.to_owned());
        self.replace(items)
    }

    /// Forgets every item.
    ///
    /// # Errors
    ///
    /// As [`Flash::store`].
    pub(crate) fn erase(&self) -> io::Result<()> {
        self.replace(Items::default())
    }

    fn replace(&self, items: Items) -> io::Result<()> {
        if let Some(image) = &self.file {
            image.write(&items.image()?)?;
        }
        *self.items() = items;
        Ok(())
    }

    fn items(&self) -> MutexGuard<'_, Items> {
        // Items are replaced whole, so those of a thread that died are as good as any.
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Items {
    fn parse(image: &[u8]) -> Self {
        let Ok(stream) = TlvStream::parse(image) else {
            return Self { seed: Some(image.to_owned()), ..Self::default() };
        };
        let item = |number| stream.find(number).map(|record| record.value.to_owned());
        Self {
            seed: item(SEED),
            settings: item(SETTINGS),
            counters: item(COUNTERS),
            payouts: item(PAYOUTS),
        }
    }

    fn image(&self) -> io::Result<Vec<u8>> {
        let Self { seed, settings, counters, payouts } = self;
        let items = [(SEED, seed), (SETTINGS, settings), (COUNTERS, counters), (PAYOUTS, payouts)];
        let lengths = items.iter().filter_map(|(_, item)| item.as_ref().map(Vec::len));
        let mut image = vec![0; lengths.fold(OVERHEAD, usize::saturating_add)];
        let mut writer = Writer::new(&mut image);
        for (number, item) in items {
            if let Some(item) = item {
                writer.record(number, item).map_err(io::Error::other)?;
            }
        }
        Ok(writer.written().to_owned())
    }
}

impl Image {
    /// Writes a new file and puts it in the old one's place, so that there is always a whole one.
    fn write(&self, image: &[u8]) -> io::Result<()> {
        let next = beside(&self.path, "next");
        let mut file = private().truncate(true).open(&next)?;
        file.write_all(image)?;
        file.sync_all()?;
        fs::rename(&next, &self.path)?;
        match self.path.parent() {
            Some(directory) if directory != Path::new("") => File::open(directory)?.sync_all(),
            Some(_) | None => Ok(()),
        }
    }
}

/// A file that only its owner reads: it holds a seed.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).mode(0o600);
    options
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

#[cfg(test)]
mod tests {
    use countersign_signer::Slot;

    use super::{Flash, FlashError, Items};

    #[test]
    fn an_item_is_there_after_the_next_start() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("device.flash");
        let flash = Flash::in_file(&path).unwrap();
        flash.store(Slot::Counters, &[7; 300]).unwrap();
        flash.store(Slot::Seed, &[1]).unwrap();
        flash.store(Slot::Counters, &[8]).unwrap();
        drop(flash);
        let flash = Flash::in_file(&path).unwrap();
        let expected = Items { seed: Some(vec![1]), counters: Some(vec![8]), ..Items::default() };
        assert_eq!(*flash.items(), expected);
        flash.erase().unwrap();
        drop(flash);
        assert_eq!(*Flash::in_file(&path).unwrap().items(), Items::default());
    }

    #[test]
    fn an_image_belongs_to_one_simulator_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("device.flash");
        let _flash = Flash::in_file(&path).unwrap();
        assert!(matches!(Flash::in_file(&path), Err(FlashError::InUse(_))));
    }

    #[test]
    fn a_damaged_image_is_a_damaged_seed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("device.flash");
        std::fs::write(&path, [5, 1, 0, 1]).unwrap();
        let flash = Flash::in_file(&path).unwrap();
        assert_eq!(flash.items().seed.as_deref(), Some(&[5, 1, 0, 1][..]));
    }
}

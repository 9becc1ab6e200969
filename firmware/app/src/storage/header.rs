//! The first page of the state: whose state it is, and what became of it.
//!
//! ```text
//!  0  magic, 8 bytes
//!  8  format, u32
//! 12  the board: 16 bytes of the SHA-256 of its name
//! 28  check: 4 bytes of the SHA-256 of what is before
//! 64  32 bytes, erased until a wipe has begun
//! 96  32 bytes, erased until there is a seed
//! ```
//!
//! Integers are little-endian. A later format keeps this layout, so that this firmware knows it for
//! one.

use countersign_crypto::sha256;
use embassy_futures::block_on;
use embedded_storage_async::nor_flash::NorFlash;

use super::StorageFault;

/// What the first page says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// Nothing, or not all of it: nothing was stored yet.
    None,
    /// The state is this board's, in this format.
    Ours,
    /// The state is another board's.
    Foreign,
    /// The state is in a later format.
    Newer,
    /// A wipe has begun.
    Wiping,
}

const MAGIC: [u8; 8] = *b"csigner\0";

/// The format of everything that [`Storage`](super::Storage) writes.
const FORMAT: u32 = 1;

/// Bytes of a board's identifier.
const ID_LEN: usize = 16;

/// Bytes of what is written first.
const LEN: usize = 32;

/// Something that has happened, noted in a sentence of its own: damage does not look like that, and
/// neither does a sentence that is only half there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A wipe has begun.
    Wiping,
    /// A seed was stored.
    Seeded,
}

const MARK_LEN: usize = 32;

impl Mark {
    const fn place(self) -> (u32, [u8; MARK_LEN]) {
        match self {
            Self::Wiping => (64, *b"wipe began: next boot ends this."),
            Self::Seeded => (96, *b"a seed was stored in this flash."),
        }
    }

    /// Whether it is there.
    pub(super) fn is_set<F: NorFlash>(self, flash: &mut F) -> Result<bool, StorageFault> {
        Ok(self.found(flash)? == self.place().1)
    }

    /// Writes it, unless damage is in its way.
    pub(super) fn set<F: NorFlash>(self, flash: &mut F) -> Result<(), StorageFault> {
        let (at, sentence) = self.place();
        if self.is_set(flash)? {
            return Ok(());
        }
        // Power may have failed while it was written: what there is of it can be completed.
        let found = self.found(flash)?;
        let is_possible =
            found.iter().zip(&sentence).all(|(found, wanted)| found & wanted == *wanted);
        if !is_possible {
            return Err(StorageFault);
        }
        block_on(flash.write(at, &sentence)).or(Err(StorageFault))
    }

    fn found<F: NorFlash>(self, flash: &mut F) -> Result<[u8; MARK_LEN], StorageFault> {
        let mut found = [0; MARK_LEN];
        block_on(flash.read(self.place().0, &mut found)).or(Err(StorageFault))?;
        Ok(found)
    }
}

/// What erased flash is full of.
pub(super) const ERASED: u8 = 0xff;

/// Reads the header of `board`'s state.
pub(super) fn read<F: NorFlash>(flash: &mut F, board: &str) -> Result<Header, StorageFault> {
    if Mark::Wiping.is_set(flash)? {
        return Ok(Header::Wiping);
    }
    let mut found = [0; LEN];
    block_on(flash.read(0, &mut found)).or(Err(StorageFault))?;
    let (checked, check) = found.split_last_chunk().ok_or(StorageFault)?;
    let (magic, rest) = checked.split_first_chunk().ok_or(StorageFault)?;
    let (format, id) = rest.split_first_chunk().ok_or(StorageFault)?;
    Ok(if *magic != MAGIC || *check != digest::<4>(checked) {
        Header::None
    } else if u32::from_le_bytes(*format) != FORMAT {
        Header::Newer
    } else if *id != digest::<ID_LEN>(board.as_bytes()) {
        Header::Foreign
    } else {
        Header::Ours
    })
}

/// Writes the header of `board`'s state to a page that may hold the beginning of one.
pub(super) fn write<F: NorFlash>(flash: &mut F, board: &str) -> Result<(), StorageFault> {
    erase(flash)?;
    block_on(flash.write(0, &header(board))).or(Err(StorageFault))
}

/// Notes that a wipe has begun: from here on it is finished by the next boot, whatever happens.
pub(super) fn begin_wipe<F: NorFlash>(flash: &mut F) -> Result<(), StorageFault> {
    if Mark::Wiping.set(flash).is_ok() {
        return Ok(());
    }
    // The page is damaged, and so is the state.
    erase(flash)?;
    Mark::Wiping.set(flash)
}

/// Erases the header's page.
pub(super) fn erase<F: NorFlash>(flash: &mut F) -> Result<(), StorageFault> {
    block_on(flash.erase(0, page::<F>()?)).or(Err(StorageFault))
}

/// Where the header's page ends.
pub(super) fn page<F: NorFlash>() -> Result<u32, StorageFault> {
    u32::try_from(F::ERASE_SIZE).or(Err(StorageFault))
}

fn header(board: &str) -> [u8; LEN] {
    let mut header = [0; LEN];
    let id = digest::<ID_LEN>(board.as_bytes());
    let fields = MAGIC.into_iter().chain(FORMAT.to_le_bytes()).chain(id);
    header.iter_mut().zip(fields).for_each(|(place, byte)| *place = byte);
    if let Some((checked, check)) = header.split_last_chunk_mut() {
        *check = digest::<4>(checked);
    }
    header
}

/// The beginning of a SHA-256.
fn digest<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut start = [0; N];
    start.iter_mut().zip(sha256(&[bytes])).for_each(|(place, byte)| *place = byte);
    start
}

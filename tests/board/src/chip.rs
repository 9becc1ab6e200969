use std::cell::RefCell;
use std::panic::resume_unwind;
use std::rc::Rc;

use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// Bytes of a page.
pub const PAGE: usize = 4_096;

/// Bytes of a word.
const WORD: usize = 4;

/// NOR flash: writing clears bits, in whole words; erasing sets those of a page.
#[derive(Clone, Debug)]
pub struct Chip(Rc<RefCell<Cells>>);

#[derive(Debug)]
struct Cells {
    bytes: Vec<u8>,
    /// How many bytes each write and each erased page had so far.
    operations: Vec<usize>,
    erased_pages: usize,
    cut: Option<Cut>,
}

/// When power fails: in the middle of one write, or of erasing one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Writes and erased pages that still go well.
    pub after: usize,
    /// Bytes of the next one that go well, too.
    pub bytes: usize,
    /// Which bits of the word after those change: each bit of this number that is set.
    pub bits: u32,
}

/// Power failed. The chip unwinds with it, so that nothing goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerCut;

/// A write that flash could not do: the application has a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misuse;

impl Chip {
    /// A chip of so many pages, fresh from the factory.
    #[must_use]
    pub fn blank(pages: usize) -> Self {
        Self::holding(vec![0xff; pages * PAGE])
    }

    /// A chip that holds `bytes`.
    #[must_use]
    pub fn holding(bytes: Vec<u8>) -> Self {
        let cells = Cells { bytes, operations: Vec::new(), erased_pages: 0, cut: None };
        Self(Rc::new(RefCell::new(cells)))
    }

    /// What it holds.
    #[must_use]
    pub fn image(&self) -> Vec<u8> {
        self.0.borrow().bytes.clone()
    }

    /// How many bytes each write, and each page that was erased, had so far.
    #[must_use]
    pub fn operations(&self) -> Vec<usize> {
        self.0.borrow().operations.clone()
    }

    /// How many pages were erased so far.
    #[must_use]
    pub fn erased_pages(&self) -> usize {
        self.0.borrow().erased_pages
    }

    /// Has power fail.
    pub fn cut(&self, cut: Cut) {
        self.0.borrow_mut().cut = Some(cut);
    }
}

impl Cells {
    /// Changes what begins at `start` to `wanted`, as far as power lasts.
    fn change(&mut self, start: usize, wanted: &[u8]) {
        self.operations.push(wanted.len());
        let left = match &mut self.cut {
            None => usize::MAX,
            Some(Cut { after: 0, bytes, .. }) => *bytes,
            Some(Cut { after, .. }) => {
                *after -= 1;
                usize::MAX
            }
        };
        for (at, &new) in wanted.iter().enumerate() {
            let place = &mut self.bytes[start + at];
            *place = match at.checked_sub(left) {
                None => new,
                Some(beyond) if beyond < WORD => {
                    let changing = self.cut.map_or(0, |cut| cut.bits).to_le_bytes()[beyond];
                    (*place & !changing) | (new & changing)
                }
                Some(_) => break,
            };
        }
        if left != usize::MAX {
            resume_unwind(Box::new(PowerCut));
        }
    }
}

impl NorFlashError for Misuse {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

impl ErrorType for Chip {
    type Error = Misuse;
}

impl ReadNorFlash for Chip {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Misuse> {
        let start = usize::try_from(offset).or(Err(Misuse))?;
        let cells = self.0.borrow();
        bytes.copy_from_slice(cells.bytes.get(start..start + bytes.len()).ok_or(Misuse)?);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.0.borrow().bytes.len()
    }
}

impl NorFlash for Chip {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Misuse> {
        let (from, to) = (usize::try_from(from).unwrap(), usize::try_from(to).unwrap());
        assert!(from.is_multiple_of(PAGE) && to.is_multiple_of(PAGE), "whole pages are erased");
        for page in (from..to).step_by(PAGE) {
            let cells = &mut *self.0.borrow_mut();
            cells.erased_pages += 1;
            cells.change(page, &[0xff; PAGE]);
        }
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Misuse> {
        let start = usize::try_from(offset).unwrap();
        assert!(start.is_multiple_of(WORD) && bytes.len().is_multiple_of(WORD), "whole words");
        let cells = &mut *self.0.borrow_mut();
        let mut pairs = cells.bytes[start..].iter().zip(bytes);
        assert!(pairs.all(|(&old, &new)| old & new == new), "{offset} is not erased");
        cells.change(start, bytes);
        Ok(())
    }
}

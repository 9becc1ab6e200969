use core::ffi::CStr;
use core::mem::MaybeUninit;

use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use semihosting::fs::{File, OpenOptions};
use semihosting::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use semihosting::sys::arm_compat::sys_get_cmdline_uninit;

/// Flash in a file of the host's, which outlives the emulator.
pub(crate) struct FileFlash(File);

/// The host could not read or write the file.
#[derive(Debug)]
pub(crate) struct FileError;

/// What begins the file's path on the emulator's command line.
const ARGUMENT: &[u8] = b"flash=";

/// Bytes of a path, and of what QEMU writes before it.
const COMMAND_LINE: usize = 512;

const PAGE: usize = 4_096;
const PAGES: usize = 16;

impl FileFlash {
    /// Opens the file that the command line names, or makes an empty one. Its buffers are not to stay
    /// in `main`'s frame.
    #[inline(never)]
    pub(crate) fn open() -> Option<Self> {
        let mut buffer = [MaybeUninit::uninit(); COMMAND_LINE];
        let mut rest: &[u8] = sys_get_cmdline_uninit(&mut buffer).ok()?;
        let argument = loop {
            if let Some(argument) = rest.strip_prefix(ARGUMENT) {
                break argument;
            }
            (_, rest) = rest.split_first()?;
        };
        let mut path = [0; COMMAND_LINE];
        path.iter_mut().zip(argument).for_each(|(place, &byte)| *place = byte);
        let path = CStr::from_bytes_until_nul(&path).ok()?;

        if let Ok(file) = OpenOptions::new().read(true).write(true).open(path) {
            return Some(Self(file));
        }
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(true).open(path).ok()?;
        let mut flash = Self(file);
        flash.fill(0, PAGE.checked_mul(PAGES)?).ok()?;
        Some(flash)
    }

    fn at(&mut self, offset: u32) -> io::Result<&mut File> {
        self.0.seek(SeekFrom::Start(offset.into()))?;
        Ok(&mut self.0)
    }

    /// Writes what erased flash is full of.
    fn fill(&mut self, offset: u32, length: usize) -> io::Result<()> {
        let file = self.at(offset)?;
        for _ in 0..length.div_ceil(256) {
            file.write_all(&[0xff; 256])?;
        }
        Ok(())
    }
}

impl NorFlashError for FileError {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

impl From<io::Error> for FileError {
    fn from(_: io::Error) -> Self {
        Self
    }
}

impl ErrorType for FileFlash {
    type Error = FileError;
}

impl ReadNorFlash for FileFlash {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FileError> {
        Ok(self.at(offset)?.read_exact(bytes)?)
    }

    fn capacity(&self) -> usize {
        PAGE.saturating_mul(PAGES)
    }
}

impl NorFlash for FileFlash {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = PAGE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), FileError> {
        let length = usize::try_from(to.saturating_sub(from)).or(Err(FileError))?;
        Ok(self.fill(from, length)?)
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FileError> {
        Ok(self.at(offset)?.write_all(bytes)?)
    }
}

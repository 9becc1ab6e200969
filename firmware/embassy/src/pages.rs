use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// The pages of a chip's flash from `START` to its end: where the state lies.
///
/// The board's `memory.x` leaves them out of the image's. No board here runs from flash while flash
/// is written, so nothing else can be done meanwhile and nothing waits in turns.
#[derive(Debug)]
pub struct Pages<F, const START: u32>(F);

impl<F, const START: u32> Pages<F, START> {
    /// The last pages of `flash`.
    pub const fn new(flash: F) -> Self {
        Self(flash)
    }
}

/// An address in the chip.
fn in_chip<E: NorFlashError>(start: u32, offset: u32) -> Result<u32, Fault<E>> {
    start.checked_add(offset).ok_or(Fault::OutOfBounds)
}

/// Flash could not be read or written.
#[derive(Debug)]
pub enum Fault<E> {
    /// An address behind the chip's end.
    OutOfBounds,
    /// What the chip's driver says.
    Driver(E),
}

impl<E: NorFlashError> NorFlashError for Fault<E> {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::OutOfBounds => NorFlashErrorKind::OutOfBounds,
            Self::Driver(error) => error.kind(),
        }
    }
}

impl<F: ErrorType, const START: u32> ErrorType for Pages<F, START> {
    type Error = Fault<F::Error>;
}

impl<F: embedded_storage::nor_flash::ReadNorFlash, const START: u32> ReadNorFlash
    for Pages<F, START>
{
    const READ_SIZE: usize = F::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.0.read(in_chip(START, offset)?, bytes).map_err(Fault::Driver)
    }

    fn capacity(&self) -> usize {
        self.0.capacity().saturating_sub(usize::try_from(START).unwrap_or(usize::MAX))
    }
}

impl<F: embedded_storage::nor_flash::NorFlash, const START: u32> NorFlash for Pages<F, START> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        self.0.erase(in_chip(START, from)?, in_chip(START, to)?).map_err(Fault::Driver)
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0.write(in_chip(START, offset)?, bytes).map_err(Fault::Driver)
    }
}

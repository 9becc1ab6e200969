//! Where an encoding goes.

use postcard::ser_flavors::Flavor;
use postcard::{Error, Result, serialize_with_flavor};
use serde::Serialize;

/// A buffer that is written to the end whatever has room: whether all had is asked once, and not
/// after each of a reply's fields.
struct Room<'a> {
    buffer: &'a mut [u8],
    used: usize,
    full: bool,
}

/// Writes a value to the beginning of `buffer`, and returns how many bytes it is; `None` when there
/// is no room for it.
pub(crate) fn write<T: Serialize>(value: &T, buffer: &mut [u8]) -> Option<usize> {
    serialize_with_flavor(value, Room { buffer, used: 0, full: false }).ok()
}

impl Flavor for Room<'_> {
    type Output = usize;

    fn try_push(&mut self, byte: u8) -> Result<()> {
        self.try_extend(&[byte])
    }

    fn try_extend(&mut self, bytes: &[u8]) -> Result<()> {
        let place = self.buffer.get_mut(self.used..).and_then(|rest| rest.get_mut(..bytes.len()));
        match place {
            Some(place) => {
                place.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
                self.used = self.used.saturating_add(bytes.len());
            }
            None => self.full = true,
        }
        Ok(())
    }

    fn finalize(self) -> Result<usize> {
        if self.full { Err(Error::SerializeBufferFull) } else { Ok(self.used) }
    }
}

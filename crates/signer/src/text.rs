use core::fmt;

use countersign_tlv::Writer;

/// Text in the making, in a buffer of the caller's.
pub(crate) struct Text<'b> {
    space: &'b mut [u8],
    len: usize,
}

impl<'b> Text<'b> {
    pub(crate) const fn new(space: &'b mut [u8]) -> Self {
        Self { space, len: 0 }
    }

    /// Bytes that have been written.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The text, and what is left of the buffer.
    pub(crate) fn finish(self) -> Option<(&'b str, &'b mut [u8])> {
        let (text, rest) = self.space.split_at_mut_checked(self.len)?;
        Some((core::str::from_utf8(text).ok()?, rest))
    }
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let free = self.space.get_mut(self.len..).ok_or(fmt::Error)?;
        Writer::new(free).bytes(text.as_bytes()).or(Err(fmt::Error))?;
        self.len = self.len.saturating_add(text.len());
        Ok(())
    }
}

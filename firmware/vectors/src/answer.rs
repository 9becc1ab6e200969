use semihosting::{print, println};

/// Parts of an answer, one after the other, each with its length before it.
pub(crate) struct Answer {
    bytes: [u8; BYTES],
    length: usize,
    ends: [usize; PARTS],
    parts: usize,
}

const BYTES: usize = 4_096;
const PARTS: usize = 4;

impl Answer {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; BYTES], length: 0, ends: [0; PARTS], parts: 0 }
    }

    pub(crate) const fn clear(&mut self) {
        self.length = 0;
        self.parts = 0;
    }

    /// Adds bytes to the part that is being made; `None` when there is no room.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Option<()> {
        let end = self.length.checked_add(bytes.len())?;
        let place = self.bytes.get_mut(self.length..end)?;
        place.iter_mut().zip(bytes).for_each(|(place, &byte)| *place = byte);
        self.length = end;
        Some(())
    }

    /// Ends the part that is being made.
    pub(crate) fn end(&mut self) -> Option<()> {
        *self.ends.get_mut(self.parts)? = self.length;
        self.parts = self.parts.saturating_add(1);
        Some(())
    }

    /// One whole part.
    pub(crate) fn part(&mut self, bytes: &[u8]) -> Option<()> {
        self.bytes(bytes)?;
        self.end()
    }

    /// Writes the line of an answer that is `known`, or of a refusal.
    pub(crate) fn write(&self, known: Option<()>) {
        if known.is_none() {
            println!("refused");
            return;
        }
        print!("known");
        let mut start = 0;
        for &end in self.ends.iter().take(self.parts) {
            print!(" -");
            for byte in self.bytes.get(start..end).unwrap_or_default() {
                print!("{byte:02x}");
            }
            start = end;
        }
        println!();
    }
}

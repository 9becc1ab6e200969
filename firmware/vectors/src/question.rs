use core::str;

use semihosting::io::{Read as _, Stdin, stdin};
use semihosting::process;

/// A line of the emulator's standard input.
pub(crate) struct Question {
    verb: [u8; VERB],
    bytes: [u8; BYTES],
    /// Where each part ends.
    ends: [usize; PARTS],
    parts: usize,
}

/// Bytes of a verb, of all parts together, and how many parts there are at most.
const VERB: usize = 16;
const BYTES: usize = 4_096;
const PARTS: usize = 16;

impl Question {
    pub(crate) const fn new() -> Self {
        Self { verb: [0; VERB], bytes: [0; BYTES], ends: [0; PARTS], parts: 0 }
    }

    /// Reads the next one; `None` at the end of the input. One that is too long ends the image.
    pub(crate) fn read(&mut self) -> Option<()> {
        let Ok(mut input) = stdin() else { process::exit(4) };
        *self = Self::new();
        let mut next = read_byte(&mut input)?;
        for place in &mut self.verb {
            if next.is_ascii_whitespace() {
                break;
            }
            *place = next;
            next = read_byte(&mut input)?;
        }
        let mut length = 0_usize;
        while next == b' ' {
            let mut high = None;
            next = read_byte(&mut input)?;
            while !next.is_ascii_whitespace() {
                let digit =
                    char::from(next).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                match (digit, high.take()) {
                    (None, _) => {}
                    (Some(digit), None) => high = Some(digit),
                    (Some(low), Some(high)) => {
                        let Some(place) = self.bytes.get_mut(length) else { process::exit(5) };
                        *place = high << 4 | low;
                        length = length.saturating_add(1);
                    }
                }
                next = read_byte(&mut input)?;
            }
            let Some(end) = self.ends.get_mut(self.parts) else { process::exit(6) };
            *end = length;
            self.parts = self.parts.saturating_add(1);
        }
        Some(())
    }

    pub(crate) fn verb(&self) -> &str {
        let end = self.verb.iter().position(|&byte| byte == 0).unwrap_or(VERB);
        self.verb.get(..end).and_then(|verb| str::from_utf8(verb).ok()).unwrap_or_default()
    }

    /// A part, by its number from 0.
    pub(crate) fn part(&self, number: usize) -> Option<&[u8]> {
        let end = *self.ends.get(..self.parts)?.get(number)?;
        let start = match number.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.bytes.get(start..end)
    }

    /// A part of exactly `N` bytes.
    pub(crate) fn array<const N: usize>(&self, number: usize) -> Option<&[u8; N]> {
        self.part(number)?.try_into().ok()
    }
}

fn read_byte(input: &mut Stdin) -> Option<u8> {
    let mut byte = [0];
    match input.read(&mut byte) {
        Ok(1) => Some(byte[0]),
        Ok(_) => None,
        Err(_) => process::exit(7),
    }
}

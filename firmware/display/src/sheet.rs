use core::fmt::{self, Write as _};

use countersign_signer::Line;

/// Letters in a row.
pub const COLUMNS: usize = 21;

/// Rows that are kept: more than an invoice's prompt has, which has to be read after its request was
/// let go. Its amounts take 11 rows at most, the offer's id 5, and a text of 128 letters that there
/// are pictures of 13, of which it has two. Of a longer prompt the rest is read out again.
const KEPT: usize = 48;

/// A prompt in rows of letters, Latin-1. Words are broken where they are longer than a row only.
#[derive(Debug)]
pub(crate) struct Sheet {
    rows: [[u8; COLUMNS]; KEPT],
    /// The number of the first row that is kept.
    first: usize,
    /// How many rows there are, kept or not.
    count: usize,
    column: usize,
    word: [u8; COLUMNS],
    word_length: usize,
}

impl Sheet {
    /// No rows.
    pub(crate) const fn new() -> Self {
        Self {
            rows: [[b' '; COLUMNS]; KEPT],
            first: 0,
            count: 0,
            column: 0,
            word: [b' '; COLUMNS],
            word_length: 0,
        }
    }

    /// Begins again, and will keep row `first` and those behind it.
    pub(crate) fn restart(&mut self, first: usize) {
        self.rows.fill([b' '; COLUMNS]);
        (self.first, self.count, self.column, self.word_length) = (first, 0, 0, 0);
    }

    /// How many rows there are.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// The letters of row `number`, if it is kept.
    pub(crate) fn row(&self, number: usize) -> Option<&[u8; COLUMNS]> {
        self.rows.get(number.checked_sub(self.first)?)
    }

    /// Appends a line of a prompt.
    pub(crate) fn line(&mut self, line: &Line<'_>) {
        self.count = self.count.saturating_add(1);
        self.column = 0;
        // Writing to memory does not fail.
        let _written = write!(self, "{}: {}", line.label, line.text);
        self.end_word();
    }

    fn letter(&mut self, letter: u8) {
        if self.word_length == COLUMNS {
            self.end_word();
        }
        if let Some(place) = self.word.get_mut(self.word_length) {
            *place = letter;
            self.word_length = self.word_length.saturating_add(1);
        }
    }

    /// Puts the word into the row, or into the next one.
    fn end_word(&mut self) {
        let length = core::mem::take(&mut self.word_length);
        if length == 0 {
            return;
        }
        if self.column.saturating_add(length) > COLUMNS {
            self.count = self.count.saturating_add(1);
            self.column = 0;
        }
        let row = self.count.checked_sub(1).and_then(|last| last.checked_sub(self.first));
        let row = row.and_then(|row| self.rows.get_mut(row));
        if let Some(places) = row.and_then(|row| row.get_mut(self.column..)) {
            let letters = self.word.iter().take(length);
            places.iter_mut().zip(letters).for_each(|(place, &letter)| *place = letter);
        }
        self.column = self.column.saturating_add(length);
    }
}

impl fmt::Write for Sheet {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match u8::try_from(u32::from(character)) {
                Ok(b' ') => {
                    self.end_word();
                    self.column = self.column.saturating_add(1);
                }
                Ok(letter @ (0x21..=0x7e | 0xa1..=0xff)) => self.letter(letter),
                // There is no picture of it: its number is told.
                Ok(_) | Err(_) => {
                    for escaped in character.escape_unicode() {
                        self.letter(u8::try_from(u32::from(escaped)).unwrap_or(b'?'));
                    }
                }
            }
        }
        Ok(())
    }
}

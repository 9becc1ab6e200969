use core::fmt::{self, Write as _};

use countersign_signer::Line;

/// Letters in a row.
pub const COLUMNS: usize = 21;

/// Bytes of text that are kept: more than an invoice's prompt has, which has to be read after its
/// request was let go. Its labels, amounts and the offer's id take 260 at most, the marks where its
/// two texts are cut 8, and the texts 128 each if there are pictures of all their letters. There is
/// room for 58 letters without one in any case. Of a longer prompt the rest is read out again, from
/// the beginning of a line on: no line is as long.
const KEPT: usize = 640;

/// Begins a line. No byte of a letter is like it.
const LINE: u8 = 0x1e;

/// The highest byte that a letter without a picture begins with.
const PLANES: u8 = 0x10;

/// A prompt's text, which is set in rows of letters whenever it is drawn: that takes less memory than
/// rows.
#[derive(Debug)]
pub(crate) struct Sheet {
    /// Lines of letters: a byte for one in Latin-1 that there is a picture of, three bytes of its
    /// number for another.
    text: [u8; KEPT],
    length: usize,
    /// The row that the text begins with.
    first: usize,
    /// Lines that end before this row are not kept.
    wanted: usize,
    /// From this row on something is not kept.
    missing: usize,
    /// How many rows there are, kept or not.
    count: usize,
}

impl Sheet {
    /// No rows.
    pub(crate) const fn new() -> Self {
        Self { text: [0; KEPT], length: 0, first: 0, wanted: 0, missing: usize::MAX, count: 0 }
    }

    /// Begins again, and will keep row `first` and those behind it.
    pub(crate) const fn restart(&mut self, first: usize) {
        (self.length, self.first, self.wanted) = (0, 0, first);
        (self.missing, self.count) = (usize::MAX, 0);
    }

    /// How many rows there are.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// Whether the rows from `first` on, up to `end`, are kept, as far as there are that many.
    pub(crate) fn has(&self, first: usize, end: usize) -> bool {
        self.first <= first && end.min(self.count()) <= self.missing
    }

    /// Calls `place` with every word that is kept: its row, its column, and its letters.
    pub(crate) fn set(&self, place: &mut dyn FnMut(usize, usize, &[u8])) {
        let mut setter = Setter::new(self.first);
        let mut bytes = self.text.iter().take(self.length).copied();
        while let Some(byte) = bytes.next() {
            if byte == LINE {
                setter.end_word(place);
                setter.begin_line();
            } else if byte <= PLANES {
                let [high, low] = [(); 2].map(|()| bytes.next().unwrap_or(0));
                let number = u32::from_be_bytes([0, byte, high, low]);
                setter.character(char::from_u32(number).unwrap_or('?'), place);
            } else {
                setter.character(char::from(byte), place);
            }
        }
        setter.end_word(place);
    }

    /// Appends a line of a prompt.
    pub(crate) fn line(&mut self, line: &Line<'_>) {
        let end = Setter::new(self.count);
        let mut appender = Appender { sheet: self, end };
        appender.end.begin_line();
        appender.keep(&[LINE]);
        // Writing to memory does not fail.
        let _written = write!(appender, "{}: {}", line.label, line.text);
        appender.end.end_word(&mut |_, _, _| {});
        self.count = appender.end.count;
        if self.count <= self.wanted {
            (self.length, self.first, self.missing) = (0, self.count, usize::MAX);
        }
    }
}

/// Appends to a sheet, and counts its rows: it is needed for as long as a line is read out only, so it
/// is no part of the sheet.
struct Appender<'s> {
    sheet: &'s mut Sheet,
    /// Where the prompt ends, kept or not.
    end: Setter,
}

impl Appender<'_> {
    /// Appends to the text, if there is room.
    fn keep(&mut self, bytes: &[u8]) {
        let Self { sheet, end: Setter { count, .. } } = self;
        let end = sheet.length.saturating_add(bytes.len());
        if let Some(places) = sheet.text.get_mut(sheet.length..end) {
            places.iter_mut().zip(bytes).for_each(|(place, &byte)| *place = byte);
            sheet.length = end;
        } else {
            sheet.missing = sheet.missing.min(count.saturating_sub(1));
        }
    }
}

impl fmt::Write for Appender<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match u8::try_from(character) {
                Ok(letter) if has_picture(letter) => self.keep(&[letter]),
                Ok(_) | Err(_) => {
                    let [_, plane, high, low] = u32::from(character).to_be_bytes();
                    self.keep(&[plane, high, low]);
                }
            }
            self.end.character(character, &mut |_, _, _| {});
        }
        Ok(())
    }
}

/// Sets letters in rows. Words are broken where they are longer than a row only.
struct Setter {
    /// How many rows there are.
    count: usize,
    column: usize,
    word: [u8; COLUMNS],
    word_length: usize,
}

impl Setter {
    /// One that goes on after `count` rows.
    const fn new(count: usize) -> Self {
        Self { count, column: 0, word: [b' '; COLUMNS], word_length: 0 }
    }

    const fn begin_line(&mut self) {
        self.count = self.count.saturating_add(1);
        self.column = 0;
    }

    /// Goes on by a letter, or by the number of one that there is no picture of.
    fn character(&mut self, character: char, place: &mut dyn FnMut(usize, usize, &[u8])) {
        match u8::try_from(character) {
            Ok(b' ') => {
                self.end_word(place);
                self.column = self.column.saturating_add(1);
            }
            Ok(letter) if has_picture(letter) => self.letter(letter, place),
            Ok(_) | Err(_) => {
                for escaped in character.escape_unicode() {
                    self.letter(u8::try_from(escaped).unwrap_or(b'?'), place);
                }
            }
        }
    }

    fn letter(&mut self, letter: u8, place: &mut dyn FnMut(usize, usize, &[u8])) {
        if self.word_length == COLUMNS {
            self.end_word(place);
        }
        if let Some(free) = self.word.get_mut(self.word_length) {
            *free = letter;
            self.word_length = self.word_length.saturating_add(1);
        }
    }

    /// Puts the word into the row, or into the next one.
    fn end_word(&mut self, place: &mut dyn FnMut(usize, usize, &[u8])) {
        let length = core::mem::take(&mut self.word_length);
        if length == 0 {
            return;
        }
        if self.column.saturating_add(length) > COLUMNS {
            self.count = self.count.saturating_add(1);
            self.column = 0;
        }
        let word = self.word.get(..length).unwrap_or_default();
        place(self.count.saturating_sub(1), self.column, word);
        self.column = self.column.saturating_add(length);
    }
}

/// Whether there is a picture of a letter of Latin-1; of a space there is.
const fn has_picture(letter: u8) -> bool {
    matches!(letter, b' '..=b'~' | 0xa1..)
}

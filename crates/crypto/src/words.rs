//! The English words of BIP 39, as the build script packs them: for each word a byte, how many letters
//! it shares with the word before in the upper half and how many follow in the lower; then those.

use core::fmt;

use zeroize::Zeroize as _;

/// The longest of the words, in letters.
pub(crate) const LONGEST: usize = 8;

const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/words"));

/// An English word of BIP 39. Wiped on drop: it may be of a backup.
#[derive(Clone, Default)]
pub struct Word {
    letters: [u8; LONGEST],
    len: usize,
}

impl Word {
    /// The word, to be shown once.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.letters.get(..self.len).and_then(|word| str::from_utf8(word).ok()).unwrap_or_default()
    }
}

impl Drop for Word {
    fn drop(&mut self) {
        self.letters.zeroize();
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Word(..)")
    }
}

/// Every word, in its order.
struct Words {
    rest: &'static [u8],
    word: Word,
}

impl Iterator for Words {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        let (&lengths, rest) = self.rest.split_first()?;
        let shared = usize::from(lengths >> 4);
        let (letters, rest) = rest.split_at_checked(usize::from(lengths & 0xF))?;
        for (place, &letter) in self.word.letters.iter_mut().skip(shared).zip(letters) {
            *place = letter;
        }
        self.word.len = shared.saturating_add(letters.len());
        self.rest = rest;
        Some(self.word.clone())
    }
}

fn words() -> Words {
    Words { rest: PACKED, word: Word::default() }
}

/// The word of that number, from 0 to 2047.
pub(crate) fn word(number: u16) -> Option<Word> {
    words().nth(number.into())
}

/// The number of a word that is in the list.
pub(crate) fn number(text: &str) -> Option<u16> {
    (0..=u16::MAX).zip(words()).find(|(_, word)| word.expose() == text).map(|(number, _)| number)
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, PACKED, number, word, words};

    #[test]
    fn the_words_are_those_of_bip_39_in_a_third_of_their_room() {
        let list = bip39::Language::English.word_list();
        assert_eq!(words().count(), list.len());
        assert!(words().zip(list).all(|(ours, theirs)| ours.expose() == *theirs));
        assert_eq!(list.iter().map(|word| word.len()).max(), Some(LONGEST));
        assert!(PACKED.len() < 9_000);
    }

    #[test]
    fn a_word_is_found_by_its_number_and_a_number_by_its_word() {
        for at in [0, 1, 1_000, 2_047] {
            assert_eq!(number(word(at).unwrap().expose()), Some(at));
        }
        assert!(word(2_048).is_none());
        for text in ["", "abando", "abandone", "ABANDON", "zzz"] {
            assert_eq!(number(text), None);
        }
    }
}

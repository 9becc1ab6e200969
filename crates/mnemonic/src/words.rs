//! The English words of BIP 39, as the build script packs them: in symbols of 5 bits. One below 26 is
//! a letter; 26 + n ends a word, and the next word begins with the same n letters.

use core::fmt;

use zeroize::Zeroize as _;

/// The longest of the words, in letters.
pub(crate) const LONGEST: usize = 8;

const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/words"));

/// Symbols below are letters, from a to z.
const LETTERS: u8 = 26;

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
        self.len.zeroize();
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Word(..)")
    }
}

/// Every word, in its order.
#[derive(Default)]
struct Words {
    /// The symbol that is next.
    at: usize,
    /// As much of the next word as is known.
    word: Word,
}

impl Iterator for Words {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        loop {
            let symbol = symbol(self.at)?;
            self.at = self.at.saturating_add(1);
            if let Some(shared) = symbol.checked_sub(LETTERS) {
                let word = self.word.clone();
                self.word.len = shared.into();
                return Some(word);
            }
            *self.word.letters.get_mut(self.word.len)? = symbol.saturating_add(b'a');
            self.word.len = self.word.len.saturating_add(1);
        }
    }
}

/// The symbol at that place. Eight of them are five bytes.
fn symbol(at: usize) -> Option<u8> {
    let (groups, _) = PACKED.as_chunks();
    let &[first, second, third, fourth, fifth] = groups.get(at / 8)?;
    let group = u64::from_be_bytes([0, 0, 0, first, second, third, fourth, fifth]);
    let behind = 7_u32.saturating_sub(u32::try_from(at % 8).ok()?);
    u8::try_from(group.wrapping_shr(behind.saturating_mul(5)) & 0x1F).ok()
}

/// The word of that number, from 0 to 2047.
pub(crate) fn word(number: u16) -> Option<Word> {
    Words::default().nth(number.into())
}

/// The number of a word that is in the list.
pub(crate) fn number(text: &str) -> Option<u16> {
    (0..=u16::MAX)
        .zip(Words::default())
        .find(|(_, word)| word.expose() == text)
        .map(|(number, _)| number)
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, PACKED, Words, number, word};

    #[test]
    fn the_words_are_those_of_bip_39_in_a_fifth_of_their_room() {
        let list = bip39::Language::English.word_list();
        assert_eq!(Words::default().count(), list.len());
        assert!(Words::default().zip(list).all(|(ours, theirs)| ours.expose() == *theirs));
        assert_eq!(list.iter().map(|word| word.len()).max(), Some(LONGEST));
        assert!(PACKED.len() < 5_200);
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

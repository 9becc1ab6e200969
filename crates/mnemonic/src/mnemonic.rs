use core::fmt;

use countersign_crypto::{Secret, sha256};
use zeroize::{Zeroize as _, Zeroizing};

use crate::words::{LONGEST, Word, number, word};

/// BIP 39 words, from which everything a signer cannot be told again is derived. Wiped on drop.
///
/// Words are English, 12 to 24 of them, and there is no passphrase.
pub struct Mnemonic {
    /// Their numbers in the list.
    words: [u16; MOST_WORDS],
    count: usize,
}

/// The most words of a mnemonic, which stand for 32 bytes.
const MOST_WORDS: usize = 24;

/// Bits that a word stands for.
const WORD_BITS: u32 = 11;

/// Bits of the entropy and of its checksum, at most.
const BITS: usize = 264;

/// Rounds of PBKDF2 (BIP 39).
const ROUNDS: u32 = 2_048;

/// Text that is no BIP 39 mnemonic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadWords {
    /// There are not 12, 15, 18, 21 or 24 words.
    Count,
    /// The word at this position, counted from zero, is not in the English list.
    Unknown(u8),
    /// Every word is in the list, but together they are not a mnemonic: one is wrong or misplaced.
    Checksum,
}

impl fmt::Display for BadWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count => f.write_str("a mnemonic has 12, 15, 18, 21 or 24 words"),
            Self::Unknown(at) => {
                write!(f, "word {} is not in the English list", at.saturating_add(1))
            }
            Self::Checksum => f.write_str("a word is wrong or misplaced: the checksum fails"),
        }
    }
}

impl core::error::Error for BadWords {}

impl Mnemonic {
    /// The 24 words that stand for `entropy`.
    #[must_use]
    pub fn from_entropy(entropy: &Secret<32>) -> Self {
        let [checksum, ..] = sha256(&[entropy.expose_secret()]);
        let bytes = entropy.expose_secret().iter().copied().chain([checksum]);
        let all = bytes.flat_map(|byte| bits(byte.into(), u8::BITS));
        let mut words = [0_u16; MOST_WORDS];
        for (at, bit) in (0..BITS).zip(all) {
            if let Some(word) = words.get_mut(at / 11) {
                *word = *word << 1 | bit;
            }
        }
        Self { words, count: MOST_WORDS }
    }

    /// Reads words that are separated by ASCII white space.
    ///
    /// # Errors
    /// [`BadWords`].
    pub fn parse(text: &str) -> Result<Self, BadWords> {
        let count = text.split_ascii_whitespace().fold(0_usize, |count, _| count.saturating_add(1));
        if !matches!(count, 12 | 15 | 18 | 21 | 24) {
            return Err(BadWords::Count);
        }
        let mut mnemonic = Self { words: [0; MOST_WORDS], count };
        let places = mnemonic.words.iter_mut().zip(text.split_ascii_whitespace());
        for (at, (place, word)) in (0..=u8::MAX).zip(places) {
            *place = number(word).ok_or(BadWords::Unknown(at))?;
        }
        if mnemonic.has_checksum() { Ok(mnemonic) } else { Err(BadWords::Checksum) }
    }

    /// Whether the bits behind the entropy are the first of its SHA-256: one for each three words.
    fn has_checksum(&self) -> bool {
        let mut bytes = Zeroizing::new([0_u8; 33]);
        let all = self.numbers().flat_map(|word| bits(word, WORD_BITS));
        for (at, bit) in (0..BITS).zip(all) {
            if let Some(byte) = bytes.get_mut(at / 8) {
                *byte = *byte << 1 | u8::from(bit == 1);
            }
        }
        let groups = self.count / 3;
        let Some((entropy, [checksum, ..])) = bytes.split_at_checked(groups.saturating_mul(4))
        else {
            return false;
        };
        let [digest, ..] = sha256(&[entropy]);
        (0..groups).zip(bits(digest.into(), u8::BITS)).fold(0, |sum, (_, bit)| sum << 1 | bit)
            == u16::from(*checksum)
    }

    fn numbers(&self) -> impl Iterator<Item = u16> {
        self.words.iter().take(self.count).copied()
    }

    /// The words, to be shown once.
    pub fn expose_words(&self) -> impl Iterator<Item = Word> {
        self.numbers().filter_map(word)
    }

    /// The seed that BIP 39 derives from the words, without a passphrase.
    #[must_use]
    pub fn seed(&self) -> Secret<64> {
        let mut text = Zeroizing::new([0; MOST_WORDS * (LONGEST + 1)]);
        let mut len = 0_usize;
        let mut separator: &[u8] = b"";
        for word in self.expose_words() {
            let letters = separator.iter().chain(word.expose().as_bytes());
            let places = text.iter_mut().skip(len);
            len = places.zip(letters).fold(len, |len, (place, &letter)| {
                *place = letter;
                len.saturating_add(1)
            });
            separator = b" ";
        }
        let words = text.get(..len).unwrap_or_default();
        let mut bytes = [0; 64];
        // Refused are keys that a MAC has no use for, and HMAC has use for any.
        let derived =
            pbkdf2::pbkdf2::<hmac::Hmac<sha2::Sha512>>(words, b"mnemonic", ROUNDS, &mut bytes);
        debug_assert!(derived.is_ok());
        let seed = Secret::new(bytes);
        bytes.zeroize();
        seed
    }
}

/// The last `count` bits of `number`, highest first.
fn bits(number: u16, count: u32) -> impl Iterator<Item = u16> {
    (0..count).rev().map(move |place| number.wrapping_shr(place) & 1)
}

impl Drop for Mnemonic {
    fn drop(&mut self) {
        self.words.zeroize();
    }
}

impl fmt::Debug for Mnemonic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mnemonic(..)")
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::format;
    use alloc::string::String;

    use countersign_crypto::Secret;

    use super::{BadWords, Mnemonic};

    const ABANDON: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon \
        abandon abandon about";

    #[test]
    fn the_seed_of_the_zero_entropy_is_the_known_one() {
        // The reference vectors use the passphrase "TREZOR"; this one is without.
        let seed = Mnemonic::parse(ABANDON).unwrap().seed();
        assert_eq!(hex::encode(&seed.expose_secret()[..8]), "5eb00bbddcf06908");
    }

    #[test]
    fn what_is_wrong_with_the_words_is_said() {
        let error = |text: &str| Mnemonic::parse(text).map(|_| ()).unwrap_err();
        assert_eq!(error("abandon about"), BadWords::Count);
        assert_eq!(error(&ABANDON.replacen("abandon", "abandoned", 1)), BadWords::Unknown(0));
        assert_eq!(error(&ABANDON.replace("about", "above")), BadWords::Checksum);
    }

    #[test]
    fn entropy_becomes_24_words_that_read_back() {
        let mnemonic = Mnemonic::from_entropy(&Secret::new([0x5a; 32]));
        assert_eq!(mnemonic.expose_words().count(), 24);
        let text = mnemonic.expose_words().map(|word| format!("{} ", word.expose()));
        let again = Mnemonic::parse(&text.reduce(|text, word| text + &word).unwrap()).unwrap();
        assert!(again.seed().ct_eq(mnemonic.seed().expose_secret()));
    }

    #[test]
    fn every_length_reads_and_derives_as_in_another_implementation() {
        for (len, byte) in (16..=32).step_by(4).flat_map(|len| [0, 0x7f, 0xc5].map(|b| (len, b))) {
            let entropy = [byte; 32];
            let theirs = bip39::Mnemonic::from_entropy(&entropy[..len]).unwrap();
            let text: String = theirs.words().flat_map(|word| [word, "  "]).collect();
            let ours = Mnemonic::parse(&text).unwrap();
            assert!(ours.expose_words().map(|word| String::from(word.expose())).eq(theirs.words()));
            assert_eq!(*ours.seed().expose_secret(), theirs.to_seed_normalized(""));
            // Any other last word stands for another checksum, but for one in 16 at least.
            let (rest, last) = text.trim_end().rsplit_once(' ').unwrap();
            let english = bip39::Language::English.word_list();
            for other in english.iter().step_by(97).filter(|other| **other != last) {
                let text = format!("{rest} {other}");
                let expected =
                    bip39::Mnemonic::parse_in_normalized(bip39::Language::English, &text);
                assert_eq!(Mnemonic::parse(&text).is_ok(), expected.is_ok(), "{text}");
            }
        }
    }

    #[test]
    fn the_words_of_24_are_those_of_another_implementation() {
        for byte in [0, 1, 0x80, 0xff] {
            let theirs = bip39::Mnemonic::from_entropy(&[byte; 32]).unwrap();
            let ours = Mnemonic::from_entropy(&Secret::new([byte; 32]));
            assert!(ours.expose_words().map(|word| String::from(word.expose())).eq(theirs.words()));
        }
    }
}

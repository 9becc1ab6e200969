use core::fmt;

use bip39::Language;
use zeroize::Zeroize as _;

use crate::Secret;

/// BIP 39 words, from which everything a signer cannot be told again is derived. Wiped on drop.
///
/// Words are English, 12 to 24 of them, and there is no passphrase.
pub struct Mnemonic(bip39::Mnemonic);

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
    /// The 24 words that stand for `entropy`. `None` never happens: 32 bytes are a length that
    /// BIP 39 knows.
    #[must_use]
    pub fn from_entropy(entropy: &Secret<32>) -> Option<Self> {
        bip39::Mnemonic::from_entropy(entropy.expose_secret()).ok().map(Self)
    }

    /// Reads words that are separated by white space.
    ///
    /// # Errors
    /// [`BadWords`].
    pub fn parse(text: &str) -> Result<Self, BadWords> {
        bip39::Mnemonic::parse_in_normalized(Language::English, text).map(Self).map_err(|error| {
            match error {
                bip39::Error::UnknownWord(at) => {
                    BadWords::Unknown(u8::try_from(at).unwrap_or(u8::MAX))
                }
                bip39::Error::InvalidChecksum => BadWords::Checksum,
                bip39::Error::BadWordCount(_)
                | bip39::Error::BadEntropyBitCount(_)
                | bip39::Error::AmbiguousLanguages(_) => BadWords::Count,
            }
        })
    }

    /// The words, to be shown once.
    pub fn expose_words(&self) -> impl Iterator<Item = &'static str> {
        self.0.words()
    }

    /// The seed that BIP 39 derives from the words, without a passphrase.
    #[must_use]
    pub fn seed(&self) -> Secret<64> {
        let mut bytes = self.0.to_seed_normalized("");
        let seed = Secret::new(bytes);
        bytes.zeroize();
        seed
    }
}

impl fmt::Debug for Mnemonic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mnemonic(..)")
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;

    use super::{BadWords, Mnemonic};
    use crate::Secret;

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
        let mnemonic = Mnemonic::from_entropy(&Secret::new([0x5a; 32])).unwrap();
        assert_eq!(mnemonic.expose_words().count(), 24);
        let text = mnemonic.expose_words().map(|word| format!("{word} "));
        let again = Mnemonic::parse(&text.reduce(|text, word| text + &word).unwrap()).unwrap();
        assert!(again.seed().ct_eq(mnemonic.seed().expose_secret()));
    }
}

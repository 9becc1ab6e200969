//! BIP 39 as opaque calls, with the part of `bip39`'s API that `countersign-crypto` uses.

#![no_std]

#[derive(Clone, Copy, Debug)]
pub enum Language {
    English,
}

#[derive(Clone, Copy, Debug)]
pub struct AmbiguousLanguages;

#[derive(Clone, Copy, Debug)]
pub enum Error {
    BadWordCount(usize),
    UnknownWord(usize),
    BadEntropyBitCount(usize),
    InvalidChecksum,
    AmbiguousLanguages(AmbiguousLanguages),
}

pub struct Mnemonic([u8; 48]);

impl Mnemonic {
    pub fn from_entropy(entropy: &[u8]) -> Result<Self, Error> {
        opaque::read(entropy);
        made()
    }

    pub fn parse_in_normalized(_language: Language, text: &str) -> Result<Self, Error> {
        opaque::read(text.as_bytes());
        made()
    }

    pub fn words(&self) -> impl Iterator<Item = &'static str> {
        opaque::read(&self.0);
        core::iter::from_fn(|| opaque::verdict("word", ()).ok())
    }

    pub fn to_seed_normalized(&self, passphrase: &str) -> [u8; 64] {
        opaque::read(&self.0);
        opaque::read(passphrase.as_bytes());
        opaque::bytes()
    }
}

fn made() -> Result<Mnemonic, Error> {
    let number = usize::from_ne_bytes(opaque::bytes());
    opaque::verdict((), Error::AmbiguousLanguages(AmbiguousLanguages))?;
    opaque::verdict((), Error::BadWordCount(number))?;
    opaque::verdict((), Error::UnknownWord(number))?;
    opaque::verdict((), Error::BadEntropyBitCount(number))?;
    opaque::verdict(Mnemonic(opaque::bytes()), Error::InvalidChecksum)
}

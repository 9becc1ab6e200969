//! BIP 39: the English words of a backup, and the seed that they stand for.
//!
//! Words are wiped when they are dropped, and shown only through methods named `expose…`. There is
//! no passphrase.
//!
//! Specifications: BIP 39, RFC 8018 §5.2 (PBKDF2).

#![no_std]
#![forbid(unsafe_code)]

mod mnemonic;
mod words;

pub use mnemonic::{BadWords, Mnemonic};
pub use words::Word;

//! Names every cryptography dependency but PBKDF2, which is `countersign-mnemonic`'s.
//!
//! Keys, ECDH, BIP 340 signatures, hashes, MACs and ciphers, each in the one form that Lightning
//! uses. Secret types wipe themselves when they are dropped, show nothing, cannot be cloned, and are
//! compared in constant time; their bytes are had only through a method named `expose_secret`.
//!
//! The crate draws no randomness: seeds are arguments. It knows no message and no key's purpose.
//!
//! Specifications: BIP 340, RFC 2104, RFC 5869, RFC 8439, BOLT 4 §Key Generation.

#![no_std]
#![forbid(unsafe_code)]

mod aead;
mod chacha;
mod curve;
mod hash;
mod key_type;
mod keys;
mod mac;
mod schnorr;
mod secret;

pub use aead::{BadTag, NONCE_ZERO, TAG_LEN, open, seal, seal_with_trailing_key};
pub use chacha::ChaCha20;
pub use curve::{Curve, CurveMemory};
pub use hash::{Sha256, TaggedHash, sha256};
pub use key_type::KeyType;
pub use keys::{KeyPair, NotAKey, NotAPoint, PublicKey, SecretKey};
pub use mac::{HmacSha256, hkdf_sha256, hmac_sha256};
pub use schnorr::Signature;
pub use secret::{Secret, SharedSecret, wipe};

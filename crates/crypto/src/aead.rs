use core::fmt;

use chacha20poly1305::{AeadInOut as _, ChaCha20Poly1305, KeyInit as _};

use crate::Secret;

/// Bytes that sealing adds.
pub const TAG_LEN: usize = 16;

/// The nonce of everything that BOLT 4 seals: there, each key seals once.
pub const NONCE_ZERO: [u8; 12] = [0; 12];

/// The ciphertext, its tag, its key or what it is bound to is not what was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadTag;

impl fmt::Display for BadTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the authentication tag does not match")
    }
}

impl core::error::Error for BadTag {}

/// Encrypts `bytes` in place with ChaCha20-Poly1305 (RFC 8439) and returns the tag that
/// authenticates them together with `associated`.
#[must_use]
pub fn seal(
    key: &Secret<32>,
    nonce: &[u8; 12],
    associated: &[u8],
    bytes: &mut [u8],
) -> [u8; TAG_LEN] {
    let cipher = ChaCha20Poly1305::new(key.expose_secret().into());
    let sealed = cipher.encrypt_inout_detached(nonce.into(), associated, bytes.into());
    // Only more than 256 GiB are refused.
    debug_assert!(sealed.is_ok());
    sealed.map_or([0; TAG_LEN], Into::into)
}

/// Decrypts `bytes` in place if `tag` authenticates them together with `associated`.
///
/// # Errors
/// [`BadTag`]; `bytes` are then unchanged.
pub fn open(
    key: &Secret<32>,
    nonce: &[u8; 12],
    associated: &[u8],
    bytes: &mut [u8],
    tag: &[u8; TAG_LEN],
) -> Result<(), BadTag> {
    ChaCha20Poly1305::new(key.expose_secret().into())
        .decrypt_inout_detached(nonce.into(), associated, bytes.into(), tag.into())
        .or(Err(BadTag))
}

#[cfg(test)]
mod tests {
    use super::{BadTag, NONCE_ZERO, open, seal};
    use crate::Secret;

    #[test]
    fn what_was_sealed_opens_and_nothing_else_does() {
        let key = Secret::new([3; 32]);
        let mut bytes = *b"encrypted_recipient_data";
        let tag = seal(&key, &NONCE_ZERO, b"ad", &mut bytes);
        let sealed = bytes;
        assert_eq!(open(&key, &NONCE_ZERO, b"", &mut bytes, &tag), Err(BadTag));
        assert_eq!(open(&Secret::new([4; 32]), &NONCE_ZERO, b"ad", &mut bytes, &tag), Err(BadTag));
        assert_eq!(bytes, sealed, "a failed opening changes nothing");
        assert_eq!(open(&key, &NONCE_ZERO, b"ad", &mut bytes, &tag), Ok(()));
        assert_eq!(&bytes, b"encrypted_recipient_data");
    }

    #[test]
    fn sealing_matches_rfc_8439() {
        // §2.8.2
        let key = Secret::new(core::array::from_fn(|at| 0x80 | u8::try_from(at).unwrap()));
        let nonce = [7, 0, 0, 0, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47];
        let associated = hex::decode("50515253c0c1c2c3c4c5c6c7").unwrap();
        let mut text = *b"Ladies and Gentlemen of the class of '99: If I could offer you only \
            one tip for the future, sunscreen would be it.";
        let tag = seal(&key, &nonce, &associated, &mut text);
        assert_eq!(hex::encode(tag), "1ae10b594f09e26a7e902ecbd0600691");
        assert_eq!(hex::encode(&text[..8]), "d31a8d34648e60db");
    }
}

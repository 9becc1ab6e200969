use core::fmt;

use chacha20poly1305::{AeadInOut as _, ChaChaPoly1305, KeyInit as _};
use poly1305::{Poly1305, universal_hash::UniversalHash as _};
use zeroize::Zeroize as _;

use crate::chacha::Stream;
use crate::{ChaCha20, Secret};

/// ChaCha20-Poly1305 on the stream that onions are read with: there is one in an image.
type ChaCha20Poly1305 = ChaChaPoly1305<Stream>;

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

/// Encrypts `bytes` in place as [`seal`] does with the nonce zero, and returns a tag that also
/// proves knowledge of `trailing`.
///
/// The tag is Poly1305 over the ciphertext filled to 16 bytes, `trailing`, and both lengths as
/// little-endian 64-bit integers: RFC 8439 with its associated data moved behind the text. LDK
/// recognises by it what a node has sealed to itself.
#[must_use]
pub fn seal_with_trailing_key(
    key: &Secret<32>,
    trailing: &Secret<32>,
    bytes: &mut [u8],
) -> [u8; TAG_LEN] {
    // The first block of the keystream keys the MAC (RFC 8439 §2.6), of which half is used.
    let mut stream = ChaCha20::new(key);
    let mut mac_key = poly1305::Key::default();
    stream.apply(&mut mac_key);
    stream.seek(CHACHA_BLOCK_LEN);
    stream.apply(bytes);

    let mut mac = Poly1305::new(&mac_key);
    mac_key.zeroize();
    mac.update_padded(bytes);
    mac.update_padded(trailing.expose_secret());
    let mut lengths = [0; 16];
    let fields = [bytes.len(), trailing.expose_secret().len()];
    for (space, len) in lengths.as_chunks_mut::<8>().0.iter_mut().zip(fields) {
        // A length is at most 64 bits.
        *space = u64::try_from(len).unwrap_or(u64::MAX).to_le_bytes();
    }
    mac.update_padded(&lengths);
    mac.finalize().into()
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

/// Bytes of a block of the ChaCha20 keystream.
const CHACHA_BLOCK_LEN: u32 = 64;

#[cfg(test)]
mod tests {
    use super::{BadTag, NONCE_ZERO, open, seal, seal_with_trailing_key};
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
    fn a_trailing_key_takes_the_ciphertexts_place_and_the_ciphertext_the_associated_datas() {
        let (key, trailing) = (Secret::new([3; 32]), Secret::new([5; 32]));
        for len in [0, 1, 15, 16, 17, 53, 107, 128] {
            let mut bytes = [7; 128];
            let mut plain = bytes;
            let (bytes, plain) = (&mut bytes[..len], &mut plain[..len]);
            let plain_tag = seal(&key, &NONCE_ZERO, &[], plain);
            let tag = seal_with_trailing_key(&key, &trailing, bytes);
            assert_eq!(bytes, plain, "the text is encrypted as ever");
            assert_ne!(tag, plain_tag);
            assert_eq!(open(&key, &NONCE_ZERO, bytes, &mut [5; 32], &tag), Ok(()));
            assert_eq!(open(&key, &NONCE_ZERO, bytes, &mut [6; 32], &tag), Err(BadTag));
        }
    }

    #[test]
    fn a_trailing_key_seals_as_ldk_0_3_does() {
        // The last hop of its `BlindedMessagePath::new` to the key 0x42…, with a session key 0x51…
        // and a `ReceiveAuthKey` 0xa0….
        let key = hex::decode("b3027f5d5178ddadc0143cdd8179c840aa0c91eaedf674459b0dcd38d3a70c17");
        let key = Secret::new(key.unwrap().try_into().unwrap());
        let mut bytes = hex::decode("fe000100010f010d000b636f756e7465727369676e").unwrap();
        let tag = seal_with_trailing_key(&key, &Secret::new([0xa0; 32]), &mut bytes);
        assert_eq!(hex::encode(bytes), "6a3f5dcddf57fd47b5ff20dbd49eb3578810aa80b3");
        assert_eq!(hex::encode(tag), "051f874dcb6e169e73e226d6cbdf03f1");
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

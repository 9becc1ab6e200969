use hmac::{KeyInit as _, Mac as _};
use zeroize::Zeroize as _;

use crate::Secret;
use crate::hash::BLOCK_LEN;

/// An HMAC-SHA256 in progress (RFC 2104).
#[derive(Clone)]
pub struct HmacSha256(hmac::Hmac<sha2::Sha256>);

impl HmacSha256 {
    /// A MAC of nothing so far, under a key of any length.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        // HMAC fills its key to a block of SHA-256.
        let mut block = [0; BLOCK_LEN];
        if key.len() > BLOCK_LEN {
            for (byte, digit) in block.iter_mut().zip(crate::sha256(&[key])) {
                *byte = digit;
            }
        } else {
            for (byte, &digit) in block.iter_mut().zip(key) {
                *byte = digit;
            }
        }
        // The block-sized constructor is the one that cannot fail.
        let mac = Self(hmac::Hmac::new((&block).into()));
        block.zeroize();
        mac
    }

    /// Covers `bytes` after everything before them.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The MAC of everything.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into_bytes().into()
    }

    /// Whether `expected` is the MAC of everything, compared in constant time.
    #[must_use]
    pub fn matches(self, expected: &[u8; 32]) -> bool {
        self.0.verify(expected.into()).is_ok()
    }
}

impl core::fmt::Debug for HmacSha256 {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("HmacSha256(..)")
    }
}

/// The HMAC-SHA256 of `parts`, one after the other.
#[must_use]
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = HmacSha256::new(key);
    for part in parts {
        mac.update(part);
    }
    mac.finish()
}

/// The first 32 bytes of HKDF-SHA256 (RFC 5869), for the purpose that `info` names.
#[must_use]
pub fn hkdf_sha256(salt: &[u8], secret: &[u8], info: &[u8]) -> Secret<32> {
    let mut extracted = hmac_sha256(salt, &[secret]);
    // They are the first block of the output, and the 1 says so.
    let mut expanded = hmac_sha256(&extracted, &[info, &[1]]);
    let key = Secret::new(expanded);
    extracted.zeroize();
    expanded.zeroize();
    key
}

#[cfg(test)]
mod tests {
    use super::{HmacSha256, hkdf_sha256, hmac_sha256};

    #[test]
    fn short_and_long_keys_match_rfc_4231() {
        // Test cases 2 and 6.
        assert_eq!(
            hex::encode(hmac_sha256(b"Jefe", &[b"what do ya want ", b"for nothing?"])),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            hex::encode(hmac_sha256(
                &[0xaa; 131],
                &[b"Test Using Larger Than Block-Size Key - Hash Key First"]
            )),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn a_mac_matches_itself_only() {
        let mac = || {
            let mut mac = HmacSha256::new(&[1; 32]);
            mac.update(b"message");
            mac
        };
        let mut tag = mac().finish();
        assert!(mac().matches(&tag));
        tag[31] ^= 1;
        assert!(!mac().matches(&tag));
    }

    #[test]
    fn hkdf_matches_rfc_5869() {
        // Test case 1, its first 32 bytes.
        let salt: [u8; 13] = core::array::from_fn(|at| u8::try_from(at).unwrap());
        let info: [u8; 10] = core::array::from_fn(|at| 0xf0 | u8::try_from(at).unwrap());
        assert_eq!(
            hex::encode(hkdf_sha256(&salt, &[0x0b; 22], &info).expose_secret()),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
        );
    }
}

use chacha20::cipher::{KeyIvInit as _, StreamCipher as _, StreamCipherSeek as _};

use crate::Secret;

/// The ChaCha20 keystream of a key with the nonce zero, at some position (RFC 8439).
///
/// BOLT 4 uses each key for one stream, which is why its nonce can be zero. Wiped on drop.
pub struct ChaCha20(chacha20::ChaCha20);

impl ChaCha20 {
    /// The keystream at its start.
    #[must_use]
    pub fn new(key: &Secret<32>) -> Self {
        Self(chacha20::ChaCha20::new(key.expose_secret().into(), &[0; 12].into()))
    }

    /// Moves to byte `position` of the stream.
    ///
    /// A position is 32 bits because the stream ends after 256 GiB and an onion after 64 KiB.
    pub fn seek(&mut self, position: u32) {
        let moved = self.0.try_seek(position);
        debug_assert!(moved.is_ok());
    }

    /// Combines `bytes` with the stream by exclusive or, and moves past them.
    pub fn apply(&mut self, bytes: &mut [u8]) {
        let applied = self.0.try_apply_keystream(bytes);
        debug_assert!(applied.is_ok());
    }
}

impl core::fmt::Debug for ChaCha20 {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("ChaCha20(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::ChaCha20;
    use crate::Secret;

    #[test]
    fn the_stream_of_the_zero_key_is_the_known_one() {
        // RFC 8439 §A.1, test vector 1.
        let mut bytes = [0; 16];
        ChaCha20::new(&Secret::new([0; 32])).apply(&mut bytes);
        assert_eq!(hex::encode(bytes), "76b8e0ada0f13d90405d6ae55386bd28");
    }

    proptest! {
        #[test]
        fn a_stream_is_the_same_however_it_is_reached(start in 0u16..1000, len in 0usize..300) {
            let key = Secret::new([9; 32]);
            let mut whole = [0; 1300];
            ChaCha20::new(&key).apply(&mut whole);
            let mut part = [0; 300];
            let mut stream = ChaCha20::new(&key);
            stream.seek(u32::from(start));
            stream.apply(&mut part[..len]);
            let start = usize::from(start);
            prop_assert_eq!(&part[..len], &whole[start..][..len]);
        }
    }
}

use chacha20::cipher::consts::{U12, U32};
use chacha20::cipher::{
    InOutBuf, Iv, IvSizeUser, Key, KeyIvInit, KeySizeUser, OverflowError, SeekNum, StreamCipher,
    StreamCipherError, StreamCipherSeek,
};

use crate::Secret;

/// Bytes of a block of the stream.
const BLOCK: u32 = 64;

/// Bytes of the stream that are had at a time: few on a device, which has little stack, and many on a
/// processor with wide registers.
const PORTION: usize = if cfg!(target_os = "none") { 256 } else { 1_024 };

/// The ChaCha20 keystream of a key with the nonce zero, at some position (RFC 8439).
///
/// BOLT 4 uses each key for one stream, which is why its nonce can be zero. Wiped on drop.
pub struct ChaCha20(Stream);

impl ChaCha20 {
    /// The keystream at its start.
    #[must_use]
    pub fn new(key: &Secret<32>) -> Self {
        Self(Stream::new(key.expose_secret().into(), &[0; 12].into()))
    }

    /// Moves to byte `position` of the stream, which is free when it is there already.
    ///
    /// A position is 32 bits because the stream ends after 256 GiB and an onion after 64 KiB.
    pub fn seek(&mut self, position: u32) {
        let moved = self.0.try_seek(position);
        debug_assert!(moved.is_ok());
    }

    /// Combines `bytes` with the stream by exclusive or, and moves past them.
    pub fn apply(&mut self, bytes: &mut [u8]) {
        self.0.apply(bytes);
    }
}

impl core::fmt::Debug for ChaCha20 {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("ChaCha20(..)")
    }
}

/// The cipher, which hands out its stream a portion at a time; as a cipher itself, so that
/// ChaCha20-Poly1305 is built on it, too.
pub(crate) struct Stream {
    cipher: chacha20::ChaCha20,
    /// Where the stream is. The cipher knows too, but seeking costs it a block even when it need
    /// not move.
    position: u32,
}

impl Stream {
    fn apply(&mut self, bytes: &mut [u8]) {
        let mut stream = [0; PORTION];
        let mut rest = bytes;
        while !rest.is_empty() {
            // Up to the end of a block: what begins at a block's beginning is had without copying.
            let begun = self.position.rem_euclid(BLOCK);
            let room = usize::try_from(begun).map_or(0, |begun| PORTION.saturating_sub(begun));
            let len = rest.len().min(room);
            let (part, behind) = rest.split_at_mut_checked(len).unwrap_or((&mut [], &mut []));
            let stream = stream.get_mut(..len).unwrap_or(&mut []);
            self.unchecked_write_keystream(stream);
            combine(part, stream);
            rest = behind;
        }
    }
}

impl KeySizeUser for Stream {
    type KeySize = U32;
}

impl IvSizeUser for Stream {
    type IvSize = U12;
}

impl KeyIvInit for Stream {
    fn new(key: &Key<Self>, nonce: &Iv<Self>) -> Self {
        Self { cipher: chacha20::ChaCha20::new(key, nonce), position: 0 }
    }
}

impl StreamCipher for Stream {
    /// A stream has 256 GiB, and nothing here is longer than memory.
    fn check_remaining(&self, _: usize) -> Result<(), StreamCipherError> {
        Ok(())
    }

    fn unchecked_apply_keystream_inout(&mut self, bytes: InOutBuf<'_, '_, u8>) {
        self.apply(bytes.into_out_with_copied_in());
    }

    fn unchecked_write_keystream(&mut self, stream: &mut [u8]) {
        let written = self.cipher.try_write_keystream(stream);
        debug_assert!(written.is_ok());
        let len = u32::try_from(stream.len()).unwrap_or(u32::MAX);
        self.position = self.position.saturating_add(len);
    }
}

impl StreamCipherSeek for Stream {
    fn try_current_pos<T: SeekNum>(&self) -> Result<T, OverflowError> {
        self.cipher.try_current_pos()
    }

    fn try_seek<T: SeekNum>(&mut self, position: T) -> Result<(), StreamCipherError> {
        let (block, byte) = position.into_block_byte::<u32>(64).or(Err(StreamCipherError))?;
        let position = block.saturating_mul(BLOCK).saturating_add(byte.into());
        if self.position != position {
            self.cipher.try_seek(position)?;
            self.position = position;
        }
        Ok(())
    }
}

/// Combines `bytes` with as many of the stream. A small device takes half as long again for a loop of
/// single bytes.
fn combine(bytes: &mut [u8], stream: &[u8]) {
    let (groups, rest) = bytes.as_chunks_mut::<8>();
    let (stream_groups, stream_rest) = stream.as_chunks::<8>();
    for (group, [a, b, c, d, e, f, g, h]) in groups.iter_mut().zip(stream_groups) {
        let [first, second, third, fourth, fifth, sixth, seventh, eighth] = group;
        *first ^= a;
        *second ^= b;
        *third ^= c;
        *fourth ^= d;
        *fifth ^= e;
        *sixth ^= f;
        *seventh ^= g;
        *eighth ^= h;
    }
    for (byte, digit) in rest.iter_mut().zip(stream_rest) {
        *byte ^= digit;
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
            let (first, second) = part[..len].split_at_mut_checked(len.div_ceil(3)).unwrap();
            stream.apply(first);
            // Already there.
            let there = usize::from(start).checked_add(first.len()).unwrap();
            stream.seek(u32::try_from(there).unwrap());
            stream.apply(second);
            let start = usize::from(start);
            prop_assert_eq!(&part[..len], &whole[start..][..len]);
        }
    }
}

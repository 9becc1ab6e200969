//! ChaCha20 as an opaque call, with the part of `chacha20`'s API that `countersign-crypto` uses. The
//! traits are the real ones.

#![no_std]

pub use cipher;
use cipher::consts::{U12, U32};
use cipher::{
    InOutBuf, Iv, IvSizeUser, Key, KeyIvInit, KeySizeUser, OverflowError, SeekNum, StreamCipher,
    StreamCipherError, StreamCipherSeek,
};

pub struct ChaCha20([u8; 64]);

impl KeySizeUser for ChaCha20 {
    type KeySize = U32;
}

impl IvSizeUser for ChaCha20 {
    type IvSize = U12;
}

impl KeyIvInit for ChaCha20 {
    fn new(key: &Key<Self>, nonce: &Iv<Self>) -> Self {
        opaque::read(key);
        opaque::read(nonce);
        Self(opaque::bytes())
    }
}

impl StreamCipher for ChaCha20 {
    fn check_remaining(&self, _: usize) -> Result<(), StreamCipherError> {
        opaque::read(&self.0);
        opaque::verdict((), StreamCipherError)
    }

    fn unchecked_apply_keystream_inout(&mut self, mut bytes: InOutBuf<'_, '_, u8>) {
        opaque::write(&mut self.0);
        opaque::read(bytes.get_in());
        opaque::write(bytes.get_out());
    }

    fn unchecked_write_keystream(&mut self, bytes: &mut [u8]) {
        opaque::write(&mut self.0);
        opaque::write(bytes);
    }
}

impl StreamCipherSeek for ChaCha20 {
    fn try_current_pos<T: SeekNum>(&self) -> Result<T, OverflowError> {
        opaque::read(&self.0);
        T::from_block_byte(u32::from_le_bytes(opaque::bytes()), 64, 64)
    }

    fn try_seek<T: SeekNum>(&mut self, position: T) -> Result<(), StreamCipherError> {
        let (block, byte) = position.into_block_byte::<u32>(64).or(Err(StreamCipherError))?;
        opaque::read(&block.to_le_bytes());
        opaque::read(&[byte]);
        opaque::write(&mut self.0);
        opaque::verdict((), StreamCipherError)
    }
}

//! ChaCha20 as an opaque call, with the part of `chacha20`'s API that `countersign-crypto` uses.

#![no_std]

pub mod cipher {
    #[derive(Clone, Copy, Debug)]
    pub struct StreamCipherError;

    pub trait KeyIvInit: Sized {
        fn new(key: &[u8; 32], nonce: &[u8; 12]) -> Self;
    }

    pub trait StreamCipher {
        fn try_write_keystream(&mut self, bytes: &mut [u8]) -> Result<(), StreamCipherError>;
    }

    pub trait StreamCipherSeek {
        fn try_seek(&mut self, position: u32) -> Result<(), StreamCipherError>;
    }
}

pub struct ChaCha20([u8; 64]);

impl cipher::KeyIvInit for ChaCha20 {
    fn new(key: &[u8; 32], nonce: &[u8; 12]) -> Self {
        opaque::read(key);
        opaque::read(nonce);
        Self(opaque::bytes())
    }
}

impl cipher::StreamCipher for ChaCha20 {
    fn try_write_keystream(&mut self, bytes: &mut [u8]) -> Result<(), cipher::StreamCipherError> {
        opaque::write(&mut self.0);
        opaque::write(bytes);
        opaque::verdict((), cipher::StreamCipherError)
    }
}

impl cipher::StreamCipherSeek for ChaCha20 {
    fn try_seek(&mut self, position: u32) -> Result<(), cipher::StreamCipherError> {
        opaque::read(&position.to_le_bytes());
        opaque::write(&mut self.0);
        opaque::verdict((), cipher::StreamCipherError)
    }
}

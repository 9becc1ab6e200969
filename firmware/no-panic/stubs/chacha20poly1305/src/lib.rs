//! ChaCha20-Poly1305 as opaque calls, with the part of `chacha20poly1305`'s API that
//! `countersign-crypto` uses.

#![no_std]

pub use opaque::KeyInit;

#[derive(Clone, Copy, Debug)]
pub struct Error;

pub struct ChaCha20Poly1305([u8; 32]);

pub trait AeadInOut {
    fn encrypt_inout_detached(
        &self,
        nonce: &[u8; 12],
        associated: &[u8],
        bytes: &mut [u8],
    ) -> Result<[u8; 16], Error>;

    fn decrypt_inout_detached(
        &self,
        nonce: &[u8; 12],
        associated: &[u8],
        bytes: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), Error>;
}

impl KeyInit for ChaCha20Poly1305 {
    type Key = [u8; 32];

    fn new(key: &[u8; 32]) -> Self {
        Self(*key)
    }
}

impl AeadInOut for ChaCha20Poly1305 {
    fn encrypt_inout_detached(
        &self,
        nonce: &[u8; 12],
        associated: &[u8],
        bytes: &mut [u8],
    ) -> Result<[u8; 16], Error> {
        opaque::read(&self.0);
        opaque::read(nonce);
        opaque::read(associated);
        opaque::write(bytes);
        opaque::verdict(opaque::bytes(), Error)
    }

    fn decrypt_inout_detached(
        &self,
        nonce: &[u8; 12],
        associated: &[u8],
        bytes: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), Error> {
        opaque::read(&self.0);
        opaque::read(nonce);
        opaque::read(associated);
        opaque::read(tag);
        opaque::write(bytes);
        opaque::verdict((), Error)
    }
}

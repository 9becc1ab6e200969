//! ChaCha20-Poly1305 as opaque calls, with the part of `chacha20poly1305`'s API that
//! `countersign-crypto` uses.

#![no_std]

use core::marker::PhantomData;

pub use opaque::KeyInit;

#[derive(Clone, Copy, Debug)]
pub struct Error;

/// With any cipher, which it never calls.
pub struct ChaChaPoly1305<C>([u8; 32], PhantomData<C>);

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

impl<C> KeyInit for ChaChaPoly1305<C> {
    type Key = [u8; 32];

    fn new(key: &[u8; 32]) -> Self {
        Self(*key, PhantomData)
    }
}

impl<C> AeadInOut for ChaChaPoly1305<C> {
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

//! HMAC as an opaque call, with the part of `hmac`'s API that our crates use.

#![no_std]

use core::marker::PhantomData;

pub use opaque::KeyInit;

#[derive(Clone, Copy, Debug)]
pub struct MacError;

#[derive(Clone, Debug)]
pub struct Hmac<D>([u8; 32], PhantomData<D>);

pub struct CtOutput([u8; 32]);

impl CtOutput {
    pub fn into_bytes(self) -> [u8; 32] {
        self.0
    }
}

pub trait Mac: Sized {
    fn update(&mut self, data: &[u8]);
    fn finalize(self) -> CtOutput;
    fn verify(self, tag: &[u8; 32]) -> Result<(), MacError>;
}

impl<D> KeyInit for Hmac<D> {
    type Key = [u8; 64];

    fn new(key: &[u8; 64]) -> Self {
        opaque::read(key);
        Self(opaque::bytes(), PhantomData)
    }
}

impl<D> Mac for Hmac<D> {
    fn update(&mut self, data: &[u8]) {
        opaque::read(data);
        opaque::write(&mut self.0);
    }

    fn finalize(mut self) -> CtOutput {
        opaque::write(&mut self.0);
        CtOutput(self.0)
    }

    fn verify(self, tag: &[u8; 32]) -> Result<(), MacError> {
        opaque::read(tag);
        opaque::read(&self.0);
        opaque::verdict((), MacError)
    }
}

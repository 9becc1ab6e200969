//! HKDF as an opaque call, with the part of `hkdf`'s API that `countersign-crypto` uses.

#![no_std]

use core::marker::PhantomData;

#[derive(Clone, Copy, Debug)]
pub struct InvalidLength;

#[derive(Clone, Debug)]
pub struct Hkdf<D>([u8; 32], PhantomData<D>);

impl<D> Hkdf<D> {
    pub fn new(salt: Option<&[u8]>, secret: &[u8]) -> Self {
        opaque::read(salt.unwrap_or_default());
        opaque::read(secret);
        Self(opaque::bytes(), PhantomData)
    }

    pub fn expand(&self, info: &[u8], output: &mut [u8]) -> Result<(), InvalidLength> {
        opaque::read(&self.0);
        opaque::read(info);
        opaque::write(output);
        opaque::verdict((), InvalidLength)
    }
}

//! The curve as opaque calls, with the part of `secp256k1`'s API that `countersign-crypto` uses.

#![no_std]

use core::marker::PhantomData;

pub mod ecdh;
mod keys;
pub mod schnorr;

pub use keys::{Keypair, OutOfRangeError, Parity, PublicKey, Scalar, SecretKey, XOnlyPublicKey};

pub mod ffi {
    pub mod types {
        #[repr(align(16))]
        #[derive(Clone, Copy)]
        pub struct AlignedType(pub [u8; 16]);

        impl AlignedType {
            pub const ZERO: Self = Self([0; 16]);
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Error;

pub struct AllPreallocated<'buf>(PhantomData<&'buf ()>);

pub struct Secp256k1<C>(PhantomData<C>);

impl<'buf> Secp256k1<AllPreallocated<'buf>> {
    pub fn preallocated_new(memory: &'buf mut [ffi::types::AlignedType]) -> Result<Self, Error> {
        for unit in memory {
            opaque::write(&mut unit.0);
        }
        opaque::verdict(Self(PhantomData), Error)
    }
}

impl<C> Secp256k1<C> {
    pub fn seeded_randomize(&mut self, seed: &[u8; 32]) {
        opaque::read(seed);
    }

    pub fn sign_schnorr_with_aux_rand(
        &self,
        message: &[u8],
        keypair: &Keypair,
        aux: &[u8; 32],
    ) -> schnorr::Signature {
        opaque::read(message);
        keypair.read();
        opaque::read(aux);
        schnorr::Signature::from_byte_array(opaque::bytes())
    }

    pub fn verify_schnorr(
        &self,
        signature: &schnorr::Signature,
        message: &[u8],
        key: &XOnlyPublicKey,
    ) -> Result<(), Error> {
        opaque::read(&signature.to_byte_array());
        opaque::read(message);
        key.read();
        opaque::verdict((), Error)
    }
}

use crate::{Error, Secp256k1};

#[derive(Clone, Copy)]
pub struct SecretKey([u8; 32]);

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 64]);

#[derive(Clone, Copy)]
pub struct Keypair([u8; 96]);

#[derive(Clone, Copy)]
pub struct XOnlyPublicKey([u8; 64]);

#[derive(Clone, Copy)]
pub struct Scalar([u8; 32]);

#[derive(Clone, Copy, Debug)]
pub struct OutOfRangeError;

#[derive(Clone, Copy)]
pub enum Parity {
    Even,
    Odd,
}

impl SecretKey {
    pub fn from_byte_array(bytes: [u8; 32]) -> Result<Self, Error> {
        opaque::read(&bytes);
        opaque::verdict(Self(bytes), Error)
    }

    pub fn mul_tweak(mut self, tweak: &Scalar) -> Result<Self, Error> {
        opaque::read(&tweak.0);
        opaque::write(&mut self.0);
        opaque::verdict(self, Error)
    }

    pub fn secret_bytes(&self) -> [u8; 32] {
        self.0
    }

    pub fn non_secure_erase(&mut self) {
        opaque::write(&mut self.0);
    }
}

impl PublicKey {
    pub fn from_secret_key<C>(_curve: &Secp256k1<C>, key: &SecretKey) -> Self {
        opaque::read(&key.0);
        Self(opaque::bytes())
    }

    pub fn from_byte_array_compressed(bytes: [u8; 33]) -> Result<Self, Error> {
        opaque::read(&bytes);
        opaque::verdict(Self(opaque::bytes()), Error)
    }

    pub fn mul_tweak<C>(mut self, _curve: &Secp256k1<C>, tweak: &Scalar) -> Result<Self, Error> {
        opaque::read(&tweak.0);
        opaque::write(&mut self.0);
        opaque::verdict(self, Error)
    }

    pub fn serialize(&self) -> [u8; 33] {
        opaque::read(&self.0);
        opaque::bytes()
    }

    pub fn x_only_public_key(&self) -> (XOnlyPublicKey, Parity) {
        let parity = opaque::verdict(Parity::Even, Parity::Odd).unwrap_or_else(|odd| odd);
        (XOnlyPublicKey(self.0), parity)
    }
}

impl Keypair {
    pub fn from_secret_key<C>(_curve: &Secp256k1<C>, key: &SecretKey) -> Self {
        opaque::read(&key.0);
        Self(opaque::bytes())
    }

    pub fn public_key(&self) -> PublicKey {
        opaque::read(&self.0);
        PublicKey(opaque::bytes())
    }

    pub fn secret_key(&self) -> SecretKey {
        opaque::read(&self.0);
        SecretKey(opaque::bytes())
    }

    pub fn non_secure_erase(&mut self) {
        opaque::write(&mut self.0);
    }

    pub(crate) fn read(&self) {
        opaque::read(&self.0);
    }
}

impl XOnlyPublicKey {
    pub(crate) fn read(&self) {
        opaque::read(&self.0);
    }
}

impl Scalar {
    pub fn from_be_bytes(bytes: [u8; 32]) -> Result<Self, OutOfRangeError> {
        opaque::read(&bytes);
        opaque::verdict(Self(bytes), OutOfRangeError)
    }

    pub fn non_secure_erase(&mut self) {
        opaque::write(&mut self.0);
    }
}

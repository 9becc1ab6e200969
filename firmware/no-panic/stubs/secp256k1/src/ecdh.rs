use crate::{PublicKey, SecretKey};

pub struct SharedSecret([u8; 32]);

impl SharedSecret {
    pub fn new(point: &PublicKey, key: &SecretKey) -> Self {
        opaque::read(&point.serialize());
        opaque::read(&key.secret_bytes());
        Self(opaque::bytes())
    }

    pub fn secret_bytes(&self) -> [u8; 32] {
        self.0
    }

    pub fn non_secure_erase(&mut self) {
        opaque::write(&mut self.0);
    }
}

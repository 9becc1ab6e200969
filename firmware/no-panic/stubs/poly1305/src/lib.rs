//! Poly1305 as an opaque call, with the part of `poly1305`'s API that `countersign-crypto` uses.

#![no_std]

pub mod universal_hash {
    pub trait UniversalHash {
        fn update_padded(&mut self, data: &[u8]);
        fn finalize(self) -> [u8; 16];
    }
}

pub type Key = [u8; 32];

pub struct Poly1305([u8; 32]);

impl opaque::KeyInit for Poly1305 {
    type Key = Key;

    fn new(key: &Key) -> Self {
        opaque::read(key);
        Self(opaque::bytes())
    }
}

impl universal_hash::UniversalHash for Poly1305 {
    fn update_padded(&mut self, data: &[u8]) {
        opaque::read(data);
        opaque::write(&mut self.0);
    }

    fn finalize(self) -> [u8; 16] {
        opaque::read(&self.0);
        opaque::bytes()
    }
}

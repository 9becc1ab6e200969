//! SHA-256 as an opaque call, with the part of `sha2`'s API that our crates use.

#![no_std]

pub trait Digest {
    fn update(&mut self, data: impl AsRef<[u8]>);
    fn finalize(self) -> [u8; 32];
}

#[derive(Clone, Debug, Default)]
pub struct Sha256([u8; 32]);

impl Digest for Sha256 {
    fn update(&mut self, data: impl AsRef<[u8]>) {
        opaque::read(data.as_ref());
        opaque::write(&mut self.0);
    }

    fn finalize(mut self) -> [u8; 32] {
        opaque::write(&mut self.0);
        self.0
    }
}

/// Named as a parameter of PBKDF2, and never computed here.
#[derive(Clone, Copy, Debug)]
pub struct Sha512;

pub mod block_api {
    pub fn compress256(state: &mut [u32; 8], blocks: &[[u8; 64]]) {
        for block in blocks {
            opaque::read(block);
        }
        let mut bytes = [0; 4];
        for word in state {
            opaque::write(&mut bytes);
            *word = u32::from_ne_bytes(bytes);
        }
    }
}

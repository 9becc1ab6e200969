//! PBKDF2 as an opaque call, with the part of `pbkdf2`'s API that `countersign-mnemonic` uses.

#![no_std]

#[derive(Clone, Copy, Debug)]
pub struct InvalidLength;

pub fn pbkdf2<Prf>(
    password: &[u8],
    salt: &[u8],
    _rounds: u32,
    output: &mut [u8],
) -> Result<(), InvalidLength> {
    opaque::read(password);
    opaque::read(salt);
    opaque::write(output);
    opaque::verdict((), InvalidLength)
}

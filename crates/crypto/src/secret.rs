use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::KeyType;

/// `N` secret bytes: wiped on drop, never shown, never cloned, compared in constant time.
pub struct Secret<const N: usize>([u8; N]);

impl<const N: usize> Secret<N> {
    /// Takes bytes that are secret from here on. The caller wipes its own copy.
    #[must_use]
    pub const fn new(bytes: [u8; N]) -> Self {
        Self(bytes)
    }

    /// The bytes themselves.
    #[must_use]
    pub const fn expose_secret(&self) -> &[u8; N] {
        &self.0
    }

    /// Whether both are the same, in time that does not depend on where they differ.
    #[must_use]
    pub fn ct_eq(&self, other: &[u8; N]) -> bool {
        self.0.as_slice().ct_eq(other.as_slice()).into()
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What two parties of an ECDH share: the SHA-256 of the compressed product point.
#[derive(Debug)]
pub struct SharedSecret(Secret<32>);

impl SharedSecret {
    pub(crate) const fn new(bytes: [u8; 32]) -> Self {
        Self(Secret::new(bytes))
    }

    /// The key for one purpose.
    #[must_use]
    pub fn derive(&self, key_type: KeyType) -> Secret<32> {
        key_type.derive(self.0.expose_secret())
    }

    /// The bytes themselves.
    #[must_use]
    pub const fn expose_secret(&self) -> &[u8; 32] {
        self.0.expose_secret()
    }
}

/// Overwrites bytes that were secret, in a way that the compiler does not leave out.
pub fn wipe(bytes: &mut [u8]) {
    bytes.zeroize();
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;

    use super::{Secret, SharedSecret, wipe};

    #[test]
    fn wiped_bytes_are_zero() {
        let mut bytes = [7; 5];
        wipe(&mut bytes);
        assert_eq!(bytes, [0; 5]);
    }

    #[test]
    fn a_secret_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::new([0xab; 32])), "Secret(..)");
        assert_eq!(format!("{:?}", SharedSecret::new([0xab; 32])), "SharedSecret(Secret(..))");
    }

    #[test]
    fn secrets_are_equal_only_when_every_byte_is() {
        let secret = Secret::new([7; 16]);
        assert!(secret.ct_eq(&[7; 16]));
        for at in 0..16 {
            let mut other = [7; 16];
            other[at] = 8;
            assert!(!secret.ct_eq(&other));
        }
    }
}

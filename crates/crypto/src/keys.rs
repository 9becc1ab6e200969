use core::fmt;

use secp256k1::{Scalar, ecdh};

use crate::{Curve, Secret, SharedSecret};

/// These bytes are no secret key: zero, or not below the order of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAKey;

impl fmt::Display for NotAKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the number is zero or not below the order of the curve")
    }
}

impl core::error::Error for NotAKey {}

/// These bytes are no compressed point of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAPoint;

impl fmt::Display for NotAPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bytes are not a compressed point of the curve")
    }
}

impl core::error::Error for NotAPoint {}

/// A secret key. Wiped on drop.
pub struct SecretKey(secp256k1::SecretKey);

impl SecretKey {
    /// Takes a key from 32 big-endian bytes.
    ///
    /// # Errors
    /// [`NotAKey`]: for random bytes, once in 2¹²⁷ times.
    pub fn parse(bytes: &Secret<32>) -> Result<Self, NotAKey> {
        secp256k1::SecretKey::from_byte_array(*bytes.expose_secret()).map(Self).or(Err(NotAKey))
    }

    /// The public key: one multiplication of the curve's base point.
    #[must_use]
    pub fn public_key(&self, curve: &Curve<'_>) -> PublicKey {
        PublicKey(secp256k1::PublicKey::from_secret_key(&curve.0, &self.0))
    }

    /// What this key and `point` share: one multiplication, in constant time.
    #[must_use]
    pub fn ecdh(&self, point: &PublicKey) -> SharedSecret {
        let mut shared = ecdh::SharedSecret::new(&point.0, &self.0);
        let secret = SharedSecret::new(shared.secret_bytes());
        shared.non_secure_erase();
        secret
    }

    /// This key times `tweak`.
    ///
    /// # Errors
    /// [`NotAKey`] when `tweak` is zero or not below the order of the curve.
    pub fn times(&self, tweak: &Secret<32>) -> Result<Self, NotAKey> {
        let mut tweak = Scalar::from_be_bytes(*tweak.expose_secret()).or(Err(NotAKey))?;
        let product = self.0.mul_tweak(&tweak).map(Self).or(Err(NotAKey));
        tweak.non_secure_erase();
        product
    }

    /// The 32 big-endian bytes.
    #[must_use]
    pub fn expose_secret(&self) -> Secret<32> {
        Secret::new(self.0.secret_bytes())
    }
}

impl Drop for SecretKey {
    fn drop(&mut self) {
        // libsecp256k1's crate names it so because copies that the compiler made are beyond it.
        self.0.non_secure_erase();
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

/// A secret key with its public key, which signing needs. Wiped on drop.
pub struct KeyPair(pub(crate) secp256k1::Keypair);

impl KeyPair {
    /// Computes the public key: one multiplication of the curve's base point.
    #[must_use]
    pub fn new(curve: &Curve<'_>, secret: &SecretKey) -> Self {
        Self(secp256k1::Keypair::from_secret_key(&curve.0, &secret.0))
    }

    /// The public key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.public_key())
    }

    /// The secret key alone.
    #[must_use]
    pub fn secret_key(&self) -> SecretKey {
        SecretKey(self.0.secret_key())
    }
}

impl Drop for KeyPair {
    fn drop(&mut self) {
        self.0.non_secure_erase();
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyPair(..)")
    }
}

/// A point of the curve other than infinity: what BOLT 1 calls a `point`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(pub(crate) secp256k1::PublicKey);

impl PublicKey {
    /// Reads a compressed point. This takes a square root: parse a point once.
    ///
    /// # Errors
    /// [`NotAPoint`] when the first byte is not 2 or 3, or x is not on the curve (R-TLV-08).
    pub fn parse(bytes: &[u8; 33]) -> Result<Self, NotAPoint> {
        secp256k1::PublicKey::from_byte_array_compressed(*bytes).map(Self).or(Err(NotAPoint))
    }

    /// The compressed point.
    #[must_use]
    pub fn serialize(&self) -> [u8; 33] {
        self.0.serialize()
    }

    /// This point times `tweak`: one multiplication, in time that depends on `tweak`.
    ///
    /// # Errors
    /// [`NotAKey`] when `tweak` is zero or not below the order of the curve.
    pub fn times(&self, curve: &Curve<'_>, tweak: &Secret<32>) -> Result<Self, NotAKey> {
        let mut tweak = Scalar::from_be_bytes(*tweak.expose_secret()).or(Err(NotAKey))?;
        let product = self.0.mul_tweak(&curve.0, &tweak).map(Self).or(Err(NotAKey));
        tweak.non_secure_erase();
        product
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(")?;
        self.serialize().iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;

    use super::{KeyPair, NotAKey, NotAPoint, PublicKey, SecretKey};
    use crate::{Curve, CurveMemory, Secret, sha256};

    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xfe, 0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36,
        0x41, 0x41,
    ];

    fn key(fill: u8) -> SecretKey {
        SecretKey::parse(&Secret::new([fill; 32])).unwrap()
    }

    #[test]
    fn zero_and_the_order_are_not_keys() {
        let one = |bytes| SecretKey::parse(&Secret::new(bytes)).map(|_| ());
        assert_eq!(one([0; 32]), Err(NotAKey));
        assert_eq!(one(ORDER), Err(NotAKey));
        let mut last = ORDER;
        last[31] = 0x40;
        assert_eq!(one(last), Ok(()));
        assert_eq!(key(1).times(&Secret::new([0; 32])).map(|_| ()), Err(NotAKey));
        assert_eq!(key(1).times(&Secret::new(ORDER)).map(|_| ()), Err(NotAKey));
    }

    #[test]
    fn only_a_compressed_point_of_the_curve_is_a_point() {
        // R-TLV-08
        let mut memory = CurveMemory::new();
        let curve = Curve::new(&mut memory, &Secret::new([1; 32])).unwrap();
        let bytes = key(7).public_key(&curve).serialize();
        assert_eq!(PublicKey::parse(&bytes).unwrap().serialize(), bytes);
        for first in [0, 1, 4, 5, 6, 7, 0xff] {
            let mut other = bytes;
            other[0] = first;
            assert_eq!(PublicKey::parse(&other), Err(NotAPoint), "hybrid, or no point at all");
        }
        assert_eq!(PublicKey::parse(&[0; 33]), Err(NotAPoint));
        let mut beyond = [0xff; 33];
        beyond[0] = 2;
        assert_eq!(PublicKey::parse(&beyond), Err(NotAPoint));
    }

    #[test]
    fn both_sides_of_an_ecdh_share_the_same_secret() {
        let mut memory = CurveMemory::new();
        let curve = Curve::new(&mut memory, &Secret::new([1; 32])).unwrap();
        let (a, b) = (key(5), key(6));
        let shared = a.ecdh(&b.public_key(&curve));
        assert_eq!(shared.expose_secret(), b.ecdh(&a.public_key(&curve)).expose_secret());
        let product = b.public_key(&curve).times(&curve, &a.expose_secret()).unwrap();
        assert_eq!(shared.expose_secret(), &sha256(&[&product.serialize()]));
        assert_eq!(a.times(&b.expose_secret()).unwrap().public_key(&curve), product);
    }

    #[test]
    fn a_signature_is_of_one_key_and_one_digest() {
        let mut memory = CurveMemory::new();
        let curve = Curve::new(&mut memory, &Secret::new([1; 32])).unwrap();
        let pair = KeyPair::new(&curve, &key(9));
        let signature = pair.sign(&curve, &[4; 32], &[0; 32]);
        assert!(pair.public_key().verifies(&curve, &[4; 32], &signature));
        assert!(!pair.public_key().verifies(&curve, &[5; 32], &signature));
        assert!(!key(8).public_key(&curve).verifies(&curve, &[4; 32], &signature));
        assert_eq!(pair.secret_key().public_key(&curve), pair.public_key());
    }

    #[test]
    fn keys_show_nothing() {
        let mut memory = CurveMemory::new();
        let curve = Curve::new(&mut memory, &Secret::new([1; 32])).unwrap();
        assert_eq!(format!("{:?}", key(9)), "SecretKey(..)");
        assert_eq!(format!("{:?}", KeyPair::new(&curve, &key(9))), "KeyPair(..)");
        assert_eq!(format!("{curve:?}"), "Curve(..)");
    }
}

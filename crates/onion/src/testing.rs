use countersign_crypto::{Curve, CurveMemory, PublicKey, Secret, SecretKey};

/// A curve for `then`.
pub(crate) fn with_curve<T>(then: impl FnOnce(&Curve<'_>) -> T) -> T {
    let mut memory = CurveMemory::new();
    then(&Curve::new(&mut memory, &Secret::new([1; 32])).unwrap())
}

pub(crate) fn secret(fill: u8) -> SecretKey {
    SecretKey::parse(&Secret::new([fill; 32])).unwrap()
}

pub(crate) fn key(fill: u8) -> PublicKey {
    with_curve(|curve| secret(fill).public_key(curve))
}

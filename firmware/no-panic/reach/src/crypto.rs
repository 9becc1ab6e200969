use core::fmt::{Debug, Display};
use core::ptr::drop_in_place;

use countersign_crypto::{
    BadTag, ChaCha20, Curve, CurveMemory, HmacSha256, KeyPair, KeyType, NotAKey, NotAPoint,
    PublicKey, Secret, SecretKey, Sha256, SharedSecret, Signature, TaggedHash, hkdf_sha256,
    hmac_sha256, open, seal, seal_with_trailing_key, sha256, wipe,
};

/// `countersign-crypto`.
pub fn crypto() {
    curve();
    symmetric();
    shown();
}

fn curve() {
    crate::keep([
        CurveMemory::new as *const (),
        Curve::new as *const (),
        Curve::randomize as *const (),
        SecretKey::parse as *const (),
        SecretKey::public_key as *const (),
        SecretKey::ecdh as *const (),
        SecretKey::times as *const (),
        SecretKey::expose_secret as *const (),
        drop_in_place::<SecretKey> as *const (),
        KeyPair::new as *const (),
        KeyPair::public_key as *const (),
        KeyPair::secret_key as *const (),
        KeyPair::sign as *const (),
        drop_in_place::<KeyPair> as *const (),
        PublicKey::parse as *const (),
        PublicKey::serialize as *const (),
        PublicKey::times as *const (),
        PublicKey::verifies as *const (),
        KeyType::derive as *const (),
        SharedSecret::derive as *const (),
        SharedSecret::expose_secret as *const (),
        drop_in_place::<SharedSecret> as *const (),
    ]);
}

fn symmetric() {
    crate::keep([
        Secret::<32>::new as *const (),
        Secret::<32>::expose_secret as *const (),
        Secret::<32>::ct_eq as *const (),
        drop_in_place::<Secret<32>> as *const (),
        Sha256::new as *const (),
        Sha256::update as *const (),
        Sha256::finish as *const (),
        sha256 as *const (),
        TaggedHash::new as *const (),
        TaggedHash::hash as *const (),
        TaggedHash::resumed as *const (),
        HmacSha256::new as *const (),
        HmacSha256::update as *const (),
        HmacSha256::finish as *const (),
        HmacSha256::matches as *const (),
        hmac_sha256 as *const (),
        hkdf_sha256 as *const (),
        ChaCha20::new as *const (),
        ChaCha20::seek as *const (),
        ChaCha20::apply as *const (),
        drop_in_place::<ChaCha20> as *const (),
        seal as *const (),
        seal_with_trailing_key as *const (),
        wipe as *const (),
        open as *const (),
    ]);
}

fn shown() {
    crate::keep([
        <BadTag as Display>::fmt as *const (),
        <NotAKey as Display>::fmt as *const (),
        <NotAPoint as Display>::fmt as *const (),
        <PublicKey as Debug>::fmt as *const (),
        <SecretKey as Debug>::fmt as *const (),
        <KeyPair as Debug>::fmt as *const (),
        <Secret<32> as Debug>::fmt as *const (),
        <SharedSecret as Debug>::fmt as *const (),
        <Signature as Debug>::fmt as *const (),
        <Curve<'_> as Debug>::fmt as *const (),
        <CurveMemory as Debug>::fmt as *const (),
    ]);
}

//! Keys and packets for the crate's own tests.

extern crate alloc;

use alloc::vec;
use alloc::vec::Vec;

use countersign_crypto::{
    ChaCha20, Curve, CurveMemory, HmacSha256, KeyType, PublicKey, Secret, SecretKey,
};

use crate::{
    AssociatedData, Build, Ignored, Packet, Pad, Payload, PayloadsLen, Peel, Peeled, Plan,
};

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

/// The keys of the first `count` hops: of hop `n`, the secret is `n + 1` in every byte.
pub(crate) fn nodes(count: usize) -> Vec<PublicKey> {
    (1..).take(count).map(key).collect()
}

pub(crate) fn plan<'a>(payloads: &'a [Payload<'a>], payloads_len: PayloadsLen) -> Plan<'a> {
    Plan { payloads, payloads_len, associated: AssociatedData::None, pad: Pad::Middle }
}

/// A packet that the keys of [`nodes`] open.
pub(crate) fn packet(plan: &Plan<'_>) -> Vec<u8> {
    let mut packet = vec![0; plan.payloads_len.packet_len()];
    let nodes = nodes(plan.payloads.len());
    let session_key = Secret::new([0x5e; 32]);
    with_curve(|curve| {
        Build::new().build_into(curve, &session_key, &nodes, plan, &mut packet).unwrap();
    });
    packet
}

/// A packet for the first hop with a matching MAC over whatever `plaintext` is.
pub(crate) fn forged(plaintext: &[u8]) -> Vec<u8> {
    let mut packet = vec![0];
    packet.extend(key(0x5e).serialize());
    let shared = secret(1).ecdh(&key(0x5e));
    let mut payloads = plaintext.to_vec();
    ChaCha20::new(&shared.derive(KeyType::Rho)).apply(&mut payloads);
    let mut mac = HmacSha256::new(shared.derive(KeyType::Mu).expose_secret());
    mac.update(&payloads);
    packet.extend(payloads);
    packet.extend(mac.finish());
    packet
}

/// Feeds a whole packet to `peel`.
pub(crate) fn feed<'p>(
    peel: &'p mut Peel,
    node: &SecretKey,
    packet: &[u8],
) -> Result<Peeled<'p>, Ignored> {
    let packet = Packet::parse(packet).or(Err(Ignored))?;
    peel.begin(node, packet.header, packet.payloads_len, AssociatedData::None)?;
    peel.chunk(packet.payloads);
    peel.finish(packet.hmac)
}

/// The packet after `packet`, whose first layer `node` has opened in `peel`.
pub(crate) fn next_packet(peel: &Peel, packet: &[u8]) -> Result<Vec<u8>, Ignored> {
    let mut forward = with_curve(|curve| peel.forward(curve))?;
    let mut next = forward.header().to_vec();
    let mut payloads = Packet::parse(packet).or(Err(Ignored))?.payloads.to_vec();
    next.extend_from_slice(forward.chunk(&mut payloads));
    let mut tail = vec![0; payloads.len()];
    let len = forward.tail(&mut tail);
    next.extend_from_slice(&tail[..len]);
    next.extend_from_slice(&forward.finish()?);
    Ok(next)
}

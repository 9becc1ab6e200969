//! Onions in whole buffers, for tests: the streaming code fed and drained in one go.

use countersign_crypto::{Curve, CurveMemory, KeyType, PublicKey, Secret, SecretKey};
use countersign_onion::{AssociatedData, Build, Forward, Ignored, Packet, Peel, Peeled, Plan};

/// What a hop found: its payload, and whether the onion goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The payload, without its length.
    pub payload: Vec<u8>,
    /// The next hop's packet, unless the onion ends here.
    pub next: Option<Vec<u8>>,
}

/// A curve for `then`.
pub fn with_curve<T>(then: impl FnOnce(&Curve<'_>) -> T) -> T {
    let mut memory = CurveMemory::new();
    then(&Curve::new(&mut memory, &Secret::new([7; 32])).expect("the memory is large enough"))
}

/// A secret key with these bytes.
///
/// # Panics
///
/// When they are no key.
pub fn secret_key(bytes: &[u8]) -> SecretKey {
    let bytes = bytes.try_into().expect("a key has 32 bytes");
    SecretKey::parse(&Secret::new(bytes)).expect("a key")
}

/// A public key with these bytes.
///
/// # Panics
///
/// When they are no compressed point.
pub fn public_key(bytes: &[u8]) -> PublicKey {
    PublicKey::parse(bytes.try_into().expect("a point has 33 bytes")).expect("a point")
}

/// `key` as a hop uses it that was reached with `path_key` (R-OD-02).
pub fn tweaked(key: &SecretKey, path_key: &PublicKey) -> SecretKey {
    key.times(&key.ecdh(path_key).derive(KeyType::BlindedNodeId)).expect("a key")
}

/// The packet of an onion to `nodes`.
///
/// # Panics
///
/// When it cannot be built.
pub fn build(
    curve: &Curve<'_>,
    session_key: &Secret<32>,
    nodes: &[PublicKey],
    plan: &Plan<'_>,
) -> Vec<u8> {
    let mut packet = vec![0; plan.payloads_len.packet_len()];
    Build::new()
        .build_into(curve, session_key, nodes, plan, &mut packet)
        .expect("the caller's payloads fit");
    packet
}

/// Peels `packet`, cut where `cuts` says (each is the length of one chunk, the rest is one more).
///
/// # Errors
/// As peeling.
pub fn peel(
    curve: &Curve<'_>,
    key: &SecretKey,
    packet: &[u8],
    associated: AssociatedData,
    cuts: &[usize],
) -> Result<Found, Ignored> {
    let packet = Packet::parse(packet).or(Err(Ignored))?;
    let mut peel = Peel::new();
    peel.begin(key, packet.header, packet.payloads_len, associated)?;
    let mut rest = packet.payloads;
    for &cut in cuts {
        let (chunk, after) = rest.split_at(cut.min(rest.len()));
        peel.chunk(chunk);
        rest = after;
    }
    peel.chunk(rest);
    match peel.finish(packet.hmac)? {
        Peeled::Final { payload } => Ok(Found { payload: payload.to_vec(), next: None }),
        Peeled::Forward { payload } => {
            let payload = payload.to_vec();
            let next = forward(peel.forward(curve)?, packet.payloads, cuts)?;
            Ok(Found { payload, next: Some(next) })
        }
    }
}

/// The packet that `pass` makes of `payloads`.
fn forward(mut pass: Forward, payloads: &[u8], cuts: &[usize]) -> Result<Vec<u8>, Ignored> {
    let mut packet = pass.header().to_vec();
    let mut payloads = payloads.to_vec();
    let mut rest = &mut payloads[..];
    for &cut in cuts {
        let (chunk, after) = rest.split_at_mut(cut.min(rest.len()));
        packet.extend_from_slice(pass.chunk(chunk));
        rest = after;
    }
    packet.extend_from_slice(pass.chunk(rest));
    let mut buffer = [0; 100];
    loop {
        let written = pass.tail(&mut buffer);
        if written == 0 {
            break;
        }
        packet.extend_from_slice(&buffer[..written]);
    }
    packet.extend_from_slice(&pass.finish()?);
    Ok(packet)
}

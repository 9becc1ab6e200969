//! A node made of our crates, which peels and builds as [`node`](crate::node) does with LDK.

use std::sync::LazyLock;

use countersign_blinding::{BlindedPath, EncryptedDataTlv, NextHop, Unblinding};
use countersign_crypto::{Curve, CurveMemory, PublicKey, Secret, SecretKey};
use countersign_onion::{
    AssociatedData, Build, ContentType, FinalMessage, Message, Packet, Pad, Payload, PayloadsLen,
    Peel, Peeled, Plan,
};
use countersign_tlv::Reader;

use crate::dice::Dice;

/// An onion message: its path key and its packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The path key.
    pub path_key: [u8; 33],
    /// The packet.
    pub packet: Vec<u8>,
}

/// What was in a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layer {
    /// The message goes on.
    Forward {
        /// The next node, when the hop names it by its id.
        next: Option<[u8; 33]>,
        /// What it is sent.
        message: Sent,
    },
    /// The message ends here.
    Final {
        /// The type and the value of its content.
        content: Option<(u64, Vec<u8>)>,
        /// Where an answer goes.
        reply_path: Option<Vec<u8>>,
        /// Our `path_id`, or nothing when the recipient data are not ours to open.
        path_id: Option<Vec<u8>>,
    },
}

impl Sent {
    /// The message as its bytes, from the path key on.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let length = u16::try_from(self.packet.len()).expect("a packet").to_be_bytes();
        [&self.path_key[..], &length, &self.packet].concat()
    }
}

/// The one curve of all tests.
pub fn curve() -> &'static Curve<'static> {
    static CURVE: LazyLock<Curve<'static>> = LazyLock::new(|| {
        let memory = Box::leak(Box::new(CurveMemory::new()));
        Curve::new(memory, &Secret::new([1; 32])).expect("memory enough")
    });
    &CURVE
}

/// A secret key of ours from its bytes.
#[must_use]
pub fn secret(bytes: [u8; 32]) -> SecretKey {
    SecretKey::parse(&Secret::new(bytes)).expect("a key")
}

/// A point of ours from its bytes.
#[must_use]
pub fn point(bytes: &[u8; 33]) -> PublicKey {
    PublicKey::parse(bytes).expect("a point")
}

/// Peels one layer with the node key `key`; the packet arrives in chunks that `dice` cuts.
#[must_use]
pub fn peel(dice: &mut Dice, key: &SecretKey, sent: &Sent) -> Option<Layer> {
    let unblinding = Unblinding::new(key, point(&sent.path_key));
    let blinded = unblinding.blinded_key(key).ok()?;
    let packet = Packet::parse(&sent.packet).ok()?;
    let mut peel = Peel::new();
    peel.begin(&blinded, packet.header, packet.payloads_len, AssociatedData::None).ok()?;
    for chunk in packet.payloads.chunks(dice.between(1, 4_000)) {
        peel.chunk(chunk);
    }
    match peel.finish(packet.hmac).ok()? {
        Peeled::Final { payload } => {
            let message = Message::parse(payload).ok()?;
            let mut data = message.encrypted_recipient_data.to_vec();
            let opened = unblinding.open(&mut data);
            Some(Layer::Final {
                content: message.content.map(|it| (it.content_type.number(), it.value.to_vec())),
                reply_path: message.reply_path.map(<[u8]>::to_vec),
                path_id: opened.ok().and_then(|data| data.path_id.map(<[u8]>::to_vec)),
            })
        }
        Peeled::Forward { payload } => {
            let mut data = Message::parse_forward(payload).ok()?.to_vec();
            let data = unblinding.open(&mut data).ok()?;
            let next = match data.next_hop().ok()? {
                NextHop::NodeId(id) => Some(*id),
                NextHop::ShortChannelId(_) => None,
            };
            let path_key = unblinding.next_path_key(curve(), &data).ok()?.serialize();
            let packet = forward(dice, &peel, &packet)?;
            Some(Layer::Forward { next, message: Sent { path_key, packet } })
        }
    }
}

/// Peels one layer of a payment's onion: its payload, and the next hop's onion when there is one.
#[must_use]
pub fn peel_payment(
    dice: &mut Dice,
    key: &SecretKey,
    onion: &[u8],
    payment_hash: [u8; 32],
) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
    let packet = Packet::parse(onion).ok()?;
    let mut peel = Peel::new();
    let associated = AssociatedData::PaymentHash(payment_hash);
    peel.begin(key, packet.header, packet.payloads_len, associated).ok()?;
    for chunk in packet.payloads.chunks(dice.between(1, 1_300)) {
        peel.chunk(chunk);
    }
    match peel.finish(packet.hmac).ok()? {
        Peeled::Final { payload } => Some((payload.to_vec(), None)),
        Peeled::Forward { payload } => {
            let payload = payload.to_vec();
            Some((payload, Some(forward(dice, &peel, &packet)?)))
        }
    }
}

/// The second pass over a packet, which makes the next hop's.
fn forward(dice: &mut Dice, peel: &Peel, packet: &Packet<'_>) -> Option<Vec<u8>> {
    let mut forward = peel.forward(curve()).ok()?;
    let mut next = forward.header().to_vec();
    for chunk in packet.payloads.chunks(dice.between(1, 4_000)) {
        next.extend_from_slice(forward.chunk(&mut chunk.to_vec()));
    }
    let mut tail = [0; 100];
    loop {
        match forward.tail(&mut tail) {
            0 => break,
            length => next.extend_from_slice(&tail[..length]),
        }
    }
    next.extend(forward.finish().ok()?);
    Some(next)
}

/// Builds the message with this content that follows `path`, straight to its introduction node.
#[must_use]
pub fn build(
    dice: &mut Dice,
    path: &[u8],
    content: (ContentType, &[u8]),
    payloads_len: PayloadsLen,
) -> Sent {
    let path = BlindedPath::parse(&mut Reader::new(path)).expect("a path");
    let hops: Vec<_> = path.hops().collect();
    let nodes: Vec<PublicKey> = hops.iter().map(|hop| point(hop.blinded_node_id)).collect();
    let (content_type, content) = content;
    let pieces = [content];
    let payloads: Vec<Payload<'_>> = hops
        .iter()
        .enumerate()
        .map(|(at, hop)| match at + 1 == hops.len() {
            false => Payload::Forward(hop.encrypted_recipient_data),
            true => Payload::Final(FinalMessage {
                reply_path: None,
                encrypted_recipient_data: hop.encrypted_recipient_data,
                content_type,
                content: &pieces,
            }),
        })
        .collect();
    let pad = dice.pick(&[Pad::Innermost, Pad::Middle]);
    let associated = AssociatedData::None;
    let plan = Plan { payloads: &payloads, payloads_len, associated, pad };
    let session_key = Secret::new(dice.array());
    let mut out = vec![0; payloads_len.packet_len()];
    let mut build = Build::new();
    build.build_into(curve(), &session_key, &nodes, &plan, &mut out).expect("an onion");
    Sent { path_key: *path.first_path_key(), packet: out }
}

/// Builds the onion of a payment, with a payload for each of `nodes`.
#[must_use]
pub fn build_payment(
    dice: &mut Dice,
    nodes: &[PublicKey],
    payloads: &[Vec<u8>],
    payment_hash: [u8; 32],
) -> Vec<u8> {
    let pieces: Vec<[&[u8]; 1]> = payloads.iter().map(|payload| [&payload[..]]).collect();
    let payloads: Vec<Payload<'_>> = pieces.iter().map(|pieces| Payload::Pieces(pieces)).collect();
    let pad = dice.pick(&[Pad::Innermost, Pad::Middle]);
    let associated = AssociatedData::PaymentHash(payment_hash);
    let plan = Plan { payloads: &payloads, payloads_len: PayloadsLen::SMALL, associated, pad };
    let session_key = Secret::new(dice.array());
    let mut out = vec![0; PayloadsLen::SMALL.packet_len()];
    let mut build = Build::new();
    build.build_into(curve(), &session_key, nodes, &plan, &mut out).expect("an onion");
    out
}

/// The recipient data of a hop that goes on to `next`.
#[must_use]
pub fn onward(next: &[u8; 33]) -> EncryptedDataTlv<'_> {
    EncryptedDataTlv { next_node_id: Some(next), ..EncryptedDataTlv::default() }
}

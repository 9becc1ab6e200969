//! BOLT 4: onions, and blinded paths.

use countersign_blinding::{EncryptedDataTlv, Hop, Padding, Purpose, Route, Start, Unblinding};
use countersign_crypto::{KeyType, PublicKey, Secret, SecretKey};
use countersign_onion::{AssociatedData, Packet, Pad, Payload, PayloadsLen, Peeled, Plan};
use countersign_tlv::Writer;

use crate::Bench;
use crate::answer::Answer;
use crate::question::Question;

/// Hops of an onion and of a path at most.
const HOPS: usize = 6;

/// The onion with a session key and associated data, to nodes, then a payload for each.
pub(crate) fn build(bench: &mut Bench<'_>, question: &Question, answer: &mut Answer) -> Option<()> {
    let session_key = Secret::new(*question.array(0)?);
    let associated = associated(question.part(1)?)?;
    let (nodes, rest) = question.part(2)?.as_chunks::<33>();
    if !rest.is_empty() {
        return None;
    }
    let mut pieces = [[&[][..]]; HOPS];
    for (number, place) in pieces.iter_mut().enumerate().take(nodes.len()) {
        *place = [question.part(number.checked_add(3)?)?];
    }
    let payloads = pieces.each_ref().map(|pieces| Payload::Pieces(pieces));
    let plan = Plan {
        payloads: payloads.get(..nodes.len())?,
        payloads_len: PayloadsLen::SMALL,
        associated,
        pad: Pad::Innermost,
    };
    let first = PublicKey::parse(nodes.first()?).ok()?;
    let mut points = [first; HOPS];
    for (place, node) in points.iter_mut().zip(nodes) {
        *place = PublicKey::parse(node).ok()?;
    }
    let mut packet = [0; PayloadsLen::SMALL.packet_len()];
    let points = points.get(..nodes.len())?;
    bench.build.build_into(&bench.curve, &session_key, points, &plan, &mut packet).ok()?;
    answer.part(&packet)
}

/// What a key finds in a packet with associated data: the payload, and the next packet if it goes on.
pub(crate) fn peel(bench: &mut Bench<'_>, question: &Question, answer: &mut Answer) -> Option<()> {
    let key = secret_key(question, 0)?;
    let associated = associated(question.part(1)?)?;
    let packet = Packet::parse(question.part(2)?).ok()?;
    let peel = &mut *bench.peel;
    peel.begin(&key, packet.header, packet.payloads_len, associated).ok()?;
    peel.chunk(packet.payloads);
    match peel.finish(packet.hmac).ok()? {
        Peeled::Final { payload } => answer.part(payload),
        Peeled::Forward { payload } => {
            answer.part(payload)?;
            let mut pass = peel.forward(&bench.curve).ok()?;
            answer.bytes(pass.header())?;
            let mut payloads = [0; PayloadsLen::SMALL.get()];
            let payloads = payloads.get_mut(..packet.payloads.len())?;
            payloads.iter_mut().zip(packet.payloads).for_each(|(place, &byte)| *place = byte);
            answer.bytes(pass.chunk(payloads))?;
            let mut tail = [0; 64];
            loop {
                let length = pass.tail(&mut tail);
                if length == 0 {
                    break;
                }
                answer.bytes(tail.get(..length)?)?;
            }
            answer.bytes(&pass.finish().ok()?)?;
            answer.end()
        }
    }
}

/// A key as a hop uses it that was reached with a path key.
pub(crate) fn tweak(question: &Question, answer: &mut Answer) -> Option<()> {
    let key = secret_key(question, 0)?;
    let path_key = PublicKey::parse(question.array(1)?).ok()?;
    let tweaked = key.times(&key.ecdh(&path_key).derive(KeyType::BlindedNodeId)).ok()?;
    answer.part(tweaked.expose_secret().expose_secret())
}

/// What a key, reached with a path key, finds in sealed data: the blinded key, the data, and the path
/// key of the hop after.
pub(crate) fn unblind(bench: &Bench<'_>, question: &Question, answer: &mut Answer) -> Option<()> {
    let key = secret_key(question, 0)?;
    let unblinding = Unblinding::new(&key, PublicKey::parse(question.array(1)?).ok()?);
    let blinded = unblinding.blinded_key(&key).ok()?;
    answer.part(blinded.expose_secret().expose_secret())?;
    let mut data = [0; 512];
    let data = data.get_mut(..question.part(2)?.len())?;
    data.iter_mut().zip(question.part(2)?).for_each(|(place, &byte)| *place = byte);
    answer.part(unblinding.decrypt(data).ok()?)?;
    let next = unblinding.next_path_key(&bench.curve, &EncryptedDataTlv::default()).ok()?;
    answer.part(&next.serialize())
}

/// The path with a session key, for a message (0) or a payment (1), with equal padding (1) or none
/// (0), over hops: a node id and its data each.
pub(crate) fn path(bench: &Bench<'_>, question: &Question, answer: &mut Answer) -> Option<()> {
    let session_key = Secret::new(*question.array(0)?);
    let [purpose, padding] = *question.array(1)?;
    let purpose = if purpose == 0 { Purpose::Message } else { Purpose::Payment };
    let padding = if padding == 0 { Padding::None } else { Padding::Equal };
    let hop = |number| {
        let node = PublicKey::parse(question.array(number)?).ok()?;
        let data = EncryptedDataTlv::parse(question.part(number.checked_add(1)?)?).ok()?;
        Some(Hop::plain(node, data))
    };
    let first = hop(2)?;
    let mut hops = [first; HOPS];
    let mut count = 0_usize;
    for (place, found) in hops.iter_mut().zip((2..).step_by(2).map_while(hop)) {
        *place = found;
        count = count.checked_add(1)?;
    }
    let hops = hops.get(..count)?.iter().copied();
    let mut buffer = [0; 1_000];
    let mut writer = Writer::new(&mut buffer);
    Route { purpose, start: Start::NodeId, hops, dummy_hops: 0, padding }
        .blind(&bench.curve, &session_key, &mut writer)
        .ok()?;
    answer.part(writer.finish())
}

fn secret_key(question: &Question, number: usize) -> Option<SecretKey> {
    SecretKey::parse(&Secret::new(*question.array(number)?)).ok()
}

fn associated(bytes: &[u8]) -> Option<AssociatedData> {
    if bytes.is_empty() {
        return Some(AssociatedData::None);
    }
    bytes.try_into().ok().map(AssociatedData::PaymentHash)
}

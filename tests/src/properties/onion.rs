use countersign_crypto::{ChaCha20, PublicKey, Secret, SecretKey, hmac_sha256, sha256};
use countersign_onion::{
    AssociatedData, FinalMessage, Message, Pad, Payload, PayloadsLen, PaymentError, PaymentPayload,
    Plan,
};
use countersign_tlv::{TlvStream, Writer};

use crate::onion::{Found, build, peel, secret_key, with_curve};

/// An onion says the same however it is cut into chunks, and nothing when a bit of it is flipped.
pub fn onion_cuts(data: &[u8]) {
    let Some((onion, rest)) = Onion::read(data) else { return };
    let cuts: Vec<_> = rest.iter().map(|&cut| usize::from(cut) * usize::from(cut) / 16).collect();
    let ones = vec![1; onion.payloads_len.get().min(3_000)];
    let mut packet = onion.build(Pad::Middle);
    let key = onion.secret(0);
    let peel = |packet: &[u8], cuts: &[usize]| {
        with_curve(|curve| peel(curve, &key, packet, onion.associated, cuts))
    };
    let whole = peel(&packet, &[]);
    assert!(whole.is_ok());
    assert_eq!(peel(&packet, &cuts), whole);
    assert_eq!(peel(&packet, &ones), whole);

    let at = cuts.iter().sum::<usize>() * 31 % (packet.len() * 8);
    packet[at / 8] ^= 1 << (at % 8);
    assert!(peel(&packet, &[]).is_err(), "bit {at}");
    assert!(peel(&packet, &cuts).is_err(), "bit {at}");
}

/// What is built is what a textbook Sphinx builds, and opens hop by hop to what was put in,
/// wherever the pad comes from.
pub fn onion_round_trip(data: &[u8]) {
    let Some((onion, _)) = Onion::read(data) else { return };
    let specified = onion.build(Pad::Innermost);
    assert_eq!(specified, onion.textbook());
    for packet in [specified, onion.build(Pad::Middle)] {
        let mut next = Some(packet);
        for (hop, payload) in onion.payloads.iter().enumerate() {
            let packet = next.expect("the onion goes on");
            let key = onion.secret(hop);
            let found = with_curve(|curve| peel(curve, &key, &packet, onion.associated, &[500]));
            let Found { payload: found, next: further } = found.expect("it is this hop's");
            assert_eq!(found, *payload);
            next = further;
        }
        assert_eq!(next, None);
    }
}

/// An `onionmsg_tlv` is accepted as a last or a forwarding hop's exactly when the rules allow its
/// types, and what was understood is written as it was read.
pub fn onion_message(data: &[u8]) {
    let numbers = TlvStream::parse(data)
        .map(|stream| stream.records().map(|record| record.number).collect::<Vec<_>>());
    let allowed = |last: bool| {
        numbers.as_ref().is_ok_and(|numbers| {
            let contents = numbers.iter().filter(|&&number| number >= 64).count();
            let unknown_even =
                |&number: &u64| number < 64 && number % 2 == 0 && number != 4 && number != 2;
            let last_hop =
                contents <= 1 && numbers.contains(&4) && !numbers.iter().any(unknown_even);
            if last { last_hop } else { numbers[..] == [4] }
        })
    };

    let forward = Message::parse_forward(data);
    assert_eq!(forward.is_ok(), allowed(false));
    if let Ok(encrypted_recipient_data) = forward {
        assert_eq!(
            written(|writer| Payload::Forward(encrypted_recipient_data).write(writer)),
            data
        );
    }

    let message = Message::parse(data);
    assert_eq!(message.is_ok(), allowed(true));
    let Ok(Message { reply_path, encrypted_recipient_data, content }) = message else { return };
    let Some(content) = content else { return };
    let final_message = FinalMessage {
        reply_path,
        encrypted_recipient_data,
        content_type: content.content_type,
        content: &[
            &content.value[..content.value.len() / 2],
            &content.value[content.value.len() / 2..],
        ],
    };
    let payload = Payload::Final(final_message);
    let bytes = written(|writer| payload.write(writer));
    assert_eq!(bytes.len(), payload.len());
    assert_eq!(Message::parse(&bytes), message);
    let skipped = numbers.unwrap_or_default().iter().any(|number| number % 2 == 1 && *number < 64);
    assert!(bytes == data || skipped);
}

/// A payment's payload that was read is written as it was, unless it has records that are skipped.
pub fn onion_payment(data: &[u8]) {
    let numbers = TlvStream::parse(data)
        .map(|stream| stream.records().map(|record| record.number).collect::<Vec<_>>());
    let known = |number: &u64| [2, 4, 6, 8, 10, 12, 16, 18].contains(number);
    match PaymentPayload::parse(data) {
        Ok(fields) => {
            let bytes = written(|writer| fields.write(writer));
            assert_eq!(PaymentPayload::parse(&bytes), Ok(fields));
            assert!(bytes == data || !numbers.expect("it was read").iter().all(known));
        }
        Err(PaymentError::UnknownEven { number }) => {
            assert!(number % 2 == 0 && !known(&number));
            assert!(numbers.expect("a stream").contains(&number));
        }
        Err(PaymentError::Malformed(error)) => assert!(error.offset as usize <= data.len()),
    }
}

fn written(write: impl FnOnce(&mut Writer<'_>) -> Result<(), countersign_tlv::Full>) -> Vec<u8> {
    let mut buffer = vec![0; 40_000];
    let mut writer = Writer::new(&mut buffer);
    write(&mut writer).expect("it came from fewer bytes");
    writer.finish().to_vec()
}

/// An onion that any bytes describe.
struct Onion {
    payloads: Vec<Vec<u8>>,
    payloads_len: PayloadsLen,
    associated: AssociatedData,
}

impl Onion {
    /// One byte says how many layers there are, one how much larger than need be the packet is and
    /// whose it is, then two a layer say how long its payload is and what it is filled with.
    fn read(data: &[u8]) -> Option<(Self, &[u8])> {
        let (&[layers, size], rest) = data.split_first_chunk()?;
        let (described, rest) = rest.split_at_checked(2 * (1 + usize::from(layers % 14)))?;
        let payloads: Vec<_> = described
            .chunks_exact(2)
            // Up to 765 bytes, so that lengths of three bytes are met.
            .map(|layer| vec![layer[1]; 2 + 3 * usize::from(layer[0])])
            .collect();
        let least: usize = payloads.iter().map(|payload| framed(payload).len() + 32).sum();
        let payloads_len = match size {
            0xff => PayloadsLen::LARGE,
            0xfe => PayloadsLen::new(least.max(1_300))?,
            more => PayloadsLen::new(least + usize::from(more))?,
        };
        let associated = match size % 2 {
            0 => AssociatedData::PaymentHash([size; 32]),
            _ => AssociatedData::None,
        };
        Some((Self { payloads, payloads_len, associated }, rest))
    }

    fn secret(&self, hop: usize) -> SecretKey {
        secret_key(&[u8::try_from(hop + 1).expect("there are 14 at most"); 32])
    }

    fn nodes(&self) -> Vec<PublicKey> {
        let node = |hop| with_curve(|curve| self.secret(hop).public_key(curve));
        (0..self.payloads.len()).map(node).collect()
    }

    fn build(&self, pad: Pad) -> Vec<u8> {
        let pieces: Vec<_> = self.payloads.iter().map(|bytes| bytes.split_at(1)).collect();
        let pieces: Vec<_> = pieces.iter().map(|&(first, rest)| [first, rest]).collect();
        let payloads: Vec<_> = pieces.iter().map(|pieces| Payload::Pieces(pieces)).collect();
        let Self { payloads_len, associated, .. } = *self;
        let plan = Plan { payloads: &payloads, payloads_len, associated, pad };
        with_curve(|curve| build(curve, &Secret::new(SESSION_KEY), &self.nodes(), &plan))
    }

    /// The packet as BOLT 4 §Packet Construction describes it, in whole buffers.
    fn textbook(&self) -> Vec<u8> {
        let len = self.payloads_len.get();
        let shared = self.shared();
        let layers: Vec<_> = self.payloads.iter().map(|payload| framed(payload)).collect();

        let mut filler = Vec::new();
        for ((rho, _), layer) in shared.iter().zip(&layers).take(layers.len() - 1) {
            let begin = len - filler.len();
            filler.resize(filler.len() + layer.len() + 32, 0);
            xor(&mut filler, &stream(rho, 2 * len)[begin..]);
        }

        let mut packet = stream(&hmac_sha256(b"pad", &[&SESSION_KEY]), len);
        let mut hmac = [0; 32];
        for (hop, ((rho, mu), layer)) in shared.iter().zip(&layers).enumerate().rev() {
            packet.splice(..0, [&layer[..], &hmac].concat());
            packet.truncate(len);
            xor(&mut packet, &stream(rho, len));
            if hop + 1 == layers.len() {
                packet.splice(len - filler.len().., filler.iter().copied());
            }
            let associated = match &self.associated {
                AssociatedData::None => &[][..],
                AssociatedData::PaymentHash(hash) => hash,
            };
            hmac = hmac_sha256(mu, &[&packet, associated]);
        }
        let key = with_curve(|curve| secret_key(&SESSION_KEY).public_key(curve));
        [&[0], &key.serialize()[..], &packet, &hmac].concat()
    }

    /// `rho` and `mu` of each hop.
    fn shared(&self) -> Vec<([u8; 32], [u8; 32])> {
        let mut ephemeral = secret_key(&SESSION_KEY);
        let mut keys = Vec::new();
        for node in self.nodes() {
            let public_key = with_curve(|curve| ephemeral.public_key(curve)).serialize();
            let shared = ephemeral.ecdh(&node);
            let factor = Secret::new(sha256(&[&public_key, shared.expose_secret()]));
            ephemeral = ephemeral.times(&factor).expect("a key");
            let key = |label: &[u8]| hmac_sha256(label, &[shared.expose_secret()]);
            keys.push((key(b"rho"), key(b"mu")));
        }
        keys
    }
}

const SESSION_KEY: [u8; 32] = [0x5e; 32];

/// `payload` with its length before it.
fn framed(payload: &[u8]) -> Vec<u8> {
    written(|writer| {
        writer.bigsize(payload.len() as u64)?;
        writer.bytes(payload)
    })
}

fn stream(key: &[u8; 32], len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    ChaCha20::new(&Secret::new(*key)).apply(&mut bytes);
    bytes
}

fn xor(bytes: &mut [u8], with: &[u8]) {
    for (byte, with) in bytes.iter_mut().zip(with) {
        *byte ^= with;
    }
}

use std::num::NonZeroU16;

use countersign_blinding::{
    BlindedHop, BlindedPath, BlindedPaths, Direction, EncryptedDataTlv, Field, Hop, Introduction,
    Invalid, NextHop, Padding, Purpose, Route, ShortChannelId, Start, Unblinding, UnknownRecords,
};
use countersign_crypto::{Curve, PublicKey, Secret};
use countersign_tlv::{Malformed, Reader, TlvStream, Writer};

use crate::onion::{secret_key, with_curve};

/// A blinded path is accepted or refused as a reader written naively with indexes says, and one
/// that is accepted is its own only encoding.
pub fn blinded_path(data: &[u8]) {
    let mut reader = Reader::new(data);
    match (BlindedPath::parse(&mut reader), naive_path(data)) {
        (Ok(path), Ok(len)) => {
            assert_eq!((path.encoded(), reader.rest()), (&data[..len], &data[len..]));
            assert_eq!(rewritten(&path), path.encoded());
            let all = BlindedPaths::parse(&mut Reader::new(data));
            assert_eq!(all.map_err(|error| error.rule).map(|all| all.len()), count(data));
        }
        (Err(error), Err(rule)) => assert_eq!(error.rule, rule),
        (ours, naive) => panic!("we say {ours:?}, the naive reader says {naive:?}"),
    }
}

/// What a hop is told is accepted or refused as R-BE-01 and R-OM-03 say; written again it is the
/// same but for its padding.
pub fn encrypted_data(data: &[u8]) {
    let stream = TlvStream::parse(data);
    let parsed = EncryptedDataTlv::parse(data);
    let foreign = EncryptedDataTlv::parse_foreign_recipient(data);
    let Ok(stream) = stream else {
        let error = Invalid::Malformed(stream.unwrap_err());
        assert_eq!((parsed, foreign), (Err(error), Err(error)));
        return;
    };
    let known = |number| Field::ALL.into_iter().any(|field| field.number() == number);
    let even = stream.records().any(|record| record.is_even() && !known(record.number));
    let values = stream.records().all(|record| naive_value(record.number, record.value));
    assert_eq!(parsed.is_ok(), values && !even, "{parsed:?}");
    let leads_on = [2, 4, 8, 10, 14].into_iter().any(|number| stream.find(number).is_some());
    assert_eq!(foreign.is_ok(), values && !leads_on, "{foreign:?}");
    for data in [parsed, foreign].into_iter().flatten() {
        let mut unpadded = Vec::new();
        for record in stream.records() {
            match record.number {
                1 => (),
                14 => unpadded.extend([14, 0]),
                _ => unpadded.extend(record.encoded),
            }
        }
        assert_eq!(data.len(), unpadded.len());
        assert_eq!(write(&data, None), unpadded);
        if let Ok(parsed) = parsed {
            assert_eq!(EncryptedDataTlv::parse(&write(&parsed, Some(300))), Ok(parsed));
        }
    }
}

/// What was blinded opens again, hop by hop, and says what it was told to say.
pub fn blinded_round_trip(data: &[u8]) {
    let [dummies, step, compact, session, rest @ ..] = data else { return };
    let mut records: Vec<_> = rest.chunks(40).take(6).map(record).collect();
    let path_id = records.pop().unwrap_or_default();
    let hops: Vec<_> = records.iter().map(|record| unknown(record)).collect();
    with_curve(|curve| {
        let recipient = EncryptedDataTlv { path_id: Some(&path_id), ..EncryptedDataTlv::default() };
        let told: Vec<_> = hops.into_iter().chain([recipient]).collect();
        let route = Route {
            purpose: Purpose::Message,
            start: match compact % 2 {
                0 => Start::NodeId,
                _ => Start::ShortChannelId {
                    direction: Direction::NodeTwo,
                    id: ShortChannelId((*compact).into()),
                },
            },
            hops: told
                .iter()
                .enumerate()
                .map(|(at, &data)| Hop::plain(key(at).public_key(curve), data)),
            dummy_hops: dummies % 8,
            padding: match (*step, NonZeroU16::new((*step).into())) {
                (255, _) => Padding::None,
                (_, None) => Padding::Equal,
                (_, Some(step)) => Padding::EqualMultipleOf(step),
            },
        };
        let mut buffer = vec![0; 20_000];
        let mut writer = Writer::new(&mut buffer);
        let session = Secret::new([session.saturating_add(1).min(0xfe); 32]);
        let last = route.blind(curve, &session, &mut writer).expect("a path within the limits");
        let path_key = last.path_key(curve);
        walk(curve, writer.finish(), &told, usize::from(dummies % 8), path_key);
    });
}

/// Walks along a path as its nodes would.
fn walk(
    curve: &Curve<'_>,
    bytes: &[u8],
    told: &[EncryptedDataTlv<'_>],
    dummies: usize,
    last_path_key: PublicKey,
) {
    let path = BlindedPath::parse(&mut Reader::new(bytes)).expect("what was created is a path");
    assert_eq!(path.encoded(), bytes);
    assert_eq!(usize::from(path.num_hops()), told.len() + dummies);
    let last = told.len() - 1;
    let own_id = key(last).public_key(curve).serialize();
    let mut path_key = PublicKey::parse(path.first_path_key()).expect("the path was parsed");
    for (at, hop) in path.hops().enumerate() {
        let node = key(at.min(last));
        let unblinding = Unblinding::new(&node, path_key);
        let blinded = unblinding.blinded_key(&node).expect("a hash is a key").public_key(curve);
        assert_eq!(&blinded.serialize(), hop.blinded_node_id);
        let mut sealed = hop.encrypted_recipient_data.to_vec();
        let data = unblinding.open(&mut sealed).expect("it is encrypted to this hop");
        if at < last {
            assert_eq!(data, told[at]);
        } else if at < last + dummies {
            assert_eq!(data.next_hop(), Ok(NextHop::NodeId(&own_id)));
        } else {
            assert_eq!(data, told[last]);
            assert_eq!(path_key, last_path_key);
        }
        path_key = unblinding.next_path_key(curve, &data).expect("a hash is a key");
    }
}

fn key(at: usize) -> countersign_crypto::SecretKey {
    secret_key(&[u8::try_from(at + 1).expect("few hops"); 32])
}

/// A record of an odd type above every known one.
fn record(value: &[u8]) -> Vec<u8> {
    let mut buffer = vec![0; value.len() + 10];
    let mut writer = Writer::new(&mut buffer);
    writer.record(0xff01, value).expect("ten bytes hold a type and a length");
    writer.finish().to_vec()
}

/// A hop that goes on over a channel, with an unknown record.
fn unknown(record: &[u8]) -> EncryptedDataTlv<'_> {
    let stream = TlvStream::parse(record).expect("one record is a stream");
    EncryptedDataTlv {
        short_channel_id: Some(ShortChannelId(record.len() as u64)),
        unknown: UnknownRecords::of(stream),
        ..EncryptedDataTlv::default()
    }
}

fn write(data: &EncryptedDataTlv<'_>, padding: Option<usize>) -> Vec<u8> {
    let mut buffer = vec![0; data.len() + 400];
    let mut writer = Writer::new(&mut buffer);
    data.write(padding, &mut writer).expect("the buffer is longer than the data");
    writer.finish().to_vec()
}

fn rewritten(path: &BlindedPath<'_>) -> Vec<u8> {
    let mut buffer = vec![0; path.encoded().len()];
    let mut writer = Writer::new(&mut buffer);
    let (introduction, path_key) = (path.introduction(), path.first_path_key());
    BlindedPath::write_head(&mut writer, introduction, path_key, path.num_hops())
        .expect("the buffer is as long as the path");
    for hop in path.hops() {
        let BlindedHop { blinded_node_id, encrypted_recipient_data: _ } = hop;
        PublicKey::parse(blinded_node_id).expect("every point was checked");
        hop.write(&mut writer).expect("the buffer is as long as the path");
    }
    if let Introduction::NodeId(id) = introduction {
        PublicKey::parse(id).expect("every point was checked");
    }
    PublicKey::parse(path_key).expect("every point was checked");
    writer.finish().to_vec()
}

/// How many paths fill `data`.
fn count(mut data: &[u8]) -> Result<usize, Malformed> {
    let mut count = 0;
    while !data.is_empty() {
        data = &data[naive_path(data)?..];
        count += 1;
    }
    Ok(count)
}

/// The length of the path at the start of `data`.
fn naive_path(data: &[u8]) -> Result<usize, Malformed> {
    let first = data.first().ok_or(Malformed::Truncated)?;
    let mut points = Vec::new();
    let mut at = match first {
        0 | 1 => 9,
        2 | 3 => {
            points.push(0);
            33
        }
        _ => return Err(Malformed::UnknownVariant),
    };
    points.push(at);
    at += 33;
    let num_hops = *data.get(at).ok_or(Malformed::Truncated)?;
    at += 1;
    for _ in 0..num_hops {
        points.push(at);
        let len = data.get(at + 33..at + 35).ok_or(Malformed::Truncated)?;
        at += 35 + (usize::from(len[0]) << 8 | usize::from(len[1]));
    }
    if at > data.len() {
        return Err(Malformed::Truncated);
    }
    let is_point = |at: &usize| PublicKey::parse(data[*at..at + 33].try_into().unwrap()).is_ok();
    if points.iter().all(is_point) { Ok(at) } else { Err(Malformed::NotAPoint) }
}

/// Whether a field of that type may have that value.
fn naive_value(number: u64, value: &[u8]) -> bool {
    let truncated = |from: usize, len: usize| {
        value.len() >= from && value.len() <= from + len && value.get(from) != Some(&0)
    };
    match number {
        2 => value.len() == 8,
        4 | 8 => value.try_into().is_ok_and(|bytes| PublicKey::parse(bytes).is_ok()),
        10 => truncated(6, 4),
        12 => {
            let most = 21_000_000 * 100_000_000 * 1000_u64;
            truncated(4, 8)
                && value[4..].iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)) <= most
        }
        14 => value.iter().all(|&byte| byte == 0),
        _ => true,
    }
}

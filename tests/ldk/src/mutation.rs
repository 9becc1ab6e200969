//! One step away from a valid message.

use bitcoin::Network;

use crate::dice::Dice;
use crate::keyring::Keyring;
use crate::records::{Framing, Record, Records, truncated};
use crate::shape::{MAX_MSAT, chain};

/// The types around every border of every range, and those that other drafts use.
const BORDERS: [u64; 46] = [
    0,
    1,
    3,
    5,
    7,
    11,
    13,
    15,
    21,
    23,
    24,
    25,
    78,
    79,
    80,
    81,
    83,
    92,
    93,
    94,
    158,
    159,
    160,
    161,
    163,
    178,
    179,
    236,
    238,
    239,
    240,
    241,
    242,
    1000,
    1001,
    1002,
    999_999_999,
    1_000_000_000,
    1_000_000_001,
    1_999_999_999,
    2_000_000_000,
    2_000_001_729,
    2_999_999_999,
    3_000_000_000,
    3_999_999_999,
    u64::MAX,
];

/// What a mutation may have left of the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// To be made again, so that it does not mask another rule.
    Renew,
    /// To be left: it is what the mutation is about.
    Leave,
}

/// Changes `records`, and says whether they are to be signed again.
pub fn mutate(dice: &mut Dice, keys: &Keyring, records: &mut Records) -> Signature {
    let at = dice.below(records.0.len());
    match dice.below(12) {
        0 => drop(records.0.remove(at)),
        1 => records.0.insert(at, records.0[at].clone()),
        2 if at > 0 => records.0.swap(at - 1, at),
        3 | 4 => return disturb(dice, &mut records.0[at]),
        5 => {
            records.0[at].framing = dice.pick(&[
                Framing::WideNumber,
                Framing::WideLength,
                Framing::LengthTooLong,
                Framing::LengthTooShort,
            ]);
        }
        6 | 7 => {
            let number = dice.pick(&BORDERS);
            let length = dice.pick(&[0, 1, 32, 33, 64]);
            records.set(number, dice.bytes(length));
        }
        _ => refill(dice, keys, records),
    }
    Signature::Renew
}

/// Changes the bytes of one value.
fn disturb(dice: &mut Dice, record: &mut Record) -> Signature {
    let value = &mut record.value;
    match dice.below(6) {
        0 => drop(value.pop()),
        1 => value.push(dice.bits().to_be_bytes()[0]),
        2 => value.insert(0, 0),
        3 => value.clear(),
        _ if value.is_empty() => value.push(0),
        _ => {
            let at = dice.below(value.len());
            value[at] ^= 1 << dice.below(8);
        }
    }
    if record.number == 240 { Signature::Leave } else { Signature::Renew }
}

/// Gives a known record another value, which may be good, bad, or good alone.
fn refill(dice: &mut Dice, keys: &Keyring, records: &mut Records) {
    let known = [
        2, 6, 8, 10, 12, 14, 16, 18, 20, 22, 80, 82, 84, 86, 88, 89, 90, 91, 160, 162, 164, 166,
        168, 170, 172, 174, 176,
    ];
    let present: Vec<u64> = records.0.iter().map(|record| record.number).collect();
    let number = if dice.chance(70) { dice.pick(&present) } else { dice.pick(&known) };
    let value = match number {
        2 | 80 => chains(dice),
        6 => dice.pick(&[&b"usd"[..], b"GBP", b"US", b"USDT", b"\xff\xfe\xfd", b"U\xc3S"]).to_vec(),
        8 | 14 | 20 | 82 | 86 | 164 | 166 | 170 | 1 => integer(dice),
        10 | 18 | 89 | 5 => text(dice),
        12 | 84 | 174 => bitmap(dice),
        16 | 90 | 160 => paths(dice, keys, records.get(number)),
        22 | 88 | 176 => point(dice, keys),
        91 => name(dice),
        162 => payinfo(dice),
        172 => fallbacks(dice),
        _ => dice.bytes(32),
    };
    records.set(number, value);
}

fn chains(dice: &mut Dice) -> Vec<u8> {
    let bitcoin = chain(Network::Bitcoin);
    match dice.below(6) {
        0 => Vec::new(),
        1 => bitcoin.to_vec(),
        2 => chain(Network::Testnet).to_vec(),
        3 => [bitcoin, chain(Network::Signet)].concat(),
        4 => bitcoin[..31].to_vec(),
        _ => [&bitcoin[..], &[0]].concat(),
    }
}

fn integer(dice: &mut Dice) -> Vec<u8> {
    let value = match dice.below(9) {
        0 => 0,
        1 => 1,
        2 => MAX_MSAT,
        3 => MAX_MSAT + 1,
        4 => u64::from(u32::MAX),
        5 => u64::from(u32::MAX) + 1,
        6 => u64::MAX,
        _ => dice.bits() % 1_000_000,
    };
    match dice.below(8) {
        0 => value.to_be_bytes().to_vec(),
        1 => dice.bytes(9),
        _ => truncated(value),
    }
}

fn text(dice: &mut Dice) -> Vec<u8> {
    match dice.below(6) {
        0 => vec![0xff, 0xfe, 0xfd],
        1 => vec![b'a', 0xc3],
        2 => vec![0xed, 0xa0, 0x80],
        3 => Vec::new(),
        _ => dice.text(80).into_bytes(),
    }
}

fn bitmap(dice: &mut Dice) -> Vec<u8> {
    match dice.below(5) {
        0 => Vec::new(),
        1 => vec![0, 0b10],
        2 => vec![0b1],
        3 => vec![0b10],
        _ => vec![0x03, 0, 0],
    }
}

fn point(dice: &mut Dice, keys: &Keyring) -> Vec<u8> {
    let good = keys.point(dice);
    match dice.below(6) {
        0 => [&[4], &good[1..]].concat(),
        1 => [&[2], &[0; 32][..]].concat(),
        2 => [&[3], &[0xff; 32][..]].concat(),
        3 => good[..32].to_vec(),
        4 => [&[good[0] ^ 1], &good[1..]].concat(),
        _ => good.to_vec(),
    }
}

fn paths(dice: &mut Dice, keys: &Keyring, old: Option<&[u8]>) -> Vec<u8> {
    let start = [&keys.point(dice)[..], &keys.point(dice)].concat();
    let hop = [&keys.point(dice)[..], &[0, 2, 7, 7]].concat();
    let bad_hop = [&[5], &keys.point(dice)[1..], &[0, 0]].concat();
    let old = old.unwrap_or_default().to_vec();
    match dice.below(10) {
        0 => Vec::new(),
        1 => [&start[..], &[0]].concat(),
        2 => [&start[..], &[1], &hop].concat(),
        3 => [&start[..], &[2], &hop].concat(),
        4 => [&start[..], &[1], &hop, &[0]].concat(),
        5 => [&start[..], &[1], &bad_hop].concat(),
        6 => [&[4], &start[1..], &[1], &hop].concat(),
        7 => [&start[..34], &[9; 32], &[1], &hop].concat(),
        8 => [&old[..], &start, &[1], &hop].concat(),
        _ => [&old[..], &start, &[0]].concat(),
    }
}

/// What one path costs, with a feature or without: often of another number than the paths.
fn payinfo(dice: &mut Dice) -> Vec<u8> {
    let features = dice.pick(&[&[0, 0][..], &[0, 1, 0b1], &[0, 1, 0b10], &[0, 2, 0b1]]);
    [&dice.bytes(26), features].concat()
}

fn name(dice: &mut Dice) -> Vec<u8> {
    let joined = |user: &[u8], domain: &[u8]| {
        let length = |part: &[u8]| vec![u8::try_from(part.len()).expect("short")];
        [&length(user)[..], user, &length(domain), domain].concat()
    };
    match dice.below(10) {
        0 => joined(b"", b"example.com"),
        1 => joined(b"matt", b""),
        2 => joined(b"matt", b"example.com."),
        3 => joined(b"m tt", b"example.com"),
        4 => joined(b"matt", "exämple.com".as_bytes()),
        5 => joined(&[b'a'; 120], &[b'b'; 120]),
        6 => joined(&[b'a'; 200], &[b'b'; 200]),
        7 => [joined(b"matt", b"example.com"), vec![0]].concat(),
        8 => vec![200, b'a'],
        _ => joined(b"matt", b"example.com"),
    }
}

fn fallbacks(dice: &mut Dice) -> Vec<u8> {
    match dice.below(5) {
        0 => Vec::new(),
        1 => vec![17, 0, 2, 1, 1],
        2 => vec![0, 0, 1, 1],
        3 => vec![0, 0, 3, 1, 1],
        _ => [&[1, 0, 32][..], &[3; 32]].concat(),
    }
}

/// Damages the bytes of a whole message.
pub fn damage(dice: &mut Dice, bytes: &mut Vec<u8>) {
    let at = dice.below(bytes.len());
    match dice.below(3) {
        0 => bytes.truncate(at),
        1 => bytes[at] ^= 1 << dice.below(8),
        _ => {
            let length = dice.between(1, 3);
            bytes.extend(dice.bytes(length));
        }
    }
}

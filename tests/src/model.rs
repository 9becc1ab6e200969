//! A second reader of BOLT 12's messages, written naively over a map of records, with every rule
//! that needs no context in one list. It says yes or no; the properties compare.

use std::collections::BTreeMap;

use countersign_crypto::PublicKey;

use crate::properties::tlv::naive_stream;

/// The records of a message: their values by their types.
pub type Map = BTreeMap<u64, Vec<u8>>;

/// The records of `data`, if it is a stream.
#[must_use]
pub fn map(data: &[u8]) -> Option<Map> {
    naive_stream(data).ok().map(|records| records.into_iter().collect())
}

/// Whether the records are an offer.
#[must_use]
pub fn is_offer(map: &Map) -> bool {
    in_ranges(map, &[(1, 79), (E9, 2 * E9 - 1)]) && encodings_hold(map) && offer_rules_hold(map)
}

/// Whether the records are a request that answers an offer, whoever signed it.
#[must_use]
pub fn is_invoice_request(map: &Map) -> bool {
    in_ranges(map, &[(0, 159), (240, 1000), (E9, 3 * E9 - 1)])
        && encodings_hold(map)
        && map.contains_key(&240)
        && request_rules_hold(map)
}

/// Whether the records are a request that answers no offer.
#[must_use]
pub fn is_refund(map: &Map) -> bool {
    in_ranges(map, &[(0, 159), (E9, 3 * E9 - 1)]) && encodings_hold(map) && refund_rules_hold(map)
}

/// Whether the records are an invoice, whoever signed it.
#[must_use]
pub fn is_invoice(map: &Map) -> bool {
    let for_offer = map.contains_key(&16) || map.contains_key(&22);
    in_ranges(map, &[(0, 1000), (E9, 4 * E9 - 1)])
        && encodings_hold(map)
        && map.contains_key(&240)
        && (if for_offer { request_rules_hold(map) } else { refund_rules_hold(map) })
        && invoice_rules_hold(map)
}

/// A truncated integer; the map's encodings hold.
#[must_use]
pub fn integer(value: &[u8]) -> u64 {
    value.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}

/// The positions of the bits that are set.
#[must_use]
pub fn bits(bitmap: &[u8]) -> Vec<u32> {
    let positions = 0..u32::try_from(bitmap.len() * 8).expect("a record is short");
    let is_set = |at: &u32| {
        let byte = bitmap[bitmap.len() - 1 - (*at / 8) as usize];
        byte >> (at % 8) & 1 == 1
    };
    positions.filter(is_set).collect()
}

/// The paths of a value, each as the keys of its hops, if that is what it holds.
#[must_use]
pub fn paths(value: &[u8]) -> Option<Vec<Vec<[u8; 33]>>> {
    let (mut rest, mut paths) = (value, Vec::new());
    while let Some(&first) = rest.first() {
        let introduction = match first {
            0 | 1 => 9,
            2 | 3 => {
                point(rest.get(..33)?)?;
                33
            }
            _ => return None,
        };
        point(rest.get(introduction..introduction + 33)?)?;
        let hops = *rest.get(introduction + 33)?;
        rest = &rest[introduction + 34..];
        let mut path = Vec::new();
        for _ in 0..hops {
            path.push(point(rest.get(..33)?)?);
            let len = usize::from(u16::from_be_bytes(rest.get(33..35)?.try_into().ok()?));
            rest = rest.get(35 + len..)?;
        }
        paths.push(path);
    }
    Some(paths)
}

/// The features of each payinfo of a value, if that is what it holds.
#[must_use]
pub fn payinfos(value: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (mut rest, mut payinfos) = (value, Vec::new());
    while !rest.is_empty() {
        let len = usize::from(u16::from_be_bytes(rest.get(26..28)?.try_into().ok()?));
        payinfos.push(rest.get(28..28 + len)?.to_vec());
        rest = &rest[28 + len..];
    }
    Some(payinfos)
}

fn point(bytes: &[u8]) -> Option<[u8; 33]> {
    let bytes: [u8; 33] = bytes.try_into().ok()?;
    PublicKey::parse(&bytes).ok().map(|_| bytes)
}

fn in_ranges(map: &Map, ranges: &[(u64, u64)]) -> bool {
    map.keys().all(|number| ranges.iter().any(|(first, last)| (first..=last).contains(&number)))
}

/// Whether every known record holds what it should, and no unknown one is even.
fn encodings_hold(map: &Map) -> bool {
    map.iter().all(|(number, value)| {
        let len = value.len();
        let is_integer = |most: usize| len <= most && value.first() != Some(&0);
        let is_text = || std::str::from_utf8(value).is_ok();
        let has_hops = || {
            paths(value)
                .is_some_and(|paths| !paths.is_empty() && paths.iter().all(|path| !path.is_empty()))
        };
        match number {
            0 | 4 | 12 | 84 | 174 => true,
            2 => len > 0 && len.is_multiple_of(32),
            6 => len == 3 && value.iter().all(u8::is_ascii_uppercase),
            8 if map.contains_key(&6) => is_integer(8),
            8 | 82 | 170 => is_integer(8) && integer(value) <= MOST_MSAT,
            10 | 18 | 89 => is_text(),
            14 | 20 | 86 | 164 => is_integer(8),
            16 | 90 | 160 => has_hops(),
            22 | 88 | 176 => point(value).is_some(),
            80 | 168 => len == 32,
            91 => is_name(value),
            162 => payinfos(value).is_some(),
            166 => is_integer(4),
            172 => fallbacks_fill(value),
            240 => len == 64,
            number => !number.is_multiple_of(2),
        }
    })
}

fn offer_rules_hold(map: &Map) -> bool {
    let has = |number| map.contains_key(&number);
    (has(16) || has(22))
        && no_even_bit(map, 12)
        && (!has(8) || has(10))
        && (!has(6) || has(8))
        && map.get(&8).is_none_or(|amount| integer(amount) > 0)
}

fn request_rules_hold(map: &Map) -> bool {
    let number = |number| map.get(&number).map(|value| integer(value));
    let quantity_holds = match (number(20), number(86)) {
        (None, None) => true,
        (Some(max), Some(quantity)) => quantity > 0 && (max == 0 || quantity <= max),
        (None, Some(_)) | (Some(_), None) => false,
    };
    let price = u128::from(number(8).unwrap_or(0)) * u128::from(number(86).unwrap_or(1));
    let amount_holds = match (number(8), number(82)) {
        (None, None) => false,
        (Some(_), _) if map.contains_key(&6) => true,
        (_, paid) => {
            price <= u128::from(MOST_MSAT) && paid.is_none_or(|paid| u128::from(paid) >= price)
        }
    };
    let chain = map.get(&80).map_or(&BITCOIN[..], |chain| chain);
    let chain_holds =
        map.get(&2).map_or(chain == BITCOIN, |chains| chains.chunks(32).any(|one| one == chain));
    map.contains_key(&0)
        && map.contains_key(&88)
        && !map.contains_key(&90)
        && no_even_bit(map, 84)
        && offer_rules_hold(map)
        && quantity_holds
        && amount_holds
        && chain_holds
}

fn refund_rules_hold(map: &Map) -> bool {
    [0, 10, 82, 88].iter().all(|number| map.contains_key(number))
        && [2, 4, 12, 16, 20, 22].iter().all(|number| !map.contains_key(number))
        && no_even_bit(map, 84)
}

fn invoice_rules_hold(map: &Map) -> bool {
    if ![160, 162, 164, 168, 170, 176].iter().all(|number| map.contains_key(number)) {
        return false;
    }
    let paths_of = |number| map.get(&number).and_then(|value| paths(value));
    let features = payinfos(&map[&162]).unwrap_or_default();
    let is_last_hop = |node_id: &[u8]| {
        let paths = paths_of(16).unwrap_or_default();
        paths.iter().any(|path| path.last().is_some_and(|last| last == node_id))
    };
    let node_id_holds = match (map.get(&22), map.contains_key(&16)) {
        (Some(issuer_id), _) => *issuer_id == map[&176],
        (None, true) => is_last_hop(&map[&176]),
        (None, false) => true,
    };
    let parts = |bit: &u32| bit.is_multiple_of(2) && *bit != 16;
    paths_of(160).unwrap_or_default().len() == features.len()
        && features.iter().any(|bitmap| bits(bitmap).iter().all(|bit| !bit.is_multiple_of(2)))
        && !map.get(&174).is_some_and(|bitmap| bits(bitmap).iter().any(parts))
        && map.get(&82).is_none_or(|amount| *amount == map[&170])
        && node_id_holds
}

fn no_even_bit(map: &Map, number: u64) -> bool {
    let set = map.get(&number).map_or(Vec::new(), |bitmap| bits(bitmap));
    set.iter().all(|bit| !bit.is_multiple_of(2))
}

fn is_name(value: &[u8]) -> bool {
    let Some((&len, rest)) = value.split_first() else { return false };
    let Some((name, rest)) = rest.split_at_checked(len.into()) else { return false };
    let Some((&len, domain)) = rest.split_first() else { return false };
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    domain.len() == usize::from(len) && name.iter().chain(domain).all(allowed)
}

fn fallbacks_fill(value: &[u8]) -> bool {
    let mut rest = value;
    while !rest.is_empty() {
        let [_, high, low, tail @ ..] = rest else { return false };
        let len = usize::from(u16::from_be_bytes([*high, *low]));
        let Some(tail) = tail.get(len..) else { return false };
        rest = tail;
    }
    true
}

const E9: u64 = 1_000_000_000;
const MOST_MSAT: u64 = 21_000_000 * 100_000_000 * 1000;
const BITCOIN: [u8; 32] = countersign_offers::ChainHash::BITCOIN.0;

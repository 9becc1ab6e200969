//! Invoices and the messages that take their place.

use super::{features, path, strangers};
use crate::dice::Dice;
use crate::keyring::Keyring;
use crate::records::{Records, truncated};

/// A signed invoice for `request`, which may be a refund.
pub fn invoice(dice: &mut Dice, keys: &Keyring, request: &Records) -> Records {
    let mut invoice = request.clone();
    invoice.0.retain(|record| !(240..=1000).contains(&record.number));
    let count = dice.between(1, 3);
    invoice.set(160, (0..count).flat_map(|_| path(dice, keys, None)).collect());
    invoice.set(162, (0..count).flat_map(|_| payinfo(dice)).collect());
    invoice.set(164, truncated(1_700_000_000 + dice.bits() % 100_000_000));
    if dice.chance(50) {
        invoice.set(166, truncated(dice.bits() % 100_000));
    }
    invoice.set(168, dice.bytes(32));
    invoice.set(170, amount(dice, request));
    if dice.chance(20) {
        invoice.set(172, (0..dice.between(1, 3)).flat_map(|_| fallback(dice)).collect());
    }
    if dice.chance(50) {
        let bitmap = if dice.chance(50) { vec![0x02, 0, 0] } else { features(dice) };
        invoice.set(174, bitmap);
    }
    let signer = signer(dice, keys, request);
    invoice.set(176, signer.to_vec());
    strangers(dice, &mut invoice, 10, &[(179, 234), (3_000_000_000, 3_999_999_998)]);
    keys.sign(&mut invoice, "invoice", &signer);
    invoice
}

/// The key that `invoice_node_id` must be.
fn signer(dice: &mut Dice, keys: &Keyring, request: &Records) -> [u8; 33] {
    if let Some(issuer) = request.get(22) {
        return issuer.try_into().expect("a point");
    }
    request.get(16).and_then(last_blinded_node_id).unwrap_or_else(|| keys.point(dice))
}

/// The last hop's blinded node id of the first of `paths`.
fn last_blinded_node_id(paths: &[u8]) -> Option<[u8; 33]> {
    let introduction = if *paths.first()? < 2 { 9 } else { 33 };
    let (&hops, mut rest) = paths.get(introduction + 33..)?.split_first()?;
    let mut last = None;
    for _ in 0..hops {
        last = Some(*rest.first_chunk::<33>()?);
        let length = usize::from(u16::from_be_bytes(*rest.get(33..)?.first_chunk()?));
        rest = rest.get(35 + length..)?;
    }
    last
}

fn amount(dice: &mut Dice, request: &Records) -> Vec<u8> {
    let number = |value: &[u8]| value.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
    match (request.get(82), request.get(8)) {
        (Some(amount), _) => amount.to_vec(),
        (None, Some(price)) => {
            let quantity = request.get(86).map_or(1, number);
            truncated(number(price).saturating_mul(quantity))
        }
        (None, None) => truncated(1 + dice.bits() % 1_000_000),
    }
}

fn payinfo(dice: &mut Dice) -> Vec<u8> {
    let features = if dice.chance(20) { features(dice) } else { Vec::new() };
    let length = u16::try_from(features.len()).expect("short").to_be_bytes();
    [dice.bytes(26), length.to_vec(), features].concat()
}

fn fallback(dice: &mut Dice) -> Vec<u8> {
    let version = u8::try_from(dice.below(18)).expect("small");
    let length = dice.pick(&[2, 20, 32, 40]);
    let program = dice.bytes(length);
    let length = u16::try_from(length).expect("small").to_be_bytes();
    [vec![version], length.to_vec(), program].concat()
}

/// An `invoice_error`, without a length in front.
pub fn invoice_error(dice: &mut Dice) -> Records {
    let mut error = Records::default();
    if dice.chance(50) {
        error.set(1, truncated(dice.pick(&[0, 8, 82, 86, 170, 3_000_000_001])));
        if dice.chance(50) {
            let length = dice.below(40);
            error.set(3, dice.bytes(length));
        }
    }
    error.set(5, dice.text(80).into_bytes());
    strangers(dice, &mut error, 15, &[(7, 300), (1_000_000_000, 1_999_999_998)]);
    error
}

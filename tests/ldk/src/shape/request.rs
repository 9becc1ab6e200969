//! Invoice requests: for an offer, and without one.

use bitcoin::Network;

use super::{chain, features, path, strangers};
use crate::dice::Dice;
use crate::keyring::Keyring;
use crate::records::{Records, truncated};

/// A signed request for `offer`.
pub fn request(dice: &mut Dice, keys: &Keyring, offer: &Records) -> Records {
    let mut request = offer.clone();
    let payer = common(dice, keys, &mut request);
    match offer.get(2) {
        Some(chains) => {
            let chains: Vec<&[u8]> = chains.chunks(32).collect();
            let chosen = dice.pick(&chains);
            if chosen != chain(Network::Bitcoin) || dice.chance(50) {
                request.set(80, chosen.to_vec());
            }
        }
        None if dice.chance(10) => request.set(80, chain(Network::Bitcoin).to_vec()),
        None => {}
    }
    order(dice, offer, &mut request);
    if dice.chance(15) {
        request.set(91, name(dice));
    }
    strangers(
        dice,
        &mut request,
        15,
        &[(93, 158), (1_000_000_000, 1_999_999_998), (2_000_000_000, 2_999_999_998)],
    );
    keys.sign(&mut request, "invoice_request", &payer);
    request
}

/// How many, and for how much.
fn order(dice: &mut Dice, offer: &Records, request: &mut Records) {
    let number = |value: &[u8]| value.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
    let price = offer.get(8).map(number);
    let quantity = offer.get(20).map(number).map(|largest| match largest {
        0 | 3.. => 1 + dice.bits() % 3,
        few => 1 + dice.bits() % few,
    });
    if let Some(quantity) = quantity {
        request.set(86, truncated(quantity));
    }
    let expected = price.map(|price| price.saturating_mul(quantity.unwrap_or(1)));
    match expected {
        None => request.set(82, truncated(1 + dice.bits() % 1_000_000_000)),
        Some(expected) if dice.chance(40) => {
            let more = dice.pick(&[0, 1, 1_000]);
            request.set(82, truncated(expected.saturating_add(more)));
        }
        Some(_) => {}
    }
}

/// A refund or withdrawal: a request without an offer, and without a signature.
pub fn refund(dice: &mut Dice, keys: &Keyring) -> Records {
    let mut refund = Records::default();
    common(dice, keys, &mut refund);
    refund.set(10, dice.text(40).into_bytes());
    if dice.chance(40) {
        refund.set(14, truncated(4_000_000_000 + dice.bits() % 1_000_000));
    }
    if dice.chance(40) {
        refund.set(18, dice.text(30).into_bytes());
    }
    if dice.chance(20) {
        refund.set(80, chain(dice.pick(&[Network::Bitcoin, Network::Regtest])).to_vec());
    }
    refund.set(82, truncated(1 + dice.bits() % 1_000_000_000));
    if dice.chance(20) {
        refund.set(86, truncated(1 + dice.bits() % 10));
    }
    if dice.chance(60) {
        let count = dice.between(1, 3);
        refund.set(90, (0..count).flat_map(|_| path(dice, keys, None)).collect());
    }
    strangers(
        dice,
        &mut refund,
        15,
        &[(25, 78), (93, 158), (1_000_000_000, 1_999_999_998), (2_000_000_000, 2_999_999_998)],
    );
    refund
}

/// The records that every request has or may have; gives the payer's id.
fn common(dice: &mut Dice, keys: &Keyring, request: &mut Records) -> [u8; 33] {
    let payer = keys.point(dice);
    let length = dice.between(1, 64);
    request.set(0, dice.bytes(length));
    request.set(88, payer.to_vec());
    if dice.chance(10) {
        request.set(84, features(dice));
    }
    if dice.chance(50) {
        request.set(89, dice.text(60).into_bytes());
    }
    payer
}

fn name(dice: &mut Dice) -> Vec<u8> {
    let part = |dice: &mut Dice| {
        let length = dice.between(1, 20);
        (0..length).map(|_| dice.pick(b"abcXYZ019-_.")).collect::<Vec<u8>>()
    };
    let user = part(dice);
    let mut domain = part(dice);
    domain.push(b'x');
    let length = |part: &[u8]| vec![u8::try_from(part.len()).expect("short")];
    [length(&user), user, length(&domain), domain].concat()
}

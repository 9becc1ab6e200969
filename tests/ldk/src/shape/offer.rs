//! Offers.

use bitcoin::Network;

use super::{MAX_MSAT, chain, features, path, strangers};
use crate::dice::Dice;
use crate::keyring::Keyring;
use crate::records::{Records, truncated};

/// An offer: the price, the words, the way.
pub fn offer(dice: &mut Dice, keys: &Keyring) -> Records {
    let mut offer = Records::default();
    price(dice, &mut offer);
    words(dice, &mut offer);
    way(dice, keys, &mut offer);
    strangers(dice, &mut offer, 15, &[(25, 78), (1_000_000_000, 1_999_999_998)]);
    offer
}

fn price(dice: &mut Dice, offer: &mut Records) {
    match dice.below(10) {
        0 => offer.set(2, chain(Network::Bitcoin).to_vec()),
        1 => offer.set(2, [chain(Network::Regtest), chain(Network::Bitcoin)].concat()),
        2 => offer.set(2, chain(Network::Signet).to_vec()),
        _ => {}
    }
    if dice.chance(60) {
        let amount = match dice.below(6) {
            0 => 1,
            1 => MAX_MSAT,
            _ => dice.bits() % 100_000_000 + 1,
        };
        offer.set(8, truncated(amount));
        offer.set(10, dice.text(30).into_bytes());
        if dice.chance(4) {
            offer.set(6, dice.pick(&[b"USD", b"EUR", b"JPY"]).to_vec());
        }
    }
    if dice.chance(30) {
        let largest = dice.pick(&[0, 1, 2, 100, u64::MAX]);
        offer.set(20, truncated(largest));
    }
}

fn words(dice: &mut Dice, offer: &mut Records) {
    if dice.chance(30) {
        let length = dice.below(65);
        offer.set(4, dice.bytes(length));
    }
    if dice.chance(50) {
        offer.set(10, dice.text(60).into_bytes());
    }
    if dice.chance(10) {
        offer.set(12, features(dice));
    }
    if dice.chance(30) {
        offer.set(14, truncated(4_000_000_000 + dice.bits() % 1_000_000));
    }
    if dice.chance(30) {
        offer.set(18, dice.text(30).into_bytes());
    }
}

fn way(dice: &mut Dice, keys: &Keyring, offer: &mut Records) {
    let named = dice.chance(70);
    if named {
        offer.set(22, keys.point(dice).to_vec());
    }
    if !named || dice.chance(50) {
        let count = dice.between(1, 3);
        offer.set(16, (0..count).flat_map(|_| path(dice, keys, None)).collect());
    }
}

//! Valid messages of many shapes, written record by record.

mod invoice;
mod offer;
mod request;

pub use invoice::{invoice, invoice_error};
pub use offer::offer;
pub use request::{refund, request};

use bitcoin::Network;
use bitcoin::constants::ChainHash;

use crate::dice::Dice;
use crate::keyring::Keyring;
use crate::records::Records;

/// The largest amount that LDK and we take: 21 million bitcoin in millisatoshis.
pub const MAX_MSAT: u64 = 21_000_000 * 100_000_000 * 1_000;

/// The chain of a network, as BOLT 0 has it.
#[must_use]
pub fn chain(network: Network) -> [u8; 32] {
    ChainHash::using_genesis_block(network).to_bytes()
}

/// Unknown odd records, each with the probability `percent`, of types in one of `ranges`.
fn strangers(dice: &mut Dice, records: &mut Records, percent: usize, ranges: &[(u64, u64)]) {
    while dice.chance(percent) {
        let (low, high) = dice.pick(ranges);
        let number = (low + dice.bits() % (high - low)) | 1;
        let length = dice.pick(&[0, 1, 4, 32, 33, 253]);
        let value = dice.bytes(length);
        if records.get(number).is_none() {
            records.set(number, value);
        }
    }
}

/// A blinded path of one to four hops; the last hop's blinded node id is `last`, when given.
fn path(dice: &mut Dice, keys: &Keyring, last: Option<[u8; 33]>) -> Vec<u8> {
    let mut bytes = match dice.below(4) {
        0 => [&[dice.bits().to_be_bytes()[0] & 1], &dice.bytes(8)[..]].concat(),
        _ => keys.point(dice).to_vec(),
    };
    bytes.extend(keys.point(dice));
    let hops = dice.between(1, 4);
    bytes.push(u8::try_from(hops).expect("four at most"));
    for hop in 1..=hops {
        let id = last.filter(|_| hop == hops).unwrap_or_else(|| keys.point(dice));
        bytes.extend(id);
        let length = dice.pick(&[0, 1, 16, 51, 70]);
        bytes.extend(u16::try_from(length).expect("small").to_be_bytes());
        bytes.extend(dice.bytes(length));
    }
    bytes
}

/// A bitmap whose bits are all optional.
fn features(dice: &mut Dice) -> Vec<u8> {
    let mut bitmap: Vec<u8> = dice.bytes(3).into_iter().map(|byte| byte & 0b1010_1010).collect();
    bitmap[0] |= 0b10;
    bitmap
}

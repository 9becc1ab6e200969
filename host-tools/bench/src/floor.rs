//! The floor: what the protocol needs of the curve, of SHA-256 and of ChaCha20, at the price that
//! libsecp256k1, `sha2` and `chacha20` themselves ask on this machine.
//!
//! Nothing else is in it: no parsing, no point decompression, no Poly1305, no copying. A layer of a
//! packet counts one HMAC and one keystream over its payloads, as if a buffer of the packet's size
//! were at hand; a builder that streams makes some of those bytes more than once.

use chacha20::cipher::{KeyIvInit as _, StreamCipher as _};
use hmac::{KeyInit as _, Mac as _};
use secp256k1::ffi::types::AlignedType;
use secp256k1::{Keypair, PublicKey, Scalar, Secp256k1, SecretKey, ecdh};
use sha2::Digest as _;

/// One of the things that the floor counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Primitive {
    /// A point times a secret scalar, in constant time, and the hash of the product.
    Ecdh,
    /// A point times a scalar.
    Tweak,
    /// The base point times a secret scalar.
    Base,
    /// A BIP 340 signature.
    Sign,
    /// Its verification.
    Verify,
    /// SHA-256's compression of 1,024 blocks of 64 bytes.
    Hash,
    /// An HMAC-SHA256 of 32 bytes under a key of 32.
    Mac,
    /// 64 KiB of ChaCha20's keystream.
    Stream,
}

/// The blocks of SHA-256 in [`Primitive::Hash`].
const HASHED_BLOCKS: u64 = 1_024;
/// The bytes of ChaCha20 in [`Primitive::Stream`].
const STREAMED_BYTES: u64 = 65_536;

impl Primitive {
    /// Every primitive.
    pub(crate) const ALL: [Self; 8] = [
        Self::Ecdh,
        Self::Tweak,
        Self::Base,
        Self::Sign,
        Self::Verify,
        Self::Hash,
        Self::Mac,
        Self::Stream,
    ];

    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ecdh => "ecdh",
            Self::Tweak => "tweak",
            Self::Base => "base",
            Self::Sign => "sign",
            Self::Verify => "verify",
            Self::Hash => "hash-64KiB",
            Self::Mac => "hmac-32",
            Self::Stream => "chacha-64KiB",
        }
    }

    /// The primitive alone, ready to be run any number of times.
    pub(crate) fn prepare(self) -> Box<dyn FnMut()> {
        let memory = vec![AlignedType::ZERO; Secp256k1::preallocate_size()].leak();
        let mut secp = Secp256k1::preallocated_new(memory).expect("memory enough");
        secp.seeded_randomize(&[1; 32]);
        let secret = SecretKey::from_byte_array([0x5a; 32]).expect("a key");
        let point = PublicKey::from_secret_key(&secp, &secret);
        let pair = Keypair::from_secret_key(&secp, &secret);
        let (x_only, _) = pair.x_only_public_key();
        let scalar = Scalar::from_be_bytes([0x6b; 32]).expect("a scalar");
        let signature = secp.sign_schnorr_with_aux_rand(&[2; 32], &pair, &[3; 32]);
        let mut buffer = vec![0; usize::try_from(STREAMED_BYTES).expect("64 KiB")];
        match self {
            Self::Ecdh => Box::new(move || use_up(ecdh::SharedSecret::new(&point, &secret))),
            Self::Tweak => Box::new(move || use_up(point.mul_tweak(&secp, &scalar))),
            Self::Base => Box::new(move || use_up(PublicKey::from_secret_key(&secp, &secret))),
            Self::Sign => Box::new(move || {
                use_up(secp.sign_schnorr_with_aux_rand(&[2; 32], &pair, &[3; 32]));
            }),
            Self::Verify => {
                Box::new(move || use_up(secp.verify_schnorr(&signature, &[2; 32], &x_only)))
            }
            Self::Hash => Box::new(move || use_up(sha2::Sha256::digest(&buffer))),
            Self::Mac => Box::new(move || {
                let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(&[1; 32]).expect("a key");
                mac.update(&buffer[..32]);
                use_up(mac.finalize());
            }),
            Self::Stream => Box::new(move || {
                let mut stream = chacha20::ChaCha20::new(&[1; 32].into(), &[0; 12].into());
                stream.apply_keystream(&mut buffer);
                use_up(&buffer);
            }),
        }
    }
}

fn use_up<T>(value: T) {
    core::hint::black_box(&value);
}

/// What one step needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Work {
    ecdh: u64,
    tweak: u64,
    base: u64,
    sign: u64,
    verify: u64,
    /// HMACs of 32 bytes, which derive keys.
    macs: u64,
    /// Blocks of SHA-256, those of longer HMACs among them.
    blocks: u64,
    /// Bytes of ChaCha20.
    stream: u64,
}

/// The price of each primitive, in instructions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Prices(pub(crate) [u64; Primitive::ALL.len()]);

impl Work {
    /// The instructions of this work at `prices`.
    pub(crate) fn instructions(&self, prices: &Prices) -> u64 {
        let Prices([ecdh, tweak, base, sign, verify, hash, mac, stream]) = *prices;
        self.ecdh * ecdh
            + self.tweak * tweak
            + self.base * base
            + self.sign * sign
            + self.verify * verify
            + self.macs * mac
            + self.blocks * hash / HASHED_BLOCKS
            + self.stream * stream / STREAMED_BYTES
    }

    /// This and `other` together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            ecdh: self.ecdh + other.ecdh,
            tweak: self.tweak + other.tweak,
            base: self.base + other.base,
            sign: self.sign + other.sign,
            verify: self.verify + other.verify,
            macs: self.macs + other.macs,
            blocks: self.blocks + other.blocks,
            stream: self.stream + other.stream,
        }
    }

    /// Peeling our layer of a packet of `payloads` bytes: our payload, `leading` bytes of them,
    /// holds `data` bytes of `encrypted_recipient_data`.
    pub(crate) fn peel(payloads: u64, leading: u64, data: u64) -> Self {
        Self {
            // With the path key, then with the packet's own key.
            ecdh: 2,
            // The blinded node id; rho and mu of the packet; rho of the recipient data.
            macs: 4,
            blocks: mac_blocks(payloads),
            stream: leading + sealed(data),
            ..Self::default()
        }
    }

    /// Peeling our layer of a payment's onion of 1,300 bytes, whose MAC covers the payment hash too.
    pub(crate) fn peel_payment(leading: u64, data: u64) -> Self {
        Self { blocks: mac_blocks(1_300 + 32), ..Self::peel(1_300, leading, data) }
    }

    /// Claiming a payment whose facts lie sealed in `receipt` bytes: the path key that it has to
    /// arrive with, and the preimage and its hash.
    pub(crate) fn claim(receipt: u64) -> Self {
        Self {
            base: 1,
            // The preimage, from the seed's own key for preimages.
            macs: 2,
            blocks: hash_blocks(32),
            stream: sealed(receipt),
            ..Self::default()
        }
    }

    /// Verifying the signature of a message of these records, each given by its length.
    pub(crate) fn verify(records: &[u64]) -> Self {
        Self { verify: 1, blocks: merkle_blocks(records), ..Self::default() }
    }

    /// Deriving an offer's key from `bytes` of its records: a MAC, then the public key.
    pub(crate) fn offer_check(bytes: u64) -> Self {
        Self { base: 1, blocks: mac_blocks(bytes), ..Self::default() }
    }

    /// Blinding a path whose hops hold these many bytes of recipient data.
    pub(crate) fn path(hops: &[u64]) -> Self {
        let count = u64::try_from(hops.len()).expect("few");
        Self {
            ecdh: count,
            // The blinded node ids.
            tweak: count,
            // The path key of each hop but the last, which nobody hashes: the next is made from it.
            base: count.saturating_sub(1).max(1),
            // The blinded node id and rho of each hop.
            macs: 2 * count,
            blocks: count.saturating_sub(1) * hash_blocks(65),
            stream: hops.iter().copied().map(sealed).sum(),
            ..Self::default()
        }
    }

    /// Signing a message of these records, and verifying the signature.
    pub(crate) fn sign(records: &[u64]) -> Self {
        Self { sign: 1, verify: 1, blocks: merkle_blocks(records), ..Self::default() }
    }

    /// As [`Work::sign`], of a message whose first `hashed` records were signed by themselves, which
    /// somebody has verified: `own` are the records behind them.
    pub(crate) fn sign_on(hashed: usize, own: &[u64]) -> Self {
        Self { sign: 1, verify: 1, blocks: continued_merkle_blocks(hashed, own), ..Self::default() }
    }

    /// Building a packet of `payloads` bytes with a layer for each of `layers`, given by the bytes
    /// that it takes in the packet.
    pub(crate) fn build(payloads: u64, layers: &[u64]) -> Self {
        let count = u64::try_from(layers.len()).expect("few");
        let filler = layers.iter().scan(0, |sum, layer| {
            *sum += layer;
            Some(*sum)
        });
        Self {
            ecdh: count,
            base: count.saturating_sub(1).max(1),
            // rho and mu of each layer, and pad.
            macs: 2 * count + 1,
            blocks: count.saturating_sub(1) * hash_blocks(65) + count * mac_blocks(payloads),
            // The padding, each layer over all payloads, and the filler of all layers but the last.
            stream: payloads * (1 + count) + filler.take(layers.len() - 1).sum::<u64>(),
            ..Self::default()
        }
    }
}

/// Bytes of keystream to open or seal `data` bytes: those, and the block with Poly1305's key.
fn sealed(data: u64) -> u64 {
    64 + data
}

/// The blocks of a hash of `bytes`.
fn hash_blocks(bytes: u64) -> u64 {
    (bytes + 9).div_ceil(64)
}

/// The blocks of an HMAC of `bytes` under a short key: two for the pads, one for the outer hash.
fn mac_blocks(bytes: u64) -> u64 {
    hash_blocks(bytes) + 3
}

/// The blocks of a Merkle root, whose constant tags are hashed beforehand, and of its digest.
fn merkle_blocks(records: &[u64]) -> u64 {
    let first = records.first().copied().unwrap_or(0);
    // The nonce's tag: its hash, and the block that holds it twice.
    let tag = hash_blocks(7 + first) + 1;
    tag + continued_merkle_blocks(0, records)
}

/// The blocks of a Merkle root over `hashed` records, whose own root is known, and those behind
/// them: the tag is known too, and every subtree of the first root that is whole stays.
fn continued_merkle_blocks(hashed: usize, behind: &[u64]) -> u64 {
    let leaves: u64 = behind.iter().map(|record| hash_blocks(*record) + 1).sum();
    let [hashed, count] = [hashed, behind.len()].map(|it| u64::try_from(it).expect("few"));
    let kept = hashed - u64::from(hashed.count_ones());
    // A branch for every record, and one fewer to join all of them; two blocks each.
    let branches = count + (hashed + count).saturating_sub(1 + kept);
    leaves + 2 * branches + 1
}

#[cfg(test)]
mod tests {
    use super::{
        Prices, Primitive, Work, continued_merkle_blocks, hash_blocks, mac_blocks, merkle_blocks,
    };

    #[test]
    fn a_block_holds_fifty_five_bytes_and_the_length() {
        assert_eq!([0, 55, 56, 64, 119, 120].map(hash_blocks), [1, 1, 2, 2, 2, 3]);
        assert_eq!(mac_blocks(32), 4);
    }

    #[test]
    fn one_record_is_two_leaves_and_a_branch() {
        // Tag: hash and block; leaf and nonce: one each; one branch of two; the digest.
        assert_eq!(merkle_blocks(&[10]), 2 + 2 + 2 + 1);
    }

    #[test]
    fn a_tree_that_goes_on_keeps_what_is_whole_of_it() {
        // Four records are one subtree: the fifth adds its leaves, its branch and one join, and the
        // root has a digest of its own.
        let whole = merkle_blocks(&[10; 5]) - merkle_blocks(&[10; 4]);
        assert_eq!(whole, 2 + 2 + 2);
        assert_eq!(continued_merkle_blocks(4, &[10]), whole + 1);
        // Five are four and one: the join of those two is not in a tree of eight.
        assert_eq!(continued_merkle_blocks(5, &[10; 3]), 3 * 2 + 2 * (3 + 4) + 1);
        assert_eq!(continued_merkle_blocks(0, &[10; 5]) + 2, merkle_blocks(&[10; 5]));
    }

    #[test]
    fn work_costs_what_its_parts_cost() {
        let prices = Prices(Primitive::ALL.map(|_| 65_536));
        let (peel, check) = (Work::peel(1_300, 400, 50), Work::offer_check(200));
        let sum = peel.instructions(&prices) + check.instructions(&prices);
        assert_eq!(peel.and(check).instructions(&prices), sum);
        assert_eq!(Work::path(&[50, 50]).and(Work::default()), Work::path(&[50, 50]));
    }
}

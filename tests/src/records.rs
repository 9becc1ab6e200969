//! Messages of BOLT 12 written record by record, so that one rule at a time can be broken.

use std::collections::BTreeMap;

use countersign_crypto::{Curve, CurveMemory, KeyPair, Secret, SecretKey};
use countersign_offers::{ChainHash, Field, MerkleRoot, Signed};
use countersign_tlv::{TlvStream, Writer};

/// The records of a message, in ascending order.
#[derive(Debug, Clone, Default)]
pub struct Records(BTreeMap<u64, Vec<u8>>);

impl Records {
    /// The message of these records.
    #[must_use]
    pub fn of(map: &BTreeMap<u64, Vec<u8>>) -> Self {
        Self(map.clone())
    }

    /// The message with this record, in the place of one of the same type if there is one.
    #[must_use]
    pub fn with(mut self, field: Field, value: impl AsRef<[u8]>) -> Self {
        self.0.insert(field.number(), value.as_ref().to_vec());
        self
    }

    /// The message without this record.
    #[must_use]
    pub fn without(mut self, field: Field) -> Self {
        self.0.remove(&field.number());
        self
    }

    /// The message's bytes.
    ///
    /// # Panics
    ///
    /// When they are 100,000 or more.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut buffer = vec![0; 100_000];
        let mut writer = Writer::new(&mut buffer);
        for (&number, value) in &self.0 {
            writer.record(number, value).expect("the message is shorter");
        }
        writer.finish().to_vec()
    }

    /// The message's bytes with a signature of `key`'s.
    ///
    /// # Panics
    ///
    /// As [`Records::bytes`].
    #[must_use]
    pub fn signed(self, key: u8, signed: Signed) -> Vec<u8> {
        let bytes = self.bytes();
        let stream = TlvStream::parse(&bytes).expect("ascending records are a stream");
        let root = MerkleRoot::of(&stream).expect("there are records");
        let digest = root.digest(signed);
        let signature = on_curve(|curve| pair(curve, key).sign(curve, &digest, &[0; 32]));
        self.with(Field::SIGNATURE, signature.0).bytes()
    }
}

/// An offer with a path, a key and a price.
#[must_use]
pub fn offer() -> Records {
    Records::default()
        .with(Field::OFFER_METADATA, [1, 2, 3])
        .with(Field::OFFER_AMOUNT, [100])
        .with(Field::OFFER_DESCRIPTION, "coffee")
        .with(Field::OFFER_PATHS, path(2))
        .with(Field::OFFER_ISSUER, "user@example.com")
        .with(Field::OFFER_ISSUER_ID, point(MERCHANT))
        .with(Field(1_000_000_001), "odd")
}

/// A request for [`offer`], before its signature.
#[must_use]
pub fn invoice_request() -> Records {
    offer()
        .with(Field::INVREQ_METADATA, [7; 16])
        .with(Field::INVREQ_AMOUNT, [100])
        .with(Field::INVREQ_PAYER_ID, point(PAYER))
        .with(Field::INVREQ_PAYER_NOTE, "thanks")
        .with(Field(93), "odd")
        .with(Field(2_000_000_001), "odd")
}

/// A request that answers no offer.
#[must_use]
pub fn refund() -> Records {
    Records::default()
        .with(Field::INVREQ_METADATA, [7; 16])
        .with(Field::OFFER_DESCRIPTION, "refund")
        .with(Field::INVREQ_AMOUNT, [100])
        .with(Field::INVREQ_PAYER_ID, point(PAYER))
        .with(Field(93), "odd")
        .with(Field(2_000_000_001), "odd")
}

/// The invoice for a request, before its signature.
#[must_use]
pub fn invoice(request: Records) -> Records {
    request
        .with(Field::INVOICE_PATHS, path(1))
        .with(Field::INVOICE_BLINDEDPAY, payinfo(&[]))
        .with(Field::INVOICE_CREATED_AT, [100])
        .with(Field::INVOICE_PAYMENT_HASH, [9; 32])
        .with(Field::INVOICE_AMOUNT, [100])
        .with(Field::INVOICE_NODE_ID, point(MERCHANT))
}

/// A `blinded_path` of `hops` hops.
#[must_use]
pub fn path(hops: u8) -> Vec<u8> {
    let mut path = [&point(21)[..], &point(22), &[hops]].concat();
    for hop in 0..hops {
        path.extend([&point(30 + hop)[..], &[0, 3, 1, 2, 3]].concat());
    }
    path
}

/// A `blinded_payinfo` with `features`.
#[must_use]
pub fn payinfo(features: &[u8]) -> Vec<u8> {
    let len = u8::try_from(features.len()).expect("a test's features are few");
    [&[0; 26][..], &[0, len], features].concat()
}

/// The public key of the secret key whose bytes all are `key`.
#[must_use]
pub fn point(key: u8) -> [u8; 33] {
    on_curve(|curve| pair(curve, key).public_key().serialize())
}

/// The secret key whose bytes all are `key`, with its public key.
///
/// # Panics
///
/// When `key` is 0 or 255.
#[must_use]
pub fn pair(curve: &Curve<'_>, key: u8) -> KeyPair {
    KeyPair::new(curve, &SecretKey::parse(&Secret::new([key; 32])).expect("1 to 254 are keys"))
}

/// What `compute` makes of a curve.
///
/// # Panics
///
/// Never: the memory suffices.
pub fn on_curve<T>(compute: impl FnOnce(&Curve<'_>) -> T) -> T {
    let mut memory = CurveMemory::new();
    let curve = Curve::new(&mut memory, &Secret::new([1; 32])).expect("the memory suffices");
    compute(&curve)
}

/// The merchant's secret key is this byte 32 times.
pub const MERCHANT: u8 = 11;
/// The payer's.
pub const PAYER: u8 = 12;
/// A chain that is not bitcoin.
pub const OTHER_CHAIN: ChainHash = ChainHash::SIGNET;

//! A merchant with stateless offers, and a payer who answers them.

use countersign_blinding::BlindedPaths;
use countersign_crypto::{Curve, KeyPair, Secret, SecretKey};
use countersign_offers::{
    Amount, Authentic, ChainHash, Identity, InvoiceRequest, Nonce, NotOurs, Offer, OfferKeys,
    OfferTerms, OurRequest, PathId, PathPurpose, QuantityMax, RequestTerms,
};
use countersign_tlv::Reader;
use countersign_units::{Msat, UnixTime};

use crate::records::{PAYER, pair, path};

/// A merchant's keys, by the one byte that their seed consists of, and an epoch.
#[must_use]
pub fn keys(seed: u8, epoch: u32) -> OfferKeys {
    OfferKeys::new(&Secret::new([seed; 32]), epoch)
}

/// The secret key of the last hop of [`path`]`(2)`.
///
/// # Panics
///
/// Never: 31 is a key.
#[must_use]
pub fn blinded_node() -> SecretKey {
    SecretKey::parse(&Secret::new([31; 32])).expect("31 is a key")
}

/// The nonce whose bytes all are `fill`.
#[must_use]
pub const fn nonce(fill: u8) -> Nonce {
    Nonce([fill; 16])
}

/// An offer of `keys` for coffees at 100 msat each, through [`path`]`(2)`.
///
/// # Panics
///
/// When it is not written.
#[must_use]
pub fn issue(curve: &Curve<'_>, keys: &OfferKeys, nonce: &Nonce, identity: Identity) -> Vec<u8> {
    let amount = Msat::new(100).map(Amount::Bitcoin);
    issue_at(amount.expect("it is less than 21 million bitcoin"), curve, keys, nonce, identity)
}

/// As [`issue`], at any price.
///
/// # Panics
///
/// When it is not written.
#[must_use]
pub fn issue_at(
    price: Amount,
    curve: &Curve<'_>,
    keys: &OfferKeys,
    nonce: &Nonce,
    identity: Identity,
) -> Vec<u8> {
    let path = path(2);
    let terms = OfferTerms {
        chain: ChainHash::BITCOIN,
        amount: Some(price),
        description: Some("coffee"),
        absolute_expiry: Some(UnixTime(1_000_000)),
        paths: Some(BlindedPaths::parse(&mut Reader::new(&path)).expect("the path is whole")),
        issuer: Some("shop.example"),
        quantity_max: QuantityMax::Unlimited,
    };
    let mut buffer = [0; 1024];
    let offer = keys.issue(curve, &terms, nonce, identity, &mut buffer).expect("it is an offer");
    offer.records().bytes().to_vec()
}

/// A request for three items of `offer`.
///
/// # Panics
///
/// When `offer` cannot be answered.
#[must_use]
pub fn request(curve: &Curve<'_>, offer: &[u8]) -> Vec<u8> {
    let offer = Offer::parse(offer).expect("it is an offer");
    let chain = ChainHash::BITCOIN;
    let offer = offer.check(UnixTime(0), chain).expect("it is payable");
    let terms = RequestTerms {
        metadata: &[6; 16],
        chain,
        amount: None,
        quantity: Some(3),
        payer_note: Some("to go"),
    };
    let mut buffer = [0; 2048];
    let request = terms.write(offer, curve, &pair(curve, PAYER), &mut buffer);
    request.expect("the terms fit the offer").records().bytes().to_vec()
}

/// Whether `keys` recognise a request that came with `path_id`.
///
/// # Errors
///
/// [`NotOurs`].
///
/// # Panics
///
/// When the signature is wrong.
pub fn recognise<'r>(
    curve: &Curve<'_>,
    keys: &OfferKeys,
    request: &'r InvoiceRequest<'r>,
    PathId(path_id): &PathId,
) -> Result<OurRequest<'r>, NotOurs> {
    let request: Authentic<'_, _> = request.verify_signature(curve).expect("it is signed");
    keys.recognise(curve, request, path_id, &blinded_node())
}

/// The `path_id` of an offer of `keys` with `nonce`.
#[must_use]
pub fn path_id(keys: &OfferKeys, nonce: &Nonce) -> PathId {
    keys.path_id(PathPurpose::Offer, nonce)
}

/// The merchant's key for an invoice that is not signed by an offer's.
#[must_use]
pub fn any_key(curve: &Curve<'_>) -> KeyPair {
    pair(curve, 77)
}

use core::fmt;

use countersign_crypto::{Curve, HmacSha256, KeyPair, Secret, SecretKey, hkdf_sha256, hmac_sha256};
use countersign_tlv::TlvStream;

use crate::{Authentic, Field, InvoiceRequest, Offer, OfferTerms, OurRequest, Unwritable};

/// The keys of all offers of one merchant, from which each offer's own are derived: nothing of an
/// offer has to be remembered (DESIGN §4).
///
/// An offer belongs to a [`Nonce`], which travels in the `path_id` of the offer's paths. Its signing
/// key, or else its `offer_metadata`, is a MAC over the nonce and every record of the offer, so a
/// request that changes one bit of them is not a request of ours.
#[derive(Debug)]
pub struct OfferKeys {
    path: Secret<32>,
    signing: Secret<32>,
    metadata: Secret<32>,
    epoch: [u8; 4],
}

/// What an offer is told from all others by: 16 bytes that no offer before it had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nonce(pub [u8; NONCE_LEN]);

/// A `path_id` of ours: a nonce, and a tag that only we can compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathId(pub [u8; PATH_ID_LEN]);

/// What a blinded path of ours is for. A `path_id` made for one purpose serves no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathPurpose {
    /// Requests for an offer come through it.
    Offer,
    /// The answer to a message of ours comes through it.
    Reply,
    /// The payment of an invoice comes through it.
    Payment,
    /// The invoice for a refund of ours comes through it.
    Refund,
}

/// Which key signs the invoices of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A key of the offer's own, which it names as `offer_issuer_id`.
    IssuerId,
    /// The blinded key of the last hop of the path that the request came through. The offer is 35
    /// bytes shorter and has 16 of `offer_metadata` instead.
    BlindedNodeId,
}

/// Not ours: another merchant's, of another epoch, changed, or come through another path.
///
/// There is nothing more to say, because whoever learns which it was learns about our offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotOurs;

/// Bytes of a [`Nonce`].
pub const NONCE_LEN: usize = 16;

/// Bytes of a [`PathId`].
pub const PATH_ID_LEN: usize = NONCE_LEN + TAG_LEN;

/// Bytes of a MAC that is sent along. Forging one takes 2¹²⁸ tries at a device that takes seconds.
const TAG_LEN: usize = 16;

impl OfferKeys {
    /// The keys under a `base` that serves nothing else. Another `epoch` is another set of keys:
    /// moving on revokes every offer made before.
    #[must_use]
    pub fn new(base: &Secret<32>, epoch: u32) -> Self {
        let key =
            |purpose: &[u8]| hkdf_sha256(b"countersign offers", base.expose_secret(), purpose);
        Self {
            path: key(b"path_id"),
            signing: key(b"offer_issuer_id"),
            metadata: key(b"offer_metadata"),
            epoch: epoch.to_be_bytes(),
        }
    }

    /// The `path_id` that carries `nonce` in a path for `purpose`.
    #[must_use]
    pub fn path_id(&self, purpose: PathPurpose, nonce: &Nonce) -> PathId {
        let tag = self.path_tag(purpose, nonce);
        let mut path_id = [0; PATH_ID_LEN];
        let bytes = nonce.0.iter().chain(tag.expose_secret());
        for (byte, &value) in path_id.iter_mut().zip(bytes) {
            *byte = value;
        }
        PathId(path_id)
    }

    /// The nonce in a `path_id` that we made for `purpose`.
    ///
    /// # Errors
    /// [`NotOurs`].
    pub fn open_path_id(&self, purpose: PathPurpose, path_id: &[u8]) -> Result<Nonce, NotOurs> {
        let (&nonce, tag) = path_id.split_first_chunk().ok_or(NotOurs)?;
        let tag: &[u8; TAG_LEN] = tag.try_into().or(Err(NotOurs))?;
        let nonce = Nonce(nonce);
        if self.path_tag(purpose, &nonce).ct_eq(tag) { Ok(nonce) } else { Err(NotOurs) }
    }

    /// Writes the offer of `terms`, whose paths carry the `path_id` of this `nonce`.
    ///
    /// # Errors
    /// [`Unwritable::Rejected`] for terms that make no offer, or none with a path;
    /// [`Unwritable::NoKey`]; [`Unwritable::Full`].
    pub fn issue<'b>(
        &self,
        curve: &Curve<'_>,
        terms: &OfferTerms<'_>,
        nonce: &Nonce,
        identity: Identity,
        buffer: &'b mut [u8],
    ) -> Result<Offer<'b>, Unwritable> {
        // The offer without the one record that the MAC of the others is to yield.
        let bare = terms.write(None, None, buffer)?.records();
        match identity {
            Identity::IssuerId => {
                let key = self.signing_key(nonce, &bare).ok_or(Unwritable::NoKey)?;
                terms.write(None, Some(&key.public_key(curve)), buffer)
            }
            Identity::BlindedNodeId => {
                let metadata = self.metadata(nonce, &bare);
                terms.write(Some(metadata.expose_secret()), None, buffer)
            }
        }
    }

    /// Recognises a request that answers an offer of ours and came through a path with `path_id`
    /// (R-IR-06 to R-IR-08). `blinded_node` is the secret key of that path's last hop.
    ///
    /// This takes one multiplication of the curve's base point at most.
    ///
    /// # Errors
    /// [`NotOurs`].
    pub fn recognise<'r>(
        &self,
        curve: &Curve<'_>,
        request: Authentic<'r, InvoiceRequest<'r>>,
        path_id: &[u8],
        blinded_node: &SecretKey,
    ) -> Result<OurRequest<'r>, NotOurs> {
        let nonce = self.open_path_id(PathPurpose::Offer, path_id)?;
        let message = request.message();
        let offer = message.offer();
        //= bolt12#requirements-for-invoice-requests
        //# if `offer_paths` is present:
        //#   - MUST ignore the invoice_request if it did not arrive via one of those paths.
        //# otherwise:
        //#   - MUST ignore any invoice_request if it arrived via a blinded path.
        let paths = offer.paths.ok_or(NotOurs)?;
        let key = if let Some(issuer_id) = offer.issuer_id {
            let key = self.signing_key(&nonce, &message.records()).ok_or(NotOurs)?;
            let key = KeyPair::new(curve, &key);
            if key.public_key().serialize() != *issuer_id {
                return Err(NotOurs);
            }
            key
        } else {
            let metadata = offer.metadata.and_then(|metadata| metadata.try_into().ok());
            if !self.metadata(&nonce, &message.records()).ct_eq(metadata.ok_or(NotOurs)?) {
                return Err(NotOurs);
            }
            let key = KeyPair::new(curve, blinded_node);
            let node_id = key.public_key().serialize();
            let mut last_hops = paths.iter().filter_map(|path| path.hops().last());
            if !last_hops.any(|hop| *hop.blinded_node_id == node_id) {
                return Err(NotOurs);
            }
            key
        };
        Ok(OurRequest::new(request, nonce, key))
    }

    fn path_tag(&self, purpose: PathPurpose, nonce: &Nonce) -> Secret<TAG_LEN> {
        let purpose = match purpose {
            PathPurpose::Offer => 0,
            PathPurpose::Reply => 1,
            PathPurpose::Payment => 2,
            PathPurpose::Refund => 3,
        };
        let key = self.path.expose_secret();
        truncated(hmac_sha256(key, &[&[purpose], &self.epoch, &nonce.0]))
    }

    /// The key that signs the invoices of the offer whose records are among `records`; in 2¹²⁷
    /// cases there is one that has none.
    fn signing_key(&self, nonce: &Nonce, records: &TlvStream<'_>) -> Option<SecretKey> {
        let mac = self.mac(&self.signing, nonce, records, Field::OFFER_ISSUER_ID);
        SecretKey::parse(&Secret::new(mac)).ok()
    }

    /// The `offer_metadata` of such an offer.
    fn metadata(&self, nonce: &Nonce, records: &TlvStream<'_>) -> Secret<TAG_LEN> {
        truncated(self.mac(&self.metadata, nonce, records, Field::OFFER_METADATA))
    }

    /// The MAC over every record of the offer but `derived`, which is derived from it.
    fn mac(
        &self,
        key: &Secret<32>,
        nonce: &Nonce,
        records: &TlvStream<'_>,
        derived: Field,
    ) -> [u8; 32] {
        let mut mac = HmacSha256::new(key.expose_secret());
        mac.update(&self.epoch);
        mac.update(&nonce.0);
        records
            .records()
            .filter(|record| Field(record.number).is_of_offer() && Field(record.number) != derived)
            .for_each(|record| mac.update(record.encoded));
        mac.finish()
    }
}

impl fmt::Display for NotOurs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not ours")
    }
}

impl core::error::Error for NotOurs {}

/// The first bytes of a MAC, which are one too.
fn truncated(mac: [u8; 32]) -> Secret<TAG_LEN> {
    let mut tag = [0; TAG_LEN];
    for (byte, value) in tag.iter_mut().zip(mac) {
        *byte = value;
    }
    Secret::new(tag)
}

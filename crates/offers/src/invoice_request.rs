mod contents;
mod suspended;
mod writer;

use countersign_crypto::{Curve, KeyPair, PublicKey, Signature};
use countersign_tlv::TlvStream;
use countersign_units::{Msat, UnixTime};

use crate::merkle::Trunk;
use crate::value::Points;
use crate::{
    Answerable, Authentic, ChainHash, Field, Invalid, Nonce, OfferFields, Rate, Rejected, Signed,
    authentic, capacity, value,
};

pub use contents::InvoiceRequestFields;
pub(crate) use contents::{Contents, Parts};
pub use suspended::Suspended;
pub(crate) use writer::PayerRecords;
pub use writer::RequestTerms;

/// An `invoice_request` that answers an offer (BOLT 12 §Invoice Requests).
///
/// It has passed every requirement on a reader that needs nothing but the request. What follows
/// takes a step each: the signature ([`InvoiceRequest::verify_signature`]), whose offer it is
/// ([`OfferKeys::recognise`](crate::OfferKeys::recognise)), and whether it can be answered here and
/// now ([`OurRequest::check`]).
#[derive(Clone, Debug)]
pub struct InvoiceRequest<'a> {
    records: TlvStream<'a>,
    contents: Contents<'a>,
    signature: Signature,
}

impl<'a> InvoiceRequest<'a> {
    /// Reads a request (R-IR-01 to R-IR-05, R-IR-10 to R-IR-14 as far as they need no context).
    ///
    /// # Errors
    /// [`Rejected::Malformed`] for bytes that are not the encoding of their fields,
    /// [`Rejected::Invalid`] for fields that such a request cannot have, or not together.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Rejected> {
        Self::read(TlvStream::parse(bytes)?, Points::Checked)
    }

    /// As [`InvoiceRequest::parse`], for a device: it is small, and what stands for a point in
    /// `offer_paths` and in `offer_issuer_id` is believed to be one, for that costs nothing. The offer is one that we wrote,
    /// as [`OfferKeys::recognise`](crate::OfferKeys::recognise) finds out, or there is no answer.
    ///
    /// # Errors
    /// As there, and [`Rejected::TooLarge`] above [`capacity::INVOICE_REQUEST_LEN`] or
    /// [`capacity::INVOICE_REQUEST_RECORDS`].
    pub fn parse_bounded(bytes: &'a [u8]) -> Result<Self, Rejected> {
        Self::read(capacity::invoice_request(bytes)?, Points::Believed)
    }

    fn read(records: TlvStream<'a>, points: Points) -> Result<Self, Rejected> {
        let signature = value::signature(&records)?;
        let request = Self { records, contents: Contents::parse(&records, points)?, signature };
        request.contents.check_for_offer()?;
        Ok(request)
    }

    /// The records as they were received, unknown ones included.
    #[must_use]
    pub const fn records(&self) -> TlvStream<'a> {
        self.records
    }

    /// The fields of the offer that is answered.
    #[must_use]
    pub const fn offer(&self) -> &OfferFields<'a> {
        &self.contents.parts.offer
    }

    /// The fields that the request may have beside the offer's.
    #[must_use]
    pub const fn fields(&self) -> &InvoiceRequestFields<'a> {
        &self.contents.parts.fields
    }

    /// `invreq_metadata`: the payer's own cookie.
    #[must_use]
    #[doc(alias = "invreq_metadata")]
    pub const fn metadata(&self) -> &'a [u8] {
        self.contents.metadata
    }

    /// `invreq_payer_id`: the key that signs the request.
    #[must_use]
    #[doc(alias = "invreq_payer_id")]
    pub const fn payer_id(&self) -> &PublicKey {
        &self.contents.payer_id
    }

    /// `signature`, as it was received.
    #[must_use]
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Verifies the signature: one verification, and the Merkle tree of the request.
    ///
    /// # Errors
    /// [`Invalid::Signature`] (R-IR-04).
    #[inline(never)]
    pub fn verify_signature(&self, curve: &Curve<'_>) -> Result<Authentic<'_, Self>, Invalid> {
        let (records, signed) = (&self.records, Signed::InvoiceRequest);
        let by = (self.payer_id(), &self.signature);
        Authentic::new(self, |trunk| authentic::verify(curve, records, signed, by, trunk))
    }
}

/// What a request is about, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// How many items: 1 when the offer is for one.
    pub quantity: u64,
    /// What the offer asks for all of them; `None` when it leaves that to the payer.
    pub expected: Option<Msat>,
    /// What the invoice is about: what the payer wants to pay, or else what is expected.
    pub amount: Msat,
}

/// An [`InvoiceRequest`] that answers an offer of ours and came through a path of that offer.
///
/// From here on an `invoice_error` may be sent; before, the only answer is silence.
#[derive(Debug)]
pub struct OurRequest<'r> {
    request: &'r InvoiceRequest<'r>,
    trunk: Option<Trunk>,
    nonce: Nonce,
    key: KeyPair,
}

impl<'r> OurRequest<'r> {
    pub(crate) fn new(
        request: Authentic<'r, InvoiceRequest<'r>>,
        nonce: Nonce,
        key: KeyPair,
    ) -> Self {
        Self { request: request.message(), trunk: request.into_trunk(), nonce, key }
    }

    /// The request.
    #[must_use]
    pub const fn request(&self) -> &'r InvoiceRequest<'r> {
        self.request
    }

    /// The nonce of the offer: it names the offer among all of ours.
    #[must_use]
    pub const fn nonce(&self) -> &Nonce {
        &self.nonce
    }

    /// Checks what depends on the time, on our chain and on the worth of a currency (R-IR-06,
    /// R-IR-11, R-IR-13).
    ///
    /// # Errors
    /// [`Invalid::Chain`], [`Invalid::Expired`], [`Invalid::TooLittle`], [`Invalid::TooMuch`], or
    /// [`Invalid::Missing`] `offer_currency` without the rate for it.
    pub fn check(self, here: &Here<'_>) -> Result<CheckedRequest<'r>, Invalid> {
        let &Here { now, chain, rate } = here;
        if self.request.fields().chain() != chain {
            return Err(Invalid::Chain { field: Field::INVREQ_CHAIN });
        }
        self.request.offer().unexpired(now)?;
        let price = self.request.contents.price(rate)?;
        Ok(CheckedRequest { ours: self, price })
    }
}

/// What the reader of a request must know and cannot read in it.
#[derive(Clone, Copy, Debug)]
pub struct Here<'r> {
    /// The moment, as somebody claims.
    pub now: UnixTime,
    /// The one chain that we are paid on.
    pub chain: ChainHash,
    /// What the currency of the offer is worth, if it has one.
    pub rate: Option<&'r Rate>,
}

/// An [`InvoiceRequest`] of which every requirement of BOLT 12 holds, with the key that must sign
/// the invoice.
#[derive(Debug)]
pub struct CheckedRequest<'r> {
    ours: OurRequest<'r>,
    price: Price,
}

impl<'r> CheckedRequest<'r> {
    /// The request.
    #[must_use]
    pub const fn request(&self) -> &'r InvoiceRequest<'r> {
        self.ours.request
    }

    /// The nonce of the offer: it names the offer among all of ours.
    #[must_use]
    pub const fn nonce(&self) -> &Nonce {
        &self.ours.nonce
    }

    /// What the request is about, in numbers.
    #[must_use]
    pub const fn price(&self) -> Price {
        self.price
    }

    /// What the invoice is written around, to be signed with the one key that may (R-IW-05).
    #[must_use]
    pub const fn answerable(&self) -> Answerable<'_> {
        let OurRequest { request, trunk, key, .. } = &self.ours;
        Answerable::new(request.records, trunk.as_ref(), self.price.amount, key)
    }
}

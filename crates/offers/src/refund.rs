mod writer;

use countersign_crypto::{KeyPair, PublicKey};
use countersign_tlv::TlvStream;
use countersign_units::Msat;

use crate::invoice_request::Contents;
use crate::value::Points;
use crate::{
    Answerable, Field, Here, Invalid, InvoiceRequestFields, OfferFields, Rejected, Untrusted,
    capacity,
};

pub use writer::RefundTerms;

/// An `invoice_request` that answers no offer: whoever sends the invoice gets the money (`lnr…`).
///
/// A refund or a withdrawal. It has passed every requirement on a reader that needs nothing but the
/// request. Nobody signs one.
#[derive(Clone, Debug)]
pub struct Refund<'a> {
    records: TlvStream<'a>,
    contents: Contents<'a>,
    description: Untrusted<'a>,
    amount: Msat,
}

impl<'a> Refund<'a> {
    /// Reads a refund (R-RF-01, R-RF-11, R-RF-12).
    ///
    /// # Errors
    /// [`Rejected::Malformed`] for bytes that are not the encoding of their fields,
    /// [`Rejected::Invalid`] for fields that a refund cannot have, or must.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Rejected> {
        Self::read(TlvStream::parse(bytes)?)
    }

    /// As [`Refund::parse`], for a device.
    ///
    /// # Errors
    /// As there, and [`Rejected::TooLarge`] above [`capacity::INVOICE_REQUEST_LEN`] or
    /// [`capacity::INVOICE_REQUEST_RECORDS`].
    pub fn parse_bounded(bytes: &'a [u8]) -> Result<Self, Rejected> {
        Self::read(capacity::invoice_request(bytes)?)
    }

    fn read(records: TlvStream<'a>) -> Result<Self, Rejected> {
        let contents = Contents::parse(&records, Points::Checked)?;
        // The specification has a refund unsigned and yet its reader verify a signature
        // unconditionally; there is none to verify, and none that could mean anything.
        if let Some(record) = records.records().find(|record| Field(record.number).is_signature()) {
            return Err(Invalid::Unexpected { field: Field(record.number) }.into());
        }
        let (description, amount) = contents.check_for_refund()?;
        Ok(Self { records, contents, description, amount })
    }

    /// The records as they were received, unknown ones included.
    #[must_use]
    pub const fn records(&self) -> TlvStream<'a> {
        self.records
    }

    /// The fields that an offer would have. A price among them is for information only.
    #[must_use]
    pub const fn offer(&self) -> &OfferFields<'a> {
        &self.contents.parts.offer
    }

    /// The fields that the request may have beside those.
    #[must_use]
    pub const fn fields(&self) -> &InvoiceRequestFields<'a> {
        &self.contents.parts.fields
    }

    /// `offer_description`: what is paid for, in the payer's words.
    #[must_use]
    #[doc(alias = "offer_description")]
    pub const fn description(&self) -> Untrusted<'a> {
        self.description
    }

    /// `invreq_amount`: what will be paid.
    #[must_use]
    #[doc(alias = "invreq_amount")]
    pub const fn amount(&self) -> Msat {
        self.amount
    }

    /// `invreq_metadata`: the payer's own cookie.
    #[must_use]
    #[doc(alias = "invreq_metadata")]
    pub const fn metadata(&self) -> &'a [u8] {
        self.contents.metadata
    }

    /// `invreq_payer_id`: where to send the invoice when there is no `invreq_paths` (R-RF-03).
    #[must_use]
    #[doc(alias = "invreq_payer_id")]
    pub const fn payer_id(&self) -> &PublicKey {
        &self.contents.payer_id
    }

    /// Checks what depends on the time and on our chain (R-IR-13, R-RF-02).
    ///
    /// # Errors
    /// [`Invalid::Chain`] or [`Invalid::Expired`].
    pub fn check(&self, here: &Here<'_>) -> Result<CheckedRefund<'_>, Invalid> {
        if self.fields().chain() != here.chain {
            return Err(Invalid::Chain { field: Field::INVREQ_CHAIN });
        }
        self.offer().unexpired(here.now)?;
        Ok(CheckedRefund(self))
    }
}

/// A [`Refund`] of which every requirement of BOLT 12 holds.
#[derive(Clone, Copy, Debug)]
pub struct CheckedRefund<'r>(&'r Refund<'r>);

impl<'r> CheckedRefund<'r> {
    /// The refund.
    #[must_use]
    pub const fn refund(self) -> &'r Refund<'r> {
        self.0
    }

    /// What an invoice for the refund is written around. It is signed with any `key` of ours, best
    /// with one that nothing else is signed with (R-RF-04).
    #[must_use]
    pub const fn answerable(self, key: &'r KeyPair) -> Answerable<'r> {
        Answerable::new(self.0.records, None, self.0.amount, key)
    }
}

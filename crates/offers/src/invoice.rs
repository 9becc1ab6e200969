mod fallback;
mod fields;
mod writer;

use countersign_blinding::{BlindedPath, BlindedPayInfo};
use countersign_crypto::{Curve, PublicKey, Signature};
use countersign_tlv::TlvStream;

use crate::invoice_request::Contents;
use crate::{
    Authentic, Field, Here, Invalid, InvoiceRequestFields, OfferFields, Refund, Rejected, Signed,
    authentic, capacity, value,
};

pub use fallback::{FallbackAddress, Fallbacks};
pub use fields::InvoiceFields;
pub(crate) use fields::Own;
pub use writer::{
    Answerable, InvoiceTerms, InvoiceWriter, PaymentParts, SignedInvoice, UnsignedInvoice,
};

/// An `invoice`, for an offer or for a refund (BOLT 12 §Invoices).
///
/// It has passed every requirement on a reader that needs nothing but the invoice. What follows
/// takes a step each: the signature ([`Invoice::verify_signature`]), and whether it is what was
/// asked for ([`Authentic::check`]).
#[derive(Clone, Debug)]
pub struct Invoice<'a> {
    records: TlvStream<'a>,
    request: Contents<'a>,
    fields: InvoiceFields<'a>,
    signature: Signature,
}

impl<'a> Invoice<'a> {
    /// Reads an invoice (R-VR-01 to R-VR-03 as far as they need no context).
    ///
    /// # Errors
    /// [`Rejected::Malformed`] for bytes that are not the encoding of their fields,
    /// [`Rejected::Invalid`] for fields that an invoice cannot have, or not together.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Rejected> {
        Self::read(TlvStream::parse(bytes)?)
    }

    /// As [`Invoice::parse`], for a device.
    ///
    /// # Errors
    /// As there, and [`Rejected::TooLarge`] above [`capacity::INVOICE_LEN`] or
    /// [`capacity::INVOICE_RECORDS`].
    pub fn parse_bounded(bytes: &'a [u8]) -> Result<Self, Rejected> {
        Self::read(capacity::invoice(bytes)?)
    }

    #[expect(
        clippy::large_stack_frames,
        reason = "the sum of all temporaries; optimised, the frame takes 1.9 KB on a 64-bit machine"
    )]
    fn read(records: TlvStream<'a>) -> Result<Self, Rejected> {
        let signature = value::signature(&records)?;
        let mut request = Contents::new(&records)?;
        let fields = fields::read(&records, &mut request.parts)?;
        let invoice = Self { records, request, fields, signature };
        invoice.check_fields()?;
        Ok(invoice)
    }

    /// The records as they were received, unknown ones included.
    #[must_use]
    pub const fn records(&self) -> TlvStream<'a> {
        self.records
    }

    /// The fields of the offer; those that a refund has of them, if it is for a refund.
    #[must_use]
    pub const fn offer(&self) -> &OfferFields<'a> {
        &self.request.parts.offer
    }

    /// The fields that the request may have beside the offer's.
    #[must_use]
    pub const fn request(&self) -> &InvoiceRequestFields<'a> {
        &self.request.parts.fields
    }

    /// Whether it answers a request that answered no offer.
    #[must_use]
    pub const fn is_for_refund(&self) -> bool {
        !self.request.parts.offer.names_a_merchant()
    }

    /// `invreq_metadata`: the payer's own cookie.
    #[must_use]
    #[doc(alias = "invreq_metadata")]
    pub const fn metadata(&self) -> &'a [u8] {
        self.request.metadata
    }

    /// `invreq_payer_id`: the payer's key.
    #[must_use]
    #[doc(alias = "invreq_payer_id")]
    pub const fn payer_id(&self) -> &PublicKey {
        &self.request.payer_id
    }

    /// The fields of the invoice itself.
    #[must_use]
    pub const fn fields(&self) -> &InvoiceFields<'a> {
        &self.fields
    }

    /// `signature`, as it was received.
    #[must_use]
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The paths for the payment with what each costs, in the order of the merchant's preference,
    /// less those that require features, of which we know none (R-VR-02).
    pub fn usable_paths(&self) -> impl Iterator<Item = (BlindedPath<'a>, BlindedPayInfo<'a>)> {
        self.fields.usable_paths()
    }

    /// Verifies the signature: one verification, and the Merkle tree of the invoice.
    ///
    /// # Errors
    /// [`Invalid::Signature`] (R-VR-03).
    pub fn verify_signature(&self, curve: &Curve<'_>) -> Result<Authentic<'_, Self>, Invalid> {
        let (records, by) = (&self.records, (&self.fields.node_id, &self.signature));
        Authentic::new(self, |trunk| authentic::verify(curve, records, Signed::Invoice, by, trunk))
    }

    /// Checks the request that is repeated, and the invoice's own fields against it (R-VR-01,
    /// R-VR-03).
    fn check_fields(&self) -> Result<(), Invalid> {
        if self.is_for_refund() {
            self.request.check_for_refund()?;
        } else {
            self.request.check_for_offer()?;
        }
        //= bolt12#requirements-1
        //# if `invreq_amount` is present:
        //#   - MUST reject the invoice if `invoice_amount` is not equal to `invreq_amount`
        if self.request().amount.is_some_and(|amount| amount != self.fields.amount) {
            return Err(Invalid::Mismatch { field: Field::INVOICE_AMOUNT });
        }
        let offer = self.offer();
        let node_id = self.fields.node_id.serialize();
        let expected = match (&offer.issuer_id, &offer.paths) {
            (Some(issuer_id), _) => **issuer_id == node_id,
            (None, Some(paths)) => {
                let mut last_hops = paths.iter().filter_map(|path| path.hops().last());
                last_hops.any(|hop| *hop.blinded_node_id == node_id)
            }
            (None, None) => true,
        };
        if expected { Ok(()) } else { Err(Invalid::Mismatch { field: Field::INVOICE_NODE_ID }) }
    }
}

/// The way that an invoice came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Through one of the `invreq_paths` that it repeats.
    InvreqPath,
    /// Not through a blinded path.
    Direct,
}

impl<'m> Authentic<'m, Invoice<'m>> {
    /// Checks that the invoice is for `refund`, came as that asks, and can be paid here and now
    /// (R-VR-01, R-VR-03, R-VR-04).
    ///
    /// # Errors
    /// [`Invalid::Mismatch`] with the first field that is not the refund's, [`Invalid::Arrival`],
    /// [`Invalid::Chain`] or [`Invalid::Expired`].
    pub fn check(
        self,
        refund: &Refund<'_>,
        arrival: Arrival,
        here: &Here<'_>,
    ) -> Result<CheckedInvoice<'m>, Invalid> {
        let invoice = self.message();
        repeats(&invoice.records, &refund.records())?;
        let asked = match refund.fields().paths {
            Some(_) => Arrival::InvreqPath,
            None => Arrival::Direct,
        };
        if arrival != asked {
            return Err(Invalid::Arrival { field: Field::INVREQ_PATHS });
        }
        if invoice.request().chain() != here.chain {
            return Err(Invalid::Chain { field: Field::INVREQ_CHAIN });
        }
        if invoice.fields.expiry().is_some_and(|expiry| here.now > expiry) {
            return Err(Invalid::Expired { field: Field::INVOICE_RELATIVE_EXPIRY });
        }
        Ok(CheckedInvoice(invoice))
    }
}

/// An [`Invoice`] for a refund of ours of which every requirement of BOLT 12 holds.
///
/// Whose `invoice_node_id` it is, the payer must find out by other means (R-RF-13).
#[derive(Clone, Copy, Debug)]
pub struct CheckedInvoice<'m>(&'m Invoice<'m>);

impl<'m> CheckedInvoice<'m> {
    /// The invoice.
    #[must_use]
    pub const fn invoice(self) -> &'m Invoice<'m> {
        self.0
    }
}

/// Checks that `invoice` has exactly the records of `request` (R-VR-03).
fn repeats(invoice: &TlvStream<'_>, request: &TlvStream<'_>) -> Result<(), Invalid> {
    //= bolt12#requirements-1
    //# MUST reject the invoice if all fields in ranges 0 to 159 and 1000000000 to 2999999999
    //# (inclusive) do not exactly match the invoice request.
    let mut repeated =
        invoice.records().filter(|record| Field(record.number).is_of_invoice_request());
    let mut asked = request.records();
    loop {
        let field = match (repeated.next(), asked.next()) {
            (None, None) => return Ok(()),
            (Some(one), Some(other)) if one.encoded == other.encoded => continue,
            (Some(one), Some(other)) => one.number.min(other.number),
            (Some(one), None) | (None, Some(one)) => one.number,
        };
        return Err(Invalid::Mismatch { field: Field(field) });
    }
}

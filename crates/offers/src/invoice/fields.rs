use countersign_blinding::{BlindedPath, BlindedPaths, BlindedPayInfo, BlindedPayInfos};
use countersign_crypto::PublicKey;
use countersign_tlv::{Record, TlvStream};
use countersign_units::{Msat, Seconds, UnixTime};

use super::Fallbacks;
use crate::invoice_request::Parts;
use crate::value::Points;
use crate::{Features, Field, Invalid, Rejected, value};

/// The fields of an invoice that are not its request's.
///
/// Each is named as in the specification, without the prefix `invoice_`.
#[derive(Clone, Debug)]
pub struct InvoiceFields<'a> {
    /// `invoice_paths`: ways for the payment, at least one.
    pub paths: BlindedPaths<'a>,
    /// `invoice_blindedpay`: what each of the paths costs.
    pub blindedpay: BlindedPayInfos<'a>,
    /// `invoice_created_at`: when the invoice was made.
    pub created_at: UnixTime,
    /// `invoice_relative_expiry`: how long it holds ([`InvoiceFields::expiry`]).
    pub relative_expiry: Option<Seconds>,
    /// `invoice_payment_hash`: SHA-256 of the preimage that the payment buys.
    pub payment_hash: [u8; 32],
    /// `invoice_amount`: what is to be paid.
    pub amount: Msat,
    /// `invoice_fallbacks`: addresses on the chain.
    pub fallbacks: Option<Fallbacks<'a>>,
    /// `invoice_features`: whether the payment may come in parts.
    pub features: Option<Features<'a>>,
    /// `invoice_node_id`: the key that signs the invoice.
    pub node_id: PublicKey,
}

impl<'a> InvoiceFields<'a> {
    /// How long an invoice holds that does not say.
    pub const DEFAULT_EXPIRY: Seconds = Seconds(7200);

    /// The last moment at which the invoice can be paid; `None` past the end of time.
    #[must_use]
    pub fn expiry(&self) -> Option<UnixTime> {
        self.created_at.after(self.relative_expiry.unwrap_or(Self::DEFAULT_EXPIRY))
    }

    pub(crate) fn usable_paths(
        &self,
    ) -> impl Iterator<Item = (BlindedPath<'a>, BlindedPayInfo<'a>)> + use<'a> {
        self.paths
            .iter()
            .zip(self.blindedpay.iter())
            .filter(|(_, payinfo)| !Features::new(payinfo.features).requires_other_than(&[]))
    }
}

/// The records of an invoice that are not its request's, before it is known whether those that it
/// must have are there.
#[derive(Default)]
pub(crate) struct Own<'a> {
    paths: Option<BlindedPaths<'a>>,
    blindedpay: Option<BlindedPayInfos<'a>>,
    created_at: Option<UnixTime>,
    relative_expiry: Option<Seconds>,
    payment_hash: Option<[u8; 32]>,
    amount: Option<Msat>,
    fallbacks: Option<Fallbacks<'a>>,
    features: Option<Features<'a>>,
    node_id: Option<PublicKey>,
}

/// Reads the records of an invoice, those of its request into `request`.
pub(crate) fn read<'a>(
    records: &TlvStream<'a>,
    request: &mut Parts<'a>,
) -> Result<InvoiceFields<'a>, Rejected> {
    let mut own = Own::default();
    for record in records.records() {
        let number = Field(record.number);
        if !number.is_of_invoice() && !number.is_signature() {
            return Err(Invalid::OutOfRange { number }.into());
        }
        if !request.take(&record, Points::Checked)? && !own.take(&record)? && record.is_even() {
            return Err(Invalid::UnknownEven { number }.into());
        }
    }
    Ok(own.check()?)
}

impl<'a> Own<'a> {
    /// Reads `record` if it is a field of an invoice that the specification names and no request
    /// has, and says whether it is.
    pub(crate) fn take(&mut self, record: &Record<'a>) -> Result<bool, Rejected> {
        match Field(record.number) {
            Field::INVOICE_PATHS => self.paths = Some(value::paths(record, Points::Checked)?),
            Field::INVOICE_BLINDEDPAY => {
                self.blindedpay = Some(value::whole(record, BlindedPayInfos::parse)?);
            }
            Field::INVOICE_CREATED_AT => {
                self.created_at = Some(UnixTime(record.reader().tu64()?));
            }
            Field::INVOICE_RELATIVE_EXPIRY => {
                self.relative_expiry = Some(Seconds(record.reader().tu32()?));
            }
            Field::INVOICE_PAYMENT_HASH => self.payment_hash = Some(*value::array(record)?),
            Field::INVOICE_AMOUNT => self.amount = Some(record.reader().msat()?),
            Field::INVOICE_FALLBACKS => {
                self.fallbacks = Some(value::whole(record, Fallbacks::parse)?);
            }
            Field::INVOICE_FEATURES => self.features = Some(Features::new(record.value)),
            Field::INVOICE_NODE_ID => self.node_id = Some(value::point(record)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Checks the fields of an invoice among themselves (R-VR-01, R-VR-02).
    fn check(self) -> Result<InvoiceFields<'a>, Invalid> {
        let missing = |field| Invalid::Missing { field };
        let fields = InvoiceFields {
            paths: self.paths.ok_or(missing(Field::INVOICE_PATHS))?,
            blindedpay: self.blindedpay.ok_or(missing(Field::INVOICE_BLINDEDPAY))?,
            created_at: self.created_at.ok_or(missing(Field::INVOICE_CREATED_AT))?,
            relative_expiry: self.relative_expiry,
            payment_hash: self.payment_hash.ok_or(missing(Field::INVOICE_PAYMENT_HASH))?,
            amount: self.amount.ok_or(missing(Field::INVOICE_AMOUNT))?,
            fallbacks: self.fallbacks,
            features: self.features,
            node_id: self.node_id.ok_or(missing(Field::INVOICE_NODE_ID))?,
        };
        let known = [Features::MPP_COMPULSORY];
        if fields.features.is_some_and(|features| features.requires_other_than(&known)) {
            return Err(Invalid::UnknownFeature { field: Field::INVOICE_FEATURES });
        }
        if fields.paths.len() != fields.blindedpay.len() {
            return Err(Invalid::Mismatch { field: Field::INVOICE_BLINDEDPAY });
        }
        //= bolt12#requirements-1
        //# MUST reject the invoice if this leaves no usable paths.
        if fields.usable_paths().next().is_none() {
            return Err(Invalid::UnknownFeature { field: Field::INVOICE_BLINDEDPAY });
        }
        Ok(fields)
    }
}

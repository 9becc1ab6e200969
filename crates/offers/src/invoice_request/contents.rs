use countersign_blinding::BlindedPaths;
use countersign_crypto::PublicKey;
use countersign_tlv::{Record, TlvStream};
use countersign_units::Msat;

use super::Price;
use crate::value::Points;
use crate::{
    Bip353Name, ChainHash, Features, Field, Invalid, OfferFields, QuantityMax, Rate, Rejected,
    Untrusted, value,
};

/// The fields that a request may have beside the offer's, as its invoice repeats them.
///
/// Each is named as in the specification, without the prefix `invreq_`.
#[derive(Clone, Debug, Default)]
pub struct InvoiceRequestFields<'a> {
    /// `invreq_chain`: where to pay, if it is named ([`InvoiceRequestFields::chain`]).
    pub named_chain: Option<ChainHash>,
    /// `invreq_amount`: what the payer wants to pay.
    pub amount: Option<Msat>,
    /// `invreq_features`: no bit is defined.
    pub features: Option<Features<'a>>,
    /// `invreq_quantity`: how many items.
    pub quantity: Option<u64>,
    /// `invreq_payer_note`: the payer's words.
    pub payer_note: Option<Untrusted<'a>>,
    /// `invreq_paths`: ways to a payer who answers no offer, at least one.
    pub paths: Option<BlindedPaths<'a>>,
    /// `invreq_bip_353_name`: the name under which the payer found the offer.
    pub bip_353_name: Option<Bip353Name<'a>>,
}

impl InvoiceRequestFields<'_> {
    /// The chain to pay on: bitcoin when none is named.
    #[must_use]
    pub fn chain(&self) -> ChainHash {
        self.named_chain.unwrap_or(ChainHash::BITCOIN)
    }
}

/// What a request may say, with or without an offer: in a message of its own, in its invoice, or in
/// a proof of the payment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts<'a> {
    pub(crate) offer: OfferFields<'a>,
    pub(crate) fields: InvoiceRequestFields<'a>,
}

/// What a request says, in a message of its own or in its invoice.
#[derive(Clone, Debug)]
pub(crate) struct Contents<'a> {
    pub(crate) parts: Parts<'a>,
    pub(crate) metadata: &'a [u8],
    pub(crate) payer_id: PublicKey,
}

impl<'a> Parts<'a> {
    /// Reads `record` if it is a field of a request that the specification names, and says whether
    /// it is. Records come in ascending order of their types. `points` are those of `offer_paths`.
    pub(crate) fn take(&mut self, record: &Record<'a>, points: Points) -> Result<bool, Rejected> {
        let fields = &mut self.fields;
        match Field(record.number) {
            // Whoever needs these found them before.
            Field::INVREQ_METADATA | Field::INVREQ_PAYER_ID | Field::SIGNATURE => {}
            Field::INVREQ_CHAIN => fields.named_chain = Some(ChainHash(*value::array(record)?)),
            Field::INVREQ_AMOUNT => fields.amount = Some(record.reader().msat()?),
            Field::INVREQ_FEATURES => fields.features = Some(Features::new(record.value)),
            Field::INVREQ_QUANTITY => fields.quantity = Some(record.reader().tu64()?),
            Field::INVREQ_PAYER_NOTE => {
                fields.payer_note = Some(Untrusted::new(record.reader().utf8()?));
            }
            Field::INVREQ_PATHS => fields.paths = Some(value::paths(record, Points::Checked)?),
            Field::INVREQ_BIP_353_NAME => {
                fields.bip_353_name = Some(Bip353Name::parse(record.reader())?);
            }
            _ => return self.offer.take(record, points),
        }
        Ok(true)
    }
}

impl<'a> Contents<'a> {
    /// Reads the records of a request (R-IR-01, R-IR-02). `points` are those of `offer_paths`.
    pub(crate) fn parse(records: &TlvStream<'a>, points: Points) -> Result<Self, Rejected> {
        let mut contents = Self::new(records)?;
        for record in records.records() {
            let number = Field(record.number);
            //= bolt12#requirements-for-invoice-requests
            //# MUST reject the invoice request if any non-signature TLV fields are outside the
            //# inclusive ranges: 0 to 159 and 1000000000 to 2999999999
            if !number.is_of_invoice_request() && !number.is_signature() {
                return Err(Invalid::OutOfRange { number }.into());
            }
            if !contents.parts.take(&record, points)? && record.is_even() {
                return Err(Invalid::UnknownEven { number }.into());
            }
        }
        Ok(contents)
    }

    /// What every request must have, and nothing else yet.
    pub(crate) fn new(records: &TlvStream<'a>) -> Result<Self, Rejected> {
        //= bolt12#requirements-for-invoice-requests
        //# MUST reject the invoice request if `invreq_payer_id` or `invreq_metadata` are not
        //# present.
        let metadata = value::required(records, Field::INVREQ_METADATA)?.value;
        let payer_id = value::point(&value::required(records, Field::INVREQ_PAYER_ID)?)?;
        Ok(Self { parts: Parts::default(), metadata, payer_id })
    }

    /// Checks a request that answers an offer, as far as that needs no context (R-IR-03, R-IR-10 to
    /// R-IR-13).
    pub(crate) fn check_for_offer(&self) -> Result<(), Invalid> {
        self.check_features()?;
        let Parts { offer, fields } = &self.parts;
        offer.check()?;
        // A payer of an offer is answered along the reply path of their message.
        if fields.paths.is_some() {
            return Err(Invalid::Unexpected { field: Field::INVREQ_PATHS });
        }
        if offer.supports(fields.chain()).is_err() {
            return Err(Invalid::Chain { field: Field::INVREQ_CHAIN });
        }
        match self.price(None) {
            // Only a price in another currency needs a rate; everything else is known by now.
            Ok(_) | Err(Invalid::Missing { field: Field::OFFER_CURRENCY }) => Ok(()),
            Err(invalid) => Err(invalid),
        }
    }

    /// Checks a request that answers no offer, as far as that needs no context, and returns what it
    /// is for and for how much (R-RF-01, R-RF-11).
    pub(crate) fn check_for_refund(&self) -> Result<(Untrusted<'a>, Msat), Invalid> {
        self.check_features()?;
        let Parts { offer, fields } = &self.parts;
        // The specification's reader refuses only three of these; its writer must write none.
        let unexpected = [
            (offer.chains.is_some(), Field::OFFER_CHAINS),
            (offer.metadata.is_some(), Field::OFFER_METADATA),
            (offer.features.is_some(), Field::OFFER_FEATURES),
            (offer.paths.is_some(), Field::OFFER_PATHS),
            (offer.quantity_max != QuantityMax::One, Field::OFFER_QUANTITY_MAX),
            (offer.issuer_id.is_some(), Field::OFFER_ISSUER_ID),
        ];
        if let Some(&(_, field)) = unexpected.iter().find(|(present, _)| *present) {
            return Err(Invalid::Unexpected { field });
        }
        let description =
            offer.description.ok_or(Invalid::Missing { field: Field::OFFER_DESCRIPTION })?;
        //= bolt12#requirements-for-invoice-requests
        //# MUST reject the invoice request if `invreq_amount` is not present.
        let amount = fields.amount.ok_or(Invalid::Missing { field: Field::INVREQ_AMOUNT })?;
        Ok((description, amount))
    }

    /// What the offer asks for, and what the invoice will be about (R-IR-10 to R-IR-12, R-IW-03).
    pub(crate) fn price(&self, rate: Option<&Rate>) -> Result<Price, Invalid> {
        let Parts { offer, fields } = &self.parts;
        let quantity = offer.quantity(fields.quantity)?;
        let field = Field::INVREQ_AMOUNT;
        let expected = offer.amount.map(|amount| amount.times(quantity, rate)).transpose()?;
        //= bolt12#requirements-for-invoice-requests
        //# MUST reject the invoice request if `invreq_amount`.`msat` is less than the *expected
        //# amount*.
        let amount = match (fields.amount, expected) {
            (None, None) => return Err(Invalid::Missing { field }),
            (Some(amount), Some(expected)) if amount < expected => {
                return Err(Invalid::TooLittle { field });
            }
            (Some(amount), _) | (None, Some(amount)) => amount,
        };
        Ok(Price { quantity, expected, amount })
    }

    fn check_features(&self) -> Result<(), Invalid> {
        //= bolt12#requirements-for-invoice-requests
        //# if `invreq_features` contains unknown _even_ bits that are non-zero:
        //#   - MUST reject the invoice request.
        if self.parts.fields.features.is_some_and(|features| features.requires_other_than(&[])) {
            return Err(Invalid::UnknownFeature { field: Field::INVREQ_FEATURES });
        }
        Ok(())
    }
}

use core::fmt;

use countersign_offers::Field;
use countersign_offers::text::Prefix;
use countersign_tlv::TlvStream;
use serde::Serialize;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Offer,
    /// An `invoice_request` that answers no offer.
    Refund,
    /// An `invoice_request` that answers an offer.
    #[value(alias = "invoice_request")]
    InvoiceRequest,
    Invoice,
    #[value(alias = "invoice_error")]
    InvoiceError,
    #[value(alias = "payer_proof")]
    PayerProof,
}

impl Kind {
    /// What a string with `prefix` is, going by its records where the prefix leaves that open.
    pub(super) fn of_string(prefix: Prefix, bytes: &[u8]) -> Self {
        match prefix {
            Prefix::Offer => Self::Offer,
            Prefix::Invoice => Self::Invoice,
            Prefix::PayerProof => Self::PayerProof,
            Prefix::InvoiceRequest => TlvStream::parse(bytes)
                .map_or(Self::InvoiceRequest, |records| Self::of_request(&records)),
        }
    }

    /// Whether a string with `prefix` can be this.
    pub(super) const fn can_be(self, prefix: Prefix) -> bool {
        match self {
            Self::Offer => matches!(prefix, Prefix::Offer),
            Self::Refund | Self::InvoiceRequest => matches!(prefix, Prefix::InvoiceRequest),
            Self::Invoice => matches!(prefix, Prefix::Invoice),
            Self::InvoiceError => false,
            Self::PayerProof => matches!(prefix, Prefix::PayerProof),
        }
    }

    /// What bytes are, going by the records in them; `None` when that says nothing.
    pub(super) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let Ok(records) = TlvStream::parse(bytes) else {
            // LDK's errors have a length in front, which makes them no stream.
            return is_error(bytes).then_some(Self::InvoiceError);
        };
        let has = |holds: fn(Field) -> bool| records.records().any(|it| holds(Field(it.number)));
        if has(|it| it == Field::PROOF_PREIMAGE || it == Field::PROOF_SIGNATURE) {
            Some(Self::PayerProof)
        } else if has(|it| it.is_of_invoice() && !it.is_of_invoice_request()) {
            Some(Self::Invoice)
        } else if has(|it| it.is_of_invoice_request() && !it.is_of_offer()) {
            Some(Self::of_request(&records))
        } else if is_error(bytes) {
            Some(Self::InvoiceError)
        } else {
            has(|it| it.is_of_offer() && it.name().is_some()).then_some(Self::Offer)
        }
    }

    /// A request answers an offer if it says where the offer's merchant is (R-RF-01).
    fn of_request(records: &TlvStream<'_>) -> Self {
        let names_a_merchant = [Field::OFFER_PATHS, Field::OFFER_ISSUER_ID]
            .iter()
            .any(|field| records.find(field.number()).is_some());
        if names_a_merchant { Self::InvoiceRequest } else { Self::Refund }
    }

    /// The specification's name of field `number` of this message, if it has one.
    pub(super) fn name_of(self, number: u64) -> Option<&'static str> {
        match (self, Field(number)) {
            (Self::InvoiceError, Field::ERRONEOUS_FIELD) => Some("erroneous_field"),
            (Self::InvoiceError, Field::SUGGESTED_VALUE) => Some("suggested_value"),
            (Self::InvoiceError, Field::ERROR) => Some("error"),
            (Self::InvoiceError, _) => None,
            (_, field) => field.name(),
        }
    }
}

fn is_error(bytes: &[u8]) -> bool {
    countersign_offers::InvoiceError::parse(bytes).is_ok()
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Offer => "offer",
            Self::Refund => "refund",
            Self::InvoiceRequest => "invoice request",
            Self::Invoice => "invoice",
            Self::InvoiceError => "invoice error",
            Self::PayerProof => "payer proof",
        })
    }
}

use core::fmt;

use countersign_tlv::TlvStream;

/// The type number of a BOLT 12 record; the constants are the fields that the specification names.
///
/// A number stands here and nowhere else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Field(pub u64);

impl Field {
    /// `invreq_metadata`: the payer's own cookie, which makes every signature's nonces its own.
    pub const INVREQ_METADATA: Self = Self(0);

    /// `offer_chains`: hashes of the genesis blocks of the chains that the offer can be paid on.
    pub const OFFER_CHAINS: Self = Self(2);
    /// `offer_metadata`: the merchant's own cookie.
    pub const OFFER_METADATA: Self = Self(4);
    /// `offer_currency`: the ISO 4217 code of the currency of `offer_amount`.
    pub const OFFER_CURRENCY: Self = Self(6);
    /// `offer_amount`: the price of one item.
    pub const OFFER_AMOUNT: Self = Self(8);
    /// `offer_description`: what is paid for.
    pub const OFFER_DESCRIPTION: Self = Self(10);
    /// `offer_features`: a bitmap in which no bit is defined.
    pub const OFFER_FEATURES: Self = Self(12);
    /// `offer_absolute_expiry`: the moment after which the offer is void.
    pub const OFFER_ABSOLUTE_EXPIRY: Self = Self(14);
    /// `offer_paths`: blinded paths to the merchant.
    pub const OFFER_PATHS: Self = Self(16);
    /// `offer_issuer`: who says that they made the offer.
    pub const OFFER_ISSUER: Self = Self(18);
    /// `offer_quantity_max`: the most items of one invoice, zero for no limit.
    pub const OFFER_QUANTITY_MAX: Self = Self(20);
    /// `offer_issuer_id`: the key that signs the invoices.
    pub const OFFER_ISSUER_ID: Self = Self(22);

    /// `invreq_chain`: hash of the genesis block of the chain to pay on.
    pub const INVREQ_CHAIN: Self = Self(80);
    /// `invreq_amount`: what the payer wants to pay.
    pub const INVREQ_AMOUNT: Self = Self(82);
    /// `invreq_features`: a bitmap in which no bit is defined.
    pub const INVREQ_FEATURES: Self = Self(84);
    /// `invreq_quantity`: how many items.
    pub const INVREQ_QUANTITY: Self = Self(86);
    /// `invreq_payer_id`: the key that signs the request.
    pub const INVREQ_PAYER_ID: Self = Self(88);
    /// `invreq_payer_note`: the payer's words to the merchant.
    pub const INVREQ_PAYER_NOTE: Self = Self(89);
    /// `invreq_paths`: blinded paths to the payer of a request that answers no offer.
    pub const INVREQ_PATHS: Self = Self(90);
    /// `invreq_bip_353_name`: the name under which the payer found the offer.
    pub const INVREQ_BIP_353_NAME: Self = Self(91);

    /// `invoice_paths`: blinded paths for the payment.
    pub const INVOICE_PATHS: Self = Self(160);
    /// `invoice_blindedpay`: what each of `invoice_paths` costs.
    pub const INVOICE_BLINDEDPAY: Self = Self(162);
    /// `invoice_created_at`: when the invoice was made.
    pub const INVOICE_CREATED_AT: Self = Self(164);
    /// `invoice_relative_expiry`: seconds until it is void, 7200 when absent.
    pub const INVOICE_RELATIVE_EXPIRY: Self = Self(166);
    /// `invoice_payment_hash`: SHA-256 of the preimage that the payment buys.
    pub const INVOICE_PAYMENT_HASH: Self = Self(168);
    /// `invoice_amount`: what is to be paid.
    pub const INVOICE_AMOUNT: Self = Self(170);
    /// `invoice_fallbacks`: addresses on the chain.
    pub const INVOICE_FALLBACKS: Self = Self(172);
    /// `invoice_features`: a bitmap in which bits 16 and 17 allow a payment in parts.
    pub const INVOICE_FEATURES: Self = Self(174);
    /// `invoice_node_id`: the key that signs the invoice.
    pub const INVOICE_NODE_ID: Self = Self(176);

    /// `signature` of an `invoice_request` or an `invoice`.
    pub const SIGNATURE: Self = Self(240);
    /// `proof_signature` of a payer proof.
    pub const PROOF_SIGNATURE: Self = Self(241);
    /// `proof_preimage` of a payer proof.
    pub const PROOF_PREIMAGE: Self = Self(1001);
    /// `proof_omitted_tlvs` of a payer proof.
    pub const PROOF_OMITTED_TLVS: Self = Self(1002);
    /// `proof_missing_hashes` of a payer proof.
    pub const PROOF_MISSING_HASHES: Self = Self(1003);
    /// `proof_leaf_hashes` of a payer proof.
    pub const PROOF_LEAF_HASHES: Self = Self(1004);
    /// `proof_note` of a payer proof.
    pub const PROOF_NOTE: Self = Self(1005);

    /// `erroneous_field` of an `invoice_error`.
    pub const ERRONEOUS_FIELD: Self = Self(1);
    /// `suggested_value` of an `invoice_error`.
    pub const SUGGESTED_VALUE: Self = Self(3);
    /// `error` of an `invoice_error`.
    pub const ERROR: Self = Self(5);

    /// The type number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The specification's name of the field of an offer, a request, an invoice or a payer proof;
    /// `None` for a number that it does not define there.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::INVREQ_METADATA => "invreq_metadata",
            Self::OFFER_CHAINS => "offer_chains",
            Self::OFFER_METADATA => "offer_metadata",
            Self::OFFER_CURRENCY => "offer_currency",
            Self::OFFER_AMOUNT => "offer_amount",
            Self::OFFER_DESCRIPTION => "offer_description",
            Self::OFFER_FEATURES => "offer_features",
            Self::OFFER_ABSOLUTE_EXPIRY => "offer_absolute_expiry",
            Self::OFFER_PATHS => "offer_paths",
            Self::OFFER_ISSUER => "offer_issuer",
            Self::OFFER_QUANTITY_MAX => "offer_quantity_max",
            Self::OFFER_ISSUER_ID => "offer_issuer_id",
            Self::INVREQ_CHAIN => "invreq_chain",
            Self::INVREQ_AMOUNT => "invreq_amount",
            Self::INVREQ_FEATURES => "invreq_features",
            Self::INVREQ_QUANTITY => "invreq_quantity",
            Self::INVREQ_PAYER_ID => "invreq_payer_id",
            Self::INVREQ_PAYER_NOTE => "invreq_payer_note",
            Self::INVREQ_PATHS => "invreq_paths",
            Self::INVREQ_BIP_353_NAME => "invreq_bip_353_name",
            Self::INVOICE_PATHS => "invoice_paths",
            Self::INVOICE_BLINDEDPAY => "invoice_blindedpay",
            Self::INVOICE_CREATED_AT => "invoice_created_at",
            Self::INVOICE_RELATIVE_EXPIRY => "invoice_relative_expiry",
            Self::INVOICE_PAYMENT_HASH => "invoice_payment_hash",
            Self::INVOICE_AMOUNT => "invoice_amount",
            Self::INVOICE_FALLBACKS => "invoice_fallbacks",
            Self::INVOICE_FEATURES => "invoice_features",
            Self::INVOICE_NODE_ID => "invoice_node_id",
            Self::SIGNATURE => "signature",
            Self::PROOF_SIGNATURE => "proof_signature",
            Self::PROOF_PREIMAGE => "proof_preimage",
            Self::PROOF_OMITTED_TLVS => "proof_omitted_tlvs",
            Self::PROOF_MISSING_HASHES => "proof_missing_hashes",
            Self::PROOF_LEAF_HASHES => "proof_leaf_hashes",
            Self::PROOF_NOTE => "proof_note",
            _ => return None,
        })
    }

    /// Whether the field is the merchant's: 1 to 79 and 1000000000 to 1999999999.
    #[must_use]
    pub const fn is_of_offer(self) -> bool {
        matches!(self.0, 1..=79 | 1_000_000_000..=1_999_999_999)
    }

    /// Whether the field may stand in an `invoice_request`: 0 to 159 and 1000000000 to 2999999999.
    /// The invoice repeats exactly these.
    #[must_use]
    pub const fn is_of_invoice_request(self) -> bool {
        matches!(self.0, 0..=159 | 1_000_000_000..=2_999_999_999)
    }

    /// Whether the field may stand in an `invoice`: those of the request, 160 to 239 and 3000000000
    /// to 3999999999.
    #[must_use]
    pub const fn is_of_invoice(self) -> bool {
        matches!(self.0, 0..=239 | 1_000_000_000..=3_999_999_999)
    }

    /// Whether the field may stand in a `payer_proof`: those of the invoice but `invreq_metadata`,
    /// the signature elements, and the proof's own, 1001 to 999999999.
    #[must_use]
    pub const fn is_of_payer_proof(self) -> bool {
        matches!(self.0, 1..=3_999_999_999)
    }

    /// Whether the field is a signature element, which no signature covers: 240 to 1000.
    #[must_use]
    pub const fn is_signature(self) -> bool {
        matches!(self.0, 240..=1000)
    }
}

/// The records of an offer, a request or an invoice before and after the place of its signatures,
/// without these.
pub(crate) fn around_signatures<'a>(records: &TlvStream<'a>) -> [TlvStream<'a>; 2] {
    [records.range(0, 239), records.range(1001, u64::MAX)]
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({})", self.0),
            None => write!(f, "record {}", self.0),
        }
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::format;

    use super::Field;

    #[test]
    fn ranges_include_both_ends() {
        let ends = |holds: fn(Field) -> bool, numbers: &[(u64, bool)]| {
            for &(number, expected) in numbers {
                assert_eq!(holds(Field(number)), expected, "{number}");
            }
        };
        ends(
            Field::is_of_offer,
            &[
                (0, false),
                (1, true),
                (79, true),
                (80, false),
                (999_999_999, false),
                (1_000_000_000, true),
                (1_999_999_999, true),
                (2_000_000_000, false),
            ],
        );
        ends(
            Field::is_of_invoice_request,
            &[
                (0, true),
                (159, true),
                (160, false),
                (999_999_999, false),
                (1_000_000_000, true),
                (2_999_999_999, true),
                (3_000_000_000, false),
            ],
        );
        ends(
            Field::is_of_invoice,
            &[
                (239, true),
                (240, false),
                (999_999_999, false),
                (1_000_000_000, true),
                (3_999_999_999, true),
                (4_000_000_000, false),
            ],
        );
        ends(Field::is_signature, &[(239, false), (240, true), (1000, true), (1001, false)]);
    }

    #[test]
    fn a_field_shows_its_name_and_number() {
        assert_eq!(format!("{}", Field::INVREQ_PAYER_ID), "invreq_payer_id (88)");
        assert_eq!(format!("{}", Field(93)), "record 93");
    }
}

use countersign_blinding::BlindedPaths;
use countersign_crypto::PublicKey;
use countersign_tlv::{Full, Writer};
use countersign_units::UnixTime;

use super::{Offer, QuantityMax};
use crate::{Amount, ChainHash, Field, Rejected, Unwritable, capacity};

/// What a merchant offers: everything of an offer that is neither a key nor derived from one.
///
/// There is one chain, and no feature, since BOLT 12 defines none.
#[derive(Clone, Debug)]
pub struct OfferTerms<'t> {
    /// Where the offer can be paid.
    pub chain: ChainHash,
    /// The price of one item; `None` leaves it to the payer.
    pub amount: Option<Amount>,
    /// What is paid for: required with a price.
    pub description: Option<&'t str>,
    /// The last moment at which the offer holds.
    pub absolute_expiry: Option<UnixTime>,
    /// Ways to the merchant.
    pub paths: Option<BlindedPaths<'t>>,
    /// Who the merchant is, `user@domain` or `domain` first if they have one.
    pub issuer: Option<&'t str>,
    /// How many items one invoice can be for.
    pub quantity_max: QuantityMax,
}

impl OfferTerms<'_> {
    /// Writes the offer with `offer_metadata` and `offer_issuer_id` as given, and reads it
    /// (R-OW-01 to R-OW-11).
    ///
    /// # Errors
    /// [`Unwritable::Rejected`] for terms that no reader would accept, such as a price without a
    /// description, and for more than [`capacity::OFFER_LEN`]; [`Unwritable::Full`].
    pub fn write<'b>(
        &self,
        metadata: Option<&[u8]>,
        issuer_id: Option<&PublicKey>,
        buffer: &'b mut [u8],
    ) -> Result<Offer<'b>, Unwritable> {
        let mut writer = Writer::new(buffer);
        if self.chain != ChainHash::BITCOIN {
            writer.record(Field::OFFER_CHAINS.number(), &self.chain.0)?;
        }
        if let Some(metadata) = metadata {
            writer.record(Field::OFFER_METADATA.number(), metadata)?;
        }
        self.write_amount(&mut writer)?;
        if let Some(description) = self.description {
            writer.record(Field::OFFER_DESCRIPTION.number(), description.as_bytes())?;
        }
        if let Some(UnixTime(expiry)) = self.absolute_expiry {
            writer.truncated_record(Field::OFFER_ABSOLUTE_EXPIRY.number(), expiry)?;
        }
        if let Some(paths) = self.paths {
            writer.record(Field::OFFER_PATHS.number(), paths.encoded())?;
        }
        if let Some(issuer) = self.issuer {
            writer.record(Field::OFFER_ISSUER.number(), issuer.as_bytes())?;
        }
        if let Some(max) = self.quantity_max.to_write() {
            writer.truncated_record(Field::OFFER_QUANTITY_MAX.number(), max)?;
        }
        if let Some(issuer_id) = issuer_id {
            writer.record(Field::OFFER_ISSUER_ID.number(), &issuer_id.serialize())?;
        }
        if writer.len() > capacity::OFFER_LEN {
            return Err(Rejected::TooLarge.into());
        }
        Ok(Offer::parse(writer.finish())?)
    }

    fn write_amount(&self, writer: &mut Writer<'_>) -> Result<(), Full> {
        match self.amount {
            None => Ok(()),
            Some(Amount::Bitcoin(amount)) => {
                writer.msat_record(Field::OFFER_AMOUNT.number(), amount)
            }
            Some(Amount::Currency { currency, amount }) => {
                writer.record(Field::OFFER_CURRENCY.number(), currency.code())?;
                writer.truncated_record(Field::OFFER_AMOUNT.number(), amount)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use core::num::NonZeroU64;

    use countersign_crypto::PublicKey;
    use countersign_units::{Msat, UnixTime};

    use super::OfferTerms;
    use crate::{
        Amount, ChainHash, Currency, Field, Invalid, Offer, QuantityMax, Rejected, Unwritable,
        capacity,
    };

    const TERMS: OfferTerms<'_> = OfferTerms {
        chain: ChainHash::BITCOIN,
        amount: None,
        description: Some("coffee"),
        absolute_expiry: None,
        paths: None,
        issuer: None,
        quantity_max: QuantityMax::One,
    };

    /// The generator of the curve.
    fn issuer_id() -> PublicKey {
        let mut bytes = [0; 33];
        let digits = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
        hex::decode_to_slice(digits, &mut bytes).unwrap();
        PublicKey::parse(&bytes).unwrap()
    }

    fn write<'b>(terms: &OfferTerms<'_>, buffer: &'b mut [u8]) -> Result<Offer<'b>, Unwritable> {
        terms.write(Some(&[1, 2]), Some(&issuer_id()), buffer)
    }

    #[test]
    fn what_is_offered_is_read_back() {
        let price = Amount::Currency { currency: Currency::new(*b"EUR").unwrap(), amount: 350 };
        let terms = OfferTerms {
            chain: ChainHash::REGTEST,
            amount: Some(price),
            absolute_expiry: Some(UnixTime(9)),
            issuer: Some("shop.example"),
            quantity_max: QuantityMax::Limited(NonZeroU64::MIN),
            ..TERMS
        };
        let mut buffer = [0; 300];
        let offer = write(&terms, &mut buffer).unwrap();
        let fields = offer.fields();
        assert!(fields.chains.unwrap().iter().eq([ChainHash::REGTEST]));
        assert_eq!(fields.metadata, Some(&[1, 2][..]));
        assert_eq!(fields.amount, Some(price));
        assert_eq!(fields.absolute_expiry, Some(UnixTime(9)));
        assert_eq!(fields.quantity_max, terms.quantity_max);
        assert_eq!(fields.issuer_id, Some(&issuer_id().serialize()));
        assert!(fields.features.is_none());
    }

    #[test]
    fn what_goes_without_saying_is_not_written() {
        // R-OW-02, R-OW-06, R-OW-11
        let mut buffer = [0; 300];
        let offer = TERMS.write(None, Some(&issuer_id()), &mut buffer).unwrap();
        let numbers = offer.records().records().map(|record| Field(record.number));
        assert!(numbers.eq([Field::OFFER_DESCRIPTION, Field::OFFER_ISSUER_ID]));
    }

    #[test]
    fn terms_that_no_reader_accepts_are_refused() {
        // R-OW-03, R-OW-09
        let mut buffer = [0; 300];
        let mut refused = |terms: &OfferTerms<'_>| write(terms, &mut buffer).unwrap_err();
        let free = OfferTerms { amount: Some(Amount::Bitcoin(Msat::ZERO)), ..TERMS };
        assert_eq!(refused(&free), Invalid::Zero { field: Field::OFFER_AMOUNT }.into());
        let amount = Msat::new(5).map(Amount::Bitcoin);
        let nameless = OfferTerms { amount, description: None, ..TERMS };
        let missing = Invalid::Missing { field: Field::OFFER_DESCRIPTION };
        assert_eq!(refused(&nameless), missing.into());
        let missing = Invalid::Missing { field: Field::OFFER_ISSUER_ID };
        let unreachable = TERMS.write(None, None, &mut buffer).unwrap_err();
        assert_eq!(unreachable, missing.into());
    }

    #[test]
    fn the_longest_offer_has_1024_bytes() {
        // DESIGN §6
        let mut buffer = [0; 1100];
        let mut len = |text: usize| {
            let text = "x".repeat(text);
            let terms = OfferTerms { description: Some(&text), ..TERMS };
            write(&terms, &mut buffer).map(|offer| offer.records().bytes().len())
        };
        let spare = capacity::OFFER_LEN - len(500).unwrap();
        assert_eq!(len(500 + spare), Ok(1024));
        assert_eq!(len(501 + spare), Err(Rejected::TooLarge.into()));
    }

    #[test]
    fn a_buffer_that_is_too_small_is_full() {
        let mut buffer = [0; 300];
        let len = write(&TERMS, &mut buffer).unwrap().records().bytes().len();
        for len in 0..len {
            let buffer = buffer.get_mut(..len).unwrap();
            assert_eq!(write(&TERMS, buffer).unwrap_err(), Unwritable::Full);
        }
    }
}

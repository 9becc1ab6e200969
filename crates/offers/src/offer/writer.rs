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

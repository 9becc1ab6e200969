use countersign_blinding::BlindedPaths;
use countersign_crypto::PublicKey;
use countersign_tlv::Writer;
use countersign_units::{Msat, UnixTime};

use super::Refund;
use crate::invoice_request::PayerRecords;
use crate::{ChainHash, Field, Unwritable};

/// What a payer of a refund or a withdrawal writes.
#[derive(Clone, Debug)]
pub struct RefundTerms<'t> {
    /// Unpredictable bytes, from which the payer may derive the secret key of `payer_id`.
    pub metadata: &'t [u8],
    /// What is paid for.
    pub description: &'t str,
    /// The last moment at which the refund holds.
    pub absolute_expiry: Option<UnixTime>,
    /// Who the payer is.
    pub issuer: Option<&'t str>,
    /// The chain to pay on.
    pub chain: ChainHash,
    /// What will be paid.
    pub amount: Msat,
    /// The payer's key: where to send the invoice when there are no paths.
    pub payer_id: PublicKey,
    /// The payer's words.
    pub payer_note: Option<&'t str>,
    /// Ways to the payer.
    pub paths: Option<BlindedPaths<'t>>,
}

impl RefundTerms<'_> {
    /// Writes the refund, and reads it (R-RF-10 to R-RF-12).
    ///
    /// # Errors
    /// [`Unwritable::Rejected`] for paths that lead nowhere, [`Unwritable::Full`].
    pub fn write<'b>(&self, buffer: &'b mut [u8]) -> Result<Refund<'b>, Unwritable> {
        let mut writer = Writer::new(buffer);
        writer.record(Field::INVREQ_METADATA.number(), self.metadata)?;
        writer.record(Field::OFFER_DESCRIPTION.number(), self.description.as_bytes())?;
        if let Some(UnixTime(expiry)) = self.absolute_expiry {
            writer.truncated_record(Field::OFFER_ABSOLUTE_EXPIRY.number(), expiry)?;
        }
        if let Some(issuer) = self.issuer {
            writer.record(Field::OFFER_ISSUER.number(), issuer.as_bytes())?;
        }
        PayerRecords {
            chain: self.chain,
            amount: Some(self.amount),
            quantity: None,
            payer_id: self.payer_id,
            payer_note: self.payer_note,
            paths: self.paths,
        }
        .write(&mut writer)?;
        Ok(Refund::parse(writer.finish())?)
    }
}

use countersign_blinding::BlindedPaths;
use countersign_crypto::{Curve, KeyPair, PublicKey};
use countersign_tlv::{Full, TlvStream, Writer};
use countersign_units::Msat;

use super::InvoiceRequest;
use crate::{ChainHash, Field, MerkleRoot, PayableOffer, Rejected, Signed, Unwritable, field};

/// What a payer adds to an offer, less their key.
#[derive(Clone, Debug)]
pub struct RequestTerms<'t> {
    /// Unpredictable bytes.
    pub metadata: &'t [u8],
    /// The chain to pay on.
    pub chain: ChainHash,
    /// What to pay; needed when the offer names no price.
    pub amount: Option<Msat>,
    /// How many items; needed when the offer can be for more than one.
    pub quantity: Option<u64>,
    /// The payer's words to the merchant.
    pub payer_note: Option<&'t str>,
}

impl RequestTerms<'_> {
    /// Writes the request that answers `offer`, signed with the payer's `key`, and reads it.
    ///
    /// # Errors
    /// [`Unwritable::Rejected`] for terms that do not fit the offer, [`Unwritable::Full`].
    pub fn write<'b>(
        &self,
        offer: PayableOffer<'_>,
        curve: &Curve<'_>,
        key: &KeyPair,
        buffer: &'b mut [u8],
    ) -> Result<InvoiceRequest<'b>, Unwritable> {
        //= bolt12#requirements-for-invoice-requests
        //# MUST copy all fields from the offer (including unknown fields).
        let [before, after] = field::around_signatures(&offer.offer().records());
        let mut writer = Writer::new(buffer);
        self.write_before_signature(&before, key, &mut writer)?;
        let root = MerkleRoot::of_parts(&[TlvStream::parse(writer.written())?, after]);
        let digest = root.ok_or(Rejected::TooLarge)?.digest(Signed::InvoiceRequest);
        let signature = key.sign(curve, &digest, &[0; 32]);
        writer.record(Field::SIGNATURE.number(), &signature.0)?;
        writer.bytes(after.bytes())?;
        Ok(InvoiceRequest::parse(writer.finish())?)
    }

    fn write_before_signature(
        &self,
        offer: &TlvStream<'_>,
        key: &KeyPair,
        writer: &mut Writer<'_>,
    ) -> Result<(), Full> {
        writer.record(Field::INVREQ_METADATA.number(), self.metadata)?;
        writer.bytes(offer.bytes())?;
        let records = PayerRecords {
            chain: self.chain,
            amount: self.amount,
            quantity: self.quantity,
            payer_id: key.public_key(),
            payer_note: self.payer_note,
            paths: None,
        };
        records.write(writer)
    }
}

/// The records 80 to 90 of a request.
pub(crate) struct PayerRecords<'t> {
    pub(crate) chain: ChainHash,
    pub(crate) amount: Option<Msat>,
    pub(crate) quantity: Option<u64>,
    pub(crate) payer_id: PublicKey,
    pub(crate) payer_note: Option<&'t str>,
    pub(crate) paths: Option<BlindedPaths<'t>>,
}

impl PayerRecords<'_> {
    pub(crate) fn write(&self, writer: &mut Writer<'_>) -> Result<(), Full> {
        if self.chain != ChainHash::BITCOIN {
            writer.record(Field::INVREQ_CHAIN.number(), &self.chain.0)?;
        }
        if let Some(amount) = self.amount {
            writer.msat_record(Field::INVREQ_AMOUNT.number(), amount)?;
        }
        if let Some(quantity) = self.quantity {
            writer.truncated_record(Field::INVREQ_QUANTITY.number(), quantity)?;
        }
        writer.record(Field::INVREQ_PAYER_ID.number(), &self.payer_id.serialize())?;
        if let Some(note) = self.payer_note {
            writer.record(Field::INVREQ_PAYER_NOTE.number(), note.as_bytes())?;
        }
        if let Some(paths) = self.paths {
            writer.record(Field::INVREQ_PATHS.number(), paths.encoded())?;
        }
        Ok(())
    }
}

mod disclosure;

use countersign_crypto::{Curve, PublicKey, Signature, sha256};
use countersign_tlv::{Reader, Record, TlvStream};

use crate::value::Points;
use crate::{
    Field, Invalid, MerkleRoot, Rejected, Signed, Untrusted, invoice, invoice_request, value,
};
use disclosure::Disclosure;

/// A `payer_proof`: that an invoice was paid, by whom, and as much of the invoice as the payer
/// chose to show (BOLT 12 §Payer Proofs).
///
/// Whoever holds one has verified it: the payee signed the invoice that these records are part of,
/// the preimage is the one that the payment bought, and the payer signed this proof. Records that
/// are not shown are neither known nor denied: an `offer_amount` without its `offer_currency` may
/// still have had one.
#[derive(Clone, Debug)]
pub struct PayerProof<'a> {
    records: TlvStream<'a>,
    invoice_root: MerkleRoot,
    fields: PayerProofFields<'a>,
}

/// The fields that every [`PayerProof`] has, and its note.
#[derive(Clone, Copy, Debug)]
pub struct PayerProofFields<'a> {
    /// `invreq_payer_id`: who paid.
    pub invreq_payer_id: PublicKey,
    /// `invoice_payment_hash`: SHA-256 of `proof_preimage`.
    pub invoice_payment_hash: &'a [u8; 32],
    /// `invoice_node_id`: who was paid.
    pub invoice_node_id: PublicKey,
    /// `signature`: the payee's, of the invoice.
    pub signature: Signature,
    /// `proof_signature`: the payer's, of this proof.
    pub proof_signature: Signature,
    /// `proof_preimage`: what the payment bought.
    pub proof_preimage: &'a [u8; 32],
    /// `proof_note`: the payer's words, often a challenge that the verifier chose.
    pub proof_note: Option<Untrusted<'a>>,
}

impl<'a> PayerProof<'a> {
    /// Reads a proof and verifies it: two verifications of signatures (R-PP-01 to R-PP-03).
    ///
    /// # Errors
    /// [`Rejected::Malformed`]; [`Invalid::Missing`], [`Invalid::Unexpected`],
    /// [`Invalid::UnknownEven`] or [`Invalid::OutOfRange`] for fields that a proof must or must not
    /// have; [`Invalid::Mismatch`] for a preimage of another hash, a marker that is not the next
    /// one, or a number of hashes that is not the one needed; [`Invalid::Signature`].
    pub fn parse(bytes: &'a [u8], curve: &Curve<'_>) -> Result<Self, Rejected> {
        let records = TlvStream::parse(bytes)?;
        let (fields, invoice_root) = Found::read(&records)?;
        let proof = Self { records, invoice_root, fields };
        proof.verify(curve)?;
        Ok(proof)
    }

    fn verify(&self, curve: &Curve<'_>) -> Result<(), Invalid> {
        let Self { records, invoice_root, fields } = self;
        if sha256(&[fields.proof_preimage]) != *fields.invoice_payment_hash {
            return Err(Invalid::Mismatch { field: Field::PROOF_PREIMAGE });
        }
        let invoice = invoice_root.digest(Signed::Invoice);
        if !fields.invoice_node_id.verifies(curve, &invoice, &fields.signature) {
            return Err(Invalid::Signature { field: Field::SIGNATURE });
        }
        // The root over the proof's own records, hashes and markers included.
        let proof = MerkleRoot::of(records).map(|root| root.digest(Signed::PayerProof));
        let payer = fields.invreq_payer_id;
        if !proof.is_some_and(|proof| payer.verifies(curve, &proof, &fields.proof_signature)) {
            return Err(Invalid::Signature { field: Field::PROOF_SIGNATURE });
        }
        Ok(())
    }

    /// The records as they were received: those of the invoice that are shown, and the proof's own.
    #[must_use]
    pub const fn records(&self) -> TlvStream<'a> {
        self.records
    }

    /// The fields that every proof has.
    #[must_use]
    pub const fn fields(&self) -> &PayerProofFields<'a> {
        &self.fields
    }

    /// The root of the invoice's Merkle tree, by which whoever has the invoice knows it again.
    #[must_use]
    pub const fn invoice_root(&self) -> MerkleRoot {
        self.invoice_root
    }
}

/// What a walk over the records has found so far.
#[derive(Default)]
struct Found<'a> {
    /// Other fields of the invoice: only that they are what their numbers say is of interest.
    request: invoice_request::Parts<'a>,
    invoice: invoice::Own<'a>,
    payer_id: Option<PublicKey>,
    payment_hash: Option<&'a [u8; 32]>,
    node_id: Option<PublicKey>,
    signature: Option<&'a [u8; 64]>,
    proof_signature: Option<&'a [u8; 64]>,
    preimage: Option<&'a [u8; 32]>,
    omitted: Option<Reader<'a>>,
    missing_hashes: Option<&'a [[u8; 32]]>,
    leaf_hashes: Option<&'a [[u8; 32]]>,
    note: Option<Untrusted<'a>>,
}

impl<'a> Found<'a> {
    /// Walks over the records of a proof.
    fn read(records: &TlvStream<'a>) -> Result<(PayerProofFields<'a>, MerkleRoot), Rejected> {
        let mut found = Self::default();
        for record in records.records() {
            found.take(&record)?;
        }
        Ok((found.fields()?, found.disclosure(*records)?.invoice_root()?))
    }

    fn take(&mut self, record: &Record<'a>) -> Result<(), Rejected> {
        let number = Field(record.number);
        match number {
            // It would let the reader guess at every record that is not shown.
            Field::INVREQ_METADATA => return Err(Invalid::Unexpected { field: number }.into()),
            Field::INVREQ_PAYER_ID => self.payer_id = Some(value::point(record)?),
            Field::INVOICE_PAYMENT_HASH => self.payment_hash = Some(value::array(record)?),
            Field::INVOICE_NODE_ID => self.node_id = Some(value::point(record)?),
            Field::SIGNATURE => self.signature = Some(value::array(record)?),
            Field::PROOF_SIGNATURE => self.proof_signature = Some(value::array(record)?),
            Field::PROOF_PREIMAGE => self.preimage = Some(value::array(record)?),
            Field::PROOF_OMITTED_TLVS => self.omitted = Some(record.reader()),
            Field::PROOF_MISSING_HASHES => self.missing_hashes = Some(value::hashes(record)?),
            Field::PROOF_LEAF_HASHES => self.leaf_hashes = Some(value::hashes(record)?),
            Field::PROOF_NOTE => self.note = Some(Untrusted::new(record.reader().utf8()?)),
            _ if !number.is_of_payer_proof() => return Err(Invalid::OutOfRange { number }.into()),
            _ if self.request.take(record, Points::Checked)? || self.invoice.take(record)? => {}
            _ if record.is_even() => return Err(Invalid::UnknownEven { number }.into()),
            _ => {}
        }
        Ok(())
    }

    fn fields(&self) -> Result<PayerProofFields<'a>, Invalid> {
        let missing = |field| Invalid::Missing { field };
        Ok(PayerProofFields {
            invreq_payer_id: self.payer_id.ok_or(missing(Field::INVREQ_PAYER_ID))?,
            invoice_payment_hash: self.payment_hash.ok_or(missing(Field::INVOICE_PAYMENT_HASH))?,
            invoice_node_id: self.node_id.ok_or(missing(Field::INVOICE_NODE_ID))?,
            signature: Signature(*self.signature.ok_or(missing(Field::SIGNATURE))?),
            proof_signature: Signature(
                *self.proof_signature.ok_or(missing(Field::PROOF_SIGNATURE))?,
            ),
            proof_preimage: self.preimage.ok_or(missing(Field::PROOF_PREIMAGE))?,
            proof_note: self.note,
        })
    }

    fn disclosure(&self, records: TlvStream<'a>) -> Result<Disclosure<'a>, Invalid> {
        let missing = |field| Invalid::Missing { field };
        Ok(Disclosure {
            records,
            omitted: self.omitted.unwrap_or(Reader::new(&[])),
            missing_hashes: self.missing_hashes.ok_or(missing(Field::PROOF_MISSING_HASHES))?,
            leaf_hashes: self.leaf_hashes.ok_or(missing(Field::PROOF_LEAF_HASHES))?,
        })
    }
}

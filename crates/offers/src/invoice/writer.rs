use core::ops::Range;

use countersign_blinding::{BlindedPaths, BlindedPayInfo};
use countersign_crypto::{Curve, KeyPair};
use countersign_tlv::{Full, Reader, TlvStream, Writer, bigsize_len};
use countersign_units::{Msat, Seconds, UnixTime};

use super::InvoiceFields;
use crate::merkle::{MerkleTree, Trunk};
use crate::{Field, Invalid, Rejected, Signed, Unwritable, capacity, field};

/// A request that may be answered with an invoice: what it was, for how much, and who signs.
///
/// Only requests that were checked yield one.
#[derive(Clone, Copy, Debug)]
pub struct Answerable<'a> {
    records: TlvStream<'a>,
    trunk: Option<&'a Trunk>,
    amount: Msat,
    key: &'a KeyPair,
}

impl<'a> Answerable<'a> {
    /// `trunk` is the Merkle tree of the records before the signature, if it is at hand.
    pub(crate) const fn new(
        records: TlvStream<'a>,
        trunk: Option<&'a Trunk>,
        amount: Msat,
        key: &'a KeyPair,
    ) -> Self {
        Self { records, trunk, amount, key }
    }

    /// The Merkle tree of the records that an invoice repeats in front of its own.
    fn tree(&self) -> MerkleTree {
        let [before, _] = field::around_signatures(&self.records);
        if let (Some(trunk), Some(first)) = (self.trunk, before.records().next()) {
            return trunk.tree(&first);
        }
        let mut tree = MerkleTree::new();
        tree.extend(&before);
        tree
    }
}

/// What an invoice says beside its request, its paths, its amount and its key.
#[derive(Clone, Copy, Debug)]
pub struct InvoiceTerms {
    /// When the invoice is made, as somebody claims.
    pub created_at: UnixTime,
    /// How long it holds.
    pub relative_expiry: Seconds,
    /// SHA-256 of the preimage that the payment buys.
    pub payment_hash: [u8; 32],
    /// Whether the payment may come in parts.
    pub payment_parts: PaymentParts,
}

/// Whether a payment may come in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentParts {
    /// In one only.
    One,
    /// In one or more: `MPP/optional`.
    Several,
}

/// Writes the records of an invoice that are not its request's: the paths first, then the others.
#[derive(Debug)]
pub struct InvoiceWriter<'b> {
    writer: Writer<'b>,
}

impl<'b> InvoiceWriter<'b> {
    /// Begins an invoice in `buffer`.
    ///
    /// # Errors
    /// [`Full`].
    pub fn new(buffer: &'b mut [u8]) -> Result<Self, Full> {
        let mut writer = Writer::new(buffer);
        writer.space(PATHS_HEADER_LEN)?;
        Ok(Self { writer })
    }

    /// Goes on with an invoice in `buffer`, of which an earlier writer has written `len` bytes
    /// ([`InvoiceWriter::len`]).
    ///
    /// # Errors
    /// [`Full`].
    pub fn resume(buffer: &'b mut [u8], len: usize) -> Result<Self, Full> {
        let mut writer = Writer::new(buffer);
        writer.space(len.max(PATHS_HEADER_LEN))?;
        Ok(Self { writer })
    }

    /// How much of the buffer is in use, in bytes.
    #[expect(clippy::len_without_is_empty, reason = "room for a header is always in use")]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.writer.len()
    }

    /// Where the paths are written, one after the other, the preferred one first.
    pub const fn paths(&mut self) -> &mut Writer<'b> {
        &mut self.writer
    }

    /// Completes the invoice that answers `request`, with one of `payinfos` for each path that was
    /// written (R-IW-01 to R-IW-05, R-IW-07, R-IW-08, R-IW-10, R-IW-12).
    ///
    /// # Errors
    /// [`Unwritable::Rejected`] for paths that are none, that lead nowhere or that have not one
    /// payinfo each, and for more than [`capacity`] allows; [`Unwritable::Full`].
    pub fn finish(
        self,
        request: &Answerable<'b>,
        terms: &InvoiceTerms,
        payinfos: &[BlindedPayInfo<'_>],
    ) -> Result<UnsignedInvoice<'b>, Unwritable> {
        let mut writer = self.writer;
        let paths = writer.written().get(PATHS_HEADER_LEN..).unwrap_or(&[]);
        let paths_len = paths.len();
        check_paths(paths, payinfos)?;
        write_payinfos(&mut writer, payinfos)?;
        write_terms(&mut writer, request, terms)?;
        let written = writer.finish();
        let end = written.len();
        let own = with_paths_header(written, paths_len)?;
        let own_start = end.saturating_sub(own.len());
        let [before, after] = field::around_signatures(&request.records);
        let invoice = UnsignedInvoice {
            before,
            own: TlvStream::parse(own)?,
            own_start,
            after,
            request: *request,
        };
        if invoice.total_len() > capacity::INVOICE_LEN {
            return Err(Rejected::TooLarge.into());
        }
        Ok(invoice)
    }
}

/// An invoice without its signature, as the three pieces that it consists of.
#[derive(Clone, Debug)]
pub struct UnsignedInvoice<'i> {
    /// The request's records 0 to 159, byte for byte.
    before: TlvStream<'i>,
    /// The invoice's own, 160 to 176.
    own: TlvStream<'i>,
    /// Where these begin in the buffer that they were written into.
    own_start: usize,
    /// The request's records from 1000000000 on, byte for byte.
    after: TlvStream<'i>,
    request: Answerable<'i>,
}

impl<'i> UnsignedInvoice<'i> {
    /// Signs the invoice and verifies the signature. `aux` are 32 bytes that need not be secret;
    /// with zeros the signature is the deterministic one.
    ///
    /// # Errors
    /// [`Unwritable::NoKey`] when the signature turns out wrong.
    pub fn sign(self, curve: &Curve<'_>, aux: &[u8; 32]) -> Result<SignedInvoice<'i>, Unwritable> {
        let digest = self.digest().ok_or(Rejected::TooLarge)?;
        let signature = signature(self.request.key, curve, &digest, aux)?;
        Ok(SignedInvoice { unsigned: self, signature })
    }

    /// What is signed. A function of its own on the stack, too: the tree is gone when the curve
    /// needs the room.
    #[inline(never)]
    fn digest(&self) -> Option<[u8; 32]> {
        let mut tree = self.request.tree();
        tree.extend(&self.own);
        tree.extend(&self.after);
        Some(tree.root()?.digest(Signed::Invoice))
    }

    /// Length of the invoice with its signature, in bytes.
    fn total_len(&self) -> usize {
        [self.before, self.own, self.after]
            .iter()
            .fold(SIGNATURE_RECORD_LEN, |len, part| len.saturating_add(part.bytes().len()))
    }
}

/// An invoice, as the four pieces that it consists of.
#[derive(Clone, Debug)]
pub struct SignedInvoice<'i> {
    unsigned: UnsignedInvoice<'i>,
    signature: [u8; SIGNATURE_RECORD_LEN],
}

impl SignedInvoice<'_> {
    /// The pieces that make the invoice when they are put one after the other.
    #[must_use]
    pub const fn segments(&self) -> [&[u8]; 4] {
        let UnsignedInvoice { before, own, after, .. } = &self.unsigned;
        [before.bytes(), own.bytes(), &self.signature, after.bytes()]
    }

    /// Where the invoice's own records, the second of the pieces, lie in the buffer that they were
    /// written into; for who cannot keep this value beside that buffer.
    #[must_use]
    pub fn own_range(&self) -> Range<usize> {
        let start = self.unsigned.own_start;
        start..start.saturating_add(self.unsigned.own.bytes().len())
    }

    /// Length of the invoice in bytes.
    #[must_use]
    pub fn total_len(&self) -> usize {
        self.unsigned.total_len()
    }

    /// Writes the invoice as one.
    ///
    /// # Errors
    /// [`Full`].
    pub fn write(&self, writer: &mut Writer<'_>) -> Result<(), Full> {
        self.segments().into_iter().try_for_each(|segment| writer.bytes(segment))
    }
}

/// Checks that there are as many paths as payinfos, and that each leads somewhere.
fn check_paths(paths: &[u8], payinfos: &[BlindedPayInfo<'_>]) -> Result<(), Unwritable> {
    let paths = BlindedPaths::frame(&mut Reader::new(paths))?;
    if paths.is_empty() {
        return Err(Invalid::Empty { field: Field::INVOICE_PATHS }.into());
    }
    if paths.iter().any(|path| path.num_hops() == 0) {
        return Err(Invalid::NoHops { field: Field::INVOICE_PATHS }.into());
    }
    if paths.len() > capacity::INVOICE_PATHS
        || paths.iter().any(|path| path.num_hops() > capacity::INVOICE_PATH_HOPS)
    {
        return Err(Rejected::TooLarge.into());
    }
    if paths.len() != payinfos.len() {
        return Err(Invalid::Mismatch { field: Field::INVOICE_BLINDEDPAY }.into());
    }
    //= bolt12#requirements-1
    //# MUST set `features` in each `blinded_payinfo` to match `encrypted_data_tlv`.`allowed_features`
    //# (or empty, if no `allowed_features`).
    if payinfos.iter().any(|payinfo| !payinfo.features.is_empty()) {
        return Err(Invalid::UnknownFeature { field: Field::INVOICE_BLINDEDPAY }.into());
    }
    Ok(())
}

fn write_payinfos(writer: &mut Writer<'_>, payinfos: &[BlindedPayInfo<'_>]) -> Result<(), Full> {
    let len = payinfos.len().saturating_mul(PAYINFO_LEN);
    writer.header(Field::INVOICE_BLINDEDPAY.number(), len)?;
    payinfos.iter().try_for_each(|payinfo| payinfo.write(writer))
}

fn write_terms(
    writer: &mut Writer<'_>,
    request: &Answerable<'_>,
    terms: &InvoiceTerms,
) -> Result<(), Full> {
    let &InvoiceTerms { created_at, relative_expiry, payment_hash, payment_parts } = terms;
    writer.truncated_record(Field::INVOICE_CREATED_AT.number(), created_at.0)?;
    //= bolt12#requirements-1
    //# if the expiry for accepting payment is not 7200 seconds after `invoice_created_at`:
    //#   - MUST set `invoice_relative_expiry`.`seconds_from_creation`
    if relative_expiry != InvoiceFields::DEFAULT_EXPIRY {
        let seconds = relative_expiry.0.into();
        writer.truncated_record(Field::INVOICE_RELATIVE_EXPIRY.number(), seconds)?;
    }
    writer.record(Field::INVOICE_PAYMENT_HASH.number(), &payment_hash)?;
    writer.msat_record(Field::INVOICE_AMOUNT.number(), request.amount)?;
    match payment_parts {
        PaymentParts::One => {}
        PaymentParts::Several => {
            writer.record(Field::INVOICE_FEATURES.number(), &MPP_OPTIONAL)?;
        }
    }
    let node_id = request.key.public_key().serialize();
    writer.record(Field::INVOICE_NODE_ID.number(), &node_id)
}

/// Puts the header of `invoice_paths` right before its value, for which room was left.
fn with_paths_header(buffer: &mut [u8], paths_len: usize) -> Result<&[u8], Full> {
    let number = Field::INVOICE_PATHS.number();
    let value_len = u64::try_from(paths_len).or(Err(Full))?;
    let header_len = bigsize_len(number).saturating_add(bigsize_len(value_len));
    let unused = PATHS_HEADER_LEN.checked_sub(header_len).ok_or(Full)?;
    let own = buffer.get_mut(unused..).ok_or(Full)?;
    Writer::new(own).header(number, paths_len)?;
    Ok(own)
}

/// The record of `key`'s signature, which has been verified.
#[inline(never)]
fn signature(
    key: &KeyPair,
    curve: &Curve<'_>,
    digest: &[u8; 32],
    aux: &[u8; 32],
) -> Result<[u8; SIGNATURE_RECORD_LEN], Unwritable> {
    let signature = key.sign(curve, digest, aux);
    if !key.public_key().verifies(curve, digest, &signature) {
        return Err(Unwritable::NoKey);
    }
    let mut record = [0; SIGNATURE_RECORD_LEN];
    Writer::new(&mut record).record(Field::SIGNATURE.number(), &signature.0)?;
    Ok(record)
}

/// Room for the header of `invoice_paths`: its type, and a length of up to 65,535.
const PATHS_HEADER_LEN: usize = 4;

/// Bytes of a `blinded_payinfo` without features.
const PAYINFO_LEN: usize = 28;

/// Bytes of `signature`: type, length and value.
const SIGNATURE_RECORD_LEN: usize = 66;

/// Bit 17 alone.
const MPP_OPTIONAL: [u8; 3] = [2, 0, 0];

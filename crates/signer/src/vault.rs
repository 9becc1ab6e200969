//! Preimages: how the device recognises an invoice of its own when it is paid, and when it lets go
//! of the preimage.

use countersign_crypto::{Curve, PublicKey, Secret, SecretKey, TAG_LEN, open, seal, sha256};
use countersign_link::{Bytes, ClaimRequest, Code, Reply, Secret as Shown};
use countersign_offers::capacity::INVOICE_PATHS;
use countersign_policy::{ClaimFacts, Evidence, Match, judge_claim};
use countersign_tlv::{DecodeError, Full, Reader, Writer};
use countersign_units::{Msat, Seconds, UnixTime};
use heapless::Vec;

use crate::capacity::{RECEIPT_LEN, RELEASED_PAYMENTS};
use crate::copy;
use crate::device::{Device, Scratch};
use crate::input::Failure;
use crate::keys::{Purpose, Seed};
use crate::log::Subject;
use crate::merchant::Merchant;
use crate::paths::permit;
use crate::task::Change;
use crate::{Moment, Output, Slot};

/// What an invoice's payment has to fit. The host keeps it, sealed: it can neither read nor change
/// it, and the device needs no memory for invoices that are never paid.
#[derive(Debug)]
pub(crate) struct Receipt {
    pub(crate) payment: Payment,
    pub(crate) created_at: UnixTime,
    pub(crate) relative_expiry: Seconds,
    pub(crate) ends: Vec<End, INVOICE_PATHS>,
}

/// What a preimage is derived from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Payment {
    /// SHA-256 of the `invoice_request`.
    pub(crate) request: [u8; 32],
    pub(crate) amount: Msat,
    /// 0 where a repeated request gets the same preimage.
    pub(crate) number: u64,
}

/// What a payment shows that arrives over one path of the invoice.
#[derive(Debug)]
pub(crate) struct End {
    /// The secret key of the path key with which it arrives.
    pub(crate) path_key: Secret<32>,
    /// The first half of the SHA-256 of the recipient's `path_id`.
    pub(crate) path_id: [u8; 16],
}

/// A preimage that the evidence allows to be released.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Release {
    pub(crate) payment: Payment,
    /// A digest of all that was claimed.
    pub(crate) claim: [u8; 16],
}

/// A preimage that went out, and for which claim: both by the first half of a SHA-256.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Released {
    payment_hash: [u8; 16],
    claim: [u8; 16],
}

/// The payments last released.
pub(crate) type ReleasedPayments = heapless::Deque<Released, RELEASED_PAYMENTS>;

/// A receipt as the host keeps it: `nonce ‖ ciphertext ‖ tag`.
pub(crate) type Sealed = Vec<u8, RECEIPT_LEN>;

/// What the seal is bound to.
const PURPOSE: &[u8] = b"countersign receipt 1";

const NONCE_LEN: usize = 12;

/// The first half of a SHA-256: nobody finds two alike.
pub(crate) fn half_sha256(parts: &[&[u8]]) -> [u8; 16] {
    let [half @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = sha256(parts);
    half
}

impl Receipt {
    /// Seals the receipt under a nonce that no other receipt of this seed has.
    pub(crate) fn seal(&self, seed: &Seed, nonce: [u8; NONCE_LEN]) -> Option<Sealed> {
        let mut space = [0; RECEIPT_LEN];
        let mut writer = Writer::new(&mut space);
        writer.bytes(&nonce).ok()?;
        self.write(&mut writer).ok()?;
        let len = writer.len();
        let (sealed, rest) = space.split_at_mut_checked(len)?;
        let (_, plain) = sealed.split_at_mut_checked(NONCE_LEN)?;
        let tag = seal(&seed.derive(Purpose::Receipts), &nonce, PURPOSE, plain);
        *rest.first_chunk_mut()? = tag;
        copy::bytes(space.get(..len.checked_add(TAG_LEN)?)?)
    }

    /// Opens what [`Receipt::seal`] made with the same seed.
    fn open(seed: &Seed, sealed: &[u8]) -> Option<Self> {
        let mut bytes: Sealed = copy::bytes(sealed)?;
        let (nonce, rest) = bytes.split_first_chunk_mut::<NONCE_LEN>()?;
        let (plain, tag) = rest.split_last_chunk_mut::<TAG_LEN>()?;
        open(&seed.derive(Purpose::Receipts), nonce, PURPOSE, plain, tag).ok()?;
        let receipt = Self::read(&mut Reader::new(plain)).ok();
        countersign_crypto::wipe(plain);
        receipt
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), Full> {
        let Self { payment: Payment { request, amount, number }, .. } = self;
        writer.bytes(request)?;
        for value in [amount.get(), *number, self.created_at.0, self.relative_expiry.0.into()] {
            writer.bytes(&value.to_be_bytes())?;
        }
        for End { path_key, path_id } in &self.ends {
            writer.bytes(path_key.expose_secret())?;
            writer.bytes(path_id)?;
        }
        Ok(())
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let request = *reader.array()?;
        let amount = Msat::new(reader.u64()?).unwrap_or(Msat::MAX);
        let payment = Payment { request, amount, number: reader.u64()? };
        let created_at = UnixTime(reader.u64()?);
        let relative_expiry = Seconds(u32::try_from(reader.u64()?).unwrap_or(u32::MAX));
        let mut ends = Vec::new();
        while !reader.is_empty() {
            let end = End { path_key: Secret::new(*reader.array()?), path_id: *reader.array()? };
            // It was sealed by us, with as many as fit.
            let fits = ends.push(end);
            debug_assert!(fits.is_ok());
        }
        Ok(Self { payment, created_at, relative_expiry, ends })
    }

    /// The end of the path over which a payment arrives with `path_key`.
    pub(crate) fn end_of(&self, curve: &Curve<'_>, path_key: &PublicKey) -> Option<&End> {
        let expected = |end: &End| Some(SecretKey::parse(&end.path_key).ok()?.public_key(curve));
        self.ends.iter().find(|end| expected(end).as_ref() == Some(path_key))
    }

    /// The host's word, beside what the invoice says.
    fn hold_against(&self, amount_msat: u64, expiry: u64, path_id: &[u8]) -> Evidence {
        let path_id = half_sha256(&[path_id]);
        let expires = self.created_at.0.saturating_add(self.relative_expiry.0.into());
        Evidence::Facts {
            context: same(self.ends.iter().any(|end| end.path_id == path_id)),
            expiry: same(expiry == expires),
            received: Msat::new(amount_msat).unwrap_or(Msat::ZERO),
        }
    }
}

/// What a comparison came to.
pub(crate) const fn same(is_same: bool) -> Match {
    if is_same { Match::Same } else { Match::Different }
}

/// Whether a preimage is out already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is not.
    New,
    /// It went out for the same claim.
    Released,
}

impl Merchant {
    /// Opens a receipt of its own.
    pub(crate) fn open(&self, receipt: &[u8]) -> Result<Receipt, Failure> {
        Receipt::open(&self.seed, receipt).ok_or(Code::NOT_OURS.into())
    }

    /// Judges `claim` for a payment by its evidence, and says whether it is answered again.
    pub(crate) fn standing(
        &self,
        payment: &Payment,
        claim: &[u8; 16],
        evidence: Evidence,
    ) -> Result<Standing, Failure> {
        let payment_hash = half_sha256(&[self.preimage(payment).expose_secret()]);
        let earlier = self.released.iter().find(|known| known.payment_hash == payment_hash);
        self.judge(payment, same(earlier.is_none_or(|known| known.claim == *claim)), evidence)?;
        Ok(if earlier.is_some() { Standing::Released } else { Standing::New })
    }

    /// Judges the evidence for a payment, and whether the `invoice` is what it is claimed for.
    pub(crate) fn judge(
        &self,
        payment: &Payment,
        invoice: Match,
        evidence: Evidence,
    ) -> Result<(), Failure> {
        let facts = ClaimFacts { invoice, owed: payment.amount, evidence };
        permit(judge_claim(&self.settings.rules, &facts))
    }
}

impl Device<'_> {
    /// A payment arrived, the host says.
    pub(crate) fn claim<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        request: &ClaimRequest<'_>,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        match request {
            ClaimRequest::PathKey { receipt, path_key } => {
                let claim = half_sha256(&[b"path key", &path_key.0, receipt]);
                let (payment, evidence) = self.path_key(receipt, path_key)?;
                self.settle(moment, id, Release { payment, claim }, evidence, scratch)
            }
            ClaimRequest::Facts { receipt, amount_msat, expiry, path_id } => {
                let numbers = [amount_msat.to_be_bytes(), expiry.to_be_bytes()];
                let path_id_len = path_id.len().to_be_bytes();
                let claim = half_sha256(&[
                    b"facts",
                    numbers.as_flattened(),
                    &path_id_len,
                    path_id,
                    receipt,
                ]);
                let (payment, evidence) = self.facts(receipt, *amount_msat, *expiry, path_id)?;
                self.settle(moment, id, Release { payment, claim }, evidence, scratch)
            }
            ClaimRequest::Onion { receipt, path_key, amount_msat, cltv_expiry } => {
                self.part_begin(id, receipt, path_key, (*amount_msat, *cltv_expiry))
            }
            ClaimRequest::OnionChunk(chunk) => self.part_chunk(id, chunk),
            ClaimRequest::OnionEnd => self.part_end(moment, id, scratch),
        }
    }

    /// What a path key shows for the invoice of a receipt.
    #[inline(never)]
    fn path_key(
        &self,
        receipt: &[u8],
        path_key: &Bytes<33>,
    ) -> Result<(Payment, Evidence), Failure> {
        let receipt = self.merchant()?.open(receipt)?;
        let path_key = PublicKey::parse(&path_key.0).or(Err(Code::NOT_A_POINT))?;
        let is_expected = receipt.end_of(&self.curve, &path_key).is_some();
        Ok((receipt.payment, Evidence::PathKey(same(is_expected))))
    }

    /// What the host's word is worth beside the invoice of a receipt.
    #[inline(never)]
    fn facts(
        &self,
        receipt: &[u8],
        amount_msat: u64,
        expiry: u64,
        path_id: &[u8],
    ) -> Result<(Payment, Evidence), Failure> {
        let receipt = self.merchant()?.open(receipt)?;
        Ok((receipt.payment, receipt.hold_against(amount_msat, expiry, path_id)))
    }

    /// Ends a claim whose evidence is all there.
    fn settle<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        release: Release,
        evidence: Evidence,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        let Release { payment, claim } = release;
        match self.merchant()?.standing(&payment, &claim, evidence)? {
            Standing::Released => self.hand_out(id, &payment, scratch),
            Standing::New => self.release(moment, id, release, scratch),
        }
    }

    /// Counts a release, or has flash written first; then lets go of the preimage.
    pub(crate) fn release<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        release: Release,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        let merchant = self.merchant_mut()?;
        let Release { payment, claim } = release;
        merchant.observe(moment.uptime);
        let rules = &merchant.settings.rules;
        let mut windows = merchant.windows;
        windows.invoice_paid(rules, payment.amount, moment.uptime);
        let paid = windows.paid.count(&rules.limits().windows.paid, moment.uptime);
        if merchant.counters.count_release(paid).is_none() {
            return self.store(id, Slot::Counters, Change::Release(release), scratch);
        }
        merchant.windows = windows;
        let payment_hash = half_sha256(&[merchant.preimage(&payment).expose_secret()]);
        if merchant.released.is_full() {
            merchant.released.pop_front();
        }
        // There is room: the oldest entry was taken out.
        let kept = merchant.released.push_back(Released { payment_hash, claim });
        debug_assert!(kept.is_ok());
        merchant.parts.forget(&claim);
        self.note(moment, Subject::PreimageReleased, Code(0));
        self.hand_out(id, &payment, scratch)
    }

    pub(crate) fn hand_out<'o>(
        &self,
        id: u32,
        payment: &Payment,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        let preimage = self.merchant()?.preimage(payment);
        let (out, _) = scratch.0.split_first_chunk_mut::<32>().ok_or(Code::INTERNAL)?;
        *out = *preimage.expose_secret();
        Ok(Output::Reply { id, reply: Reply::Claimed { preimage: Shown::new(out) } })
    }
}

#[cfg(test)]
mod tests {
    use countersign_crypto::Secret;
    use countersign_link::Network;
    use countersign_units::{Msat, Seconds, UnixTime};
    use heapless::Vec;

    use super::{End, Payment, Receipt};
    use crate::capacity::RECEIPT_LEN;
    use crate::keys::Seed;

    fn seed(byte: u8) -> Seed {
        Seed::new(Secret::new([byte; 64]), Network::Regtest)
    }

    fn fullest() -> Receipt {
        let payment = Payment { request: [1; 32], amount: Msat::MAX, number: u64::MAX };
        let mut ends = Vec::new();
        while ends.push(End { path_key: Secret::new([2; 32]), path_id: [3; 16] }).is_ok() {}
        let relative_expiry = Seconds(u32::MAX);
        Receipt { payment, created_at: UnixTime(u64::MAX), relative_expiry, ends }
    }

    #[test]
    fn a_receipt_opens_for_its_own_seed_and_unchanged_only() {
        let sealed = fullest().seal(&seed(1), [9; 12]).unwrap();
        assert_eq!(sealed.len(), RECEIPT_LEN);
        let opened = Receipt::open(&seed(1), &sealed).unwrap();
        assert_eq!(opened.payment.number, u64::MAX);
        assert_eq!(opened.ends.len(), 4);
        assert!(Receipt::open(&seed(2), &sealed).is_none());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(Receipt::open(&seed(1), &changed).is_none(), "byte {at}");
            assert!(Receipt::open(&seed(1), &sealed[..at]).is_none(), "cut to {at} bytes");
        }
    }
}

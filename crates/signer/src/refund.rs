//! The merchant pays somebody: a refund that they offer, and the one invoice that may be paid for it.

use core::ops::Range;

use countersign_blinding::BlindedPaths;
use countersign_crypto::{Curve, PublicKey, Secret, SecretKey, hmac_sha256, sha256};
use countersign_link::{Bytes, Code, Pay, RefundRequest, Reply};
use countersign_offers::capacity::INVOICE_REQUEST_LEN;
use countersign_offers::text::{self, Case, Prefix};
use countersign_offers::{
    Amount, Arrival, Here, Identity, Invoice, Nonce, PathPurpose, QuantityMax, Refund, RefundTerms,
};
use countersign_onion::{ContentType, Message};
use countersign_policy::{Match, PayoutFacts, Verdict, judge_payout};
use countersign_tlv::Reader;
use countersign_units::{Msat, UnixTime};

use crate::capacity::OFFER_PATHS_LEN;
use crate::device::{Condition, Device, Scratch};
use crate::host::short;
use crate::input::Failure;
use crate::keys::Purpose;
use crate::log::Subject;
use crate::merchant::Merchant;
use crate::offer::{Draft, bounded, nonce, unwritable};
use crate::onion::{Hearing, Silence, own_path_id, range_in};
use crate::payouts::Stand;
use crate::questions::{Answer, Standing, Topic};
use crate::sheet::Sheet;
use crate::task::{Change, Matter, Task};
use crate::text::Text;
use crate::vault::half_sha256;
use crate::{Moment, Output, Slot};

/// A refund that is on its way to flash; its text lies in the free memory.
#[derive(Debug)]
pub(crate) struct Offered {
    refund: [u8; 32],
    text: Range<usize>,
}

/// An invoice for a refund of ours of which every requirement holds.
#[derive(Clone, Debug)]
pub(crate) struct Owed {
    /// The refund and the invoice, each by the first half of its SHA-256.
    refund: [u8; 16],
    invoice: [u8; 16],
    pub(crate) payment_hash: [u8; 32],
    pub(crate) amount: Msat,
    /// Where the invoice lies in the payload.
    pub(crate) bytes: Range<usize>,
}

impl Owed {
    pub(crate) fn topic(&self) -> Topic {
        Topic::of_payment(&self.invoice, self.amount)
    }
}

impl Device<'_> {
    #[inline(never)]
    pub(crate) fn refund<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        request: &RefundRequest<'_>,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        match request {
            RefundRequest::Create { amount_msat, description, issuer, expiry } => {
                let terms = (*amount_msat, *description, *issuer, expiry.map(UnixTime));
                self.begin_refund(moment, id, terms)
            }
            RefundRequest::Path { hops, padding } => {
                self.add_path(moment, PathPurpose::Refund, hops, *padding)
            }
            RefundRequest::End => {
                let draft = self.drafted(PathPurpose::Refund)?;
                self.ask(id, Matter::Refund(draft))
            }
            RefundRequest::Answer { total, chunk } => self.withdraw(moment, id, *total, chunk),
            RefundRequest::AnswerEnd => self.withdrawn(moment, id, 0, scratch),
            RefundRequest::AnswerVia { skip } => self.withdrawn(moment, id, *skip, scratch),
            RefundRequest::Revoke { refund } => self.take_back(id, refund, scratch),
            RefundRequest::Signer { refund } => self.signer(id, refund),
        }
    }

    fn begin_refund<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        (amount, description, issuer, expiry): (u64, &str, Option<&str>, Option<UnixTime>),
    ) -> Result<Output<'o>, Failure> {
        let merchant = self.merchant_mut()?;
        let now = merchant.now(moment.uptime).ok_or(Code::TIME_UNKNOWN)?;
        let amount = Msat::new(amount).ok_or(Code::INVALID_FIELD)?;
        permit(merchant, amount)?;
        if !merchant.payouts.has_room(now) {
            return Err(Code::FULL.into());
        }
        let draft = Draft {
            purpose: PathPurpose::Refund,
            amount: Some(Amount::Bitcoin(amount)),
            description: Some(bounded(description)?),
            issuer: issuer.map(bounded).transpose()?,
            quantity_max: QuantityMax::One,
            absolute_expiry: expiry,
            identity: Identity::IssuerId,
            nonce: nonce(&merchant.draw(&moment.entropy)),
            paths_len: 0,
        };
        Ok(self.draft(id, draft))
    }

    /// Makes the refund that the merchant has just approved, and has flash know it before anybody
    /// else does.
    pub(crate) fn offer_refund<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        draft: &Draft,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        let Condition::Ready(merchant) = &self.condition else {
            return Err(Code::UNPROVISIONED.into());
        };
        let now = merchant.now(moment.uptime).ok_or(Code::TIME_UNKNOWN)?;
        let (Some(Amount::Bitcoin(amount)), Some(description)) = (draft.amount, &draft.description)
        else {
            return Err(Code::INTERNAL.into());
        };
        let (_, free) = self.desk.peel.free_mut();
        let (paths, rest) = free.split_at_mut_checked(OFFER_PATHS_LEN).ok_or(Code::INTERNAL)?;
        let (space, text) = rest.split_at_mut_checked(REFUND_LEN).ok_or(Code::INTERNAL)?;
        let paths = paths.get(..draft.paths_len).ok_or(Code::INTERNAL)?;
        let terms = RefundTerms {
            metadata: &draft.nonce.0,
            description,
            absolute_expiry: draft.absolute_expiry,
            issuer: draft.issuer.as_deref(),
            chain: merchant.chain(),
            amount,
            payer_id: payer_id(&self.curve, merchant, &draft.nonce).ok_or(Code::INTERNAL)?,
            payer_note: None,
            paths: Some(BlindedPaths::frame(&mut Reader::new(paths)).or(Err(Code::INTERNAL))?),
        };
        let bytes = terms.write(space).map_err(unwritable)?.records().bytes();
        let mut text = Text::new(text);
        text::encode(Prefix::InvoiceRequest, Case::Lower, bytes, &mut text)
            .or(Err(Code::TOO_LONG))?;
        let start = OFFER_PATHS_LEN.saturating_add(REFUND_LEN);
        let end = start.saturating_add(text.len());
        let wanted = merchant.payouts.with(half_sha256(&[bytes]), draft.absolute_expiry, now);
        let offered = Offered { refund: sha256(&[bytes]), text: start..end };
        self.desk.sheet = Sheet::Payouts(wanted.ok_or(Code::FULL)?);
        self.store(id, Slot::Payouts, Change::Offer(offered), scratch)
    }

    /// Flash knows the refund.
    pub(crate) fn refund_offered<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        offered: Offered,
    ) -> Result<Output<'o>, Failure> {
        self.payouts_stored()?;
        self.note(moment, Subject::RefundOffered, Code(0));
        let Offered { refund, text } = offered;
        let length = short(text.len());
        self.task = Task::Text { id, range: text };
        Ok(Output::Reply { id, reply: Reply::Created { offer: Bytes(refund), length } })
    }

    /// Forgets a refund, so that no invoice for it is authorised any more.
    fn take_back<'o>(
        &mut self,
        id: u32,
        refund: &Bytes<32>,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        let short = *refund.0.first_chunk().ok_or(Code::INTERNAL)?;
        let wanted = self.merchant()?.payouts.without(short);
        self.desk.sheet = Sheet::Payouts(wanted.ok_or(Code::NOT_FOUND)?);
        self.store(id, Slot::Payouts, Change::TakeBack, scratch)
    }

    /// Flash has forgotten the refund.
    pub(crate) fn taken_back<'o>(&mut self, id: u32) -> Result<Output<'o>, Failure> {
        self.payouts_stored()?;
        Ok(self.done(id))
    }

    /// An invoice came through the path of a refund of ours.
    #[inline(never)]
    pub(crate) fn owed<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        owed: Owed,
        scratch: &'o mut Scratch,
    ) -> Result<Result<Output<'o>, Failure>, Silence> {
        let Condition::Ready(merchant) = &self.condition else { return Err(Silence) };
        if merchant.payouts.stand(owed.refund, owed.invoice) == Stand::Authorised {
            return Ok(Ok(self.pay(id, owed)));
        }
        permit(merchant, owed.amount).or(Err(Silence))?;
        match self.questions.standing(owed.topic(), moment.uptime) {
            Standing::Decided(Answer::Yes) => Ok(self.authorise(id, owed, scratch)),
            Standing::Decided(Answer::No) => Err(Silence),
            Standing::Waiting => {
                self.abandon();
                Ok(Err(Code::WITH_MERCHANT.into()))
            }
            Standing::NotAsked => Ok(self.ask(id, Matter::Payout(owed))),
        }
    }

    /// The merchant approved the payment: nobody is told before flash knows that it was the one.
    pub(crate) fn authorise<'o>(
        &mut self,
        id: u32,
        owed: Owed,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        let wanted = self.merchant()?.payouts.authorised(owed.refund, owed.invoice);
        self.desk.sheet = Sheet::Payouts(wanted.ok_or(Code::NOT_FOUND)?);
        self.store(id, Slot::Payouts, Change::Authorise(owed), scratch)
    }

    /// Flash knows that this invoice, and no other, is paid for its refund.
    pub(crate) fn authorised<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        owed: Owed,
    ) -> Result<Output<'o>, Failure> {
        self.payouts_stored()?;
        self.note(moment, Subject::PayoutAuthorised, Code(0));
        Ok(self.pay(id, owed))
    }

    fn pay<'o>(&mut self, id: u32, owed: Owed) -> Output<'o> {
        let pay = Pay {
            payment_hash: Bytes(owed.payment_hash),
            amount_msat: owed.amount.get(),
            length: short(owed.bytes.len()),
        };
        self.task = Task::Paying { id, invoice: owed.bytes };
        Output::Reply { id, reply: Reply::Pay(pay) }
    }

    fn payouts_stored(&mut self) -> Result<(), Failure> {
        let Sheet::Payouts(stored) = self.desk.sheet.take() else {
            return Err(Code::INTERNAL.into());
        };
        self.merchant_mut()?.payouts = stored;
        Ok(())
    }
}

/// Reads a payload up to the point at which it is provably an invoice that may be paid for a refund
/// of ours (R-VR), and came through that refund's own path (R-VR-04), and puts that onto the sheet.
#[inline(never)]
pub(crate) fn owed(hearing: &Hearing<'_>, sheet: &mut Sheet) -> Result<(), Silence> {
    let &Hearing { curve, merchant, unblinding, payload, now, .. } = hearing;
    let message = Message::parse(payload).or(Err(Silence))?;
    let content = message.content.filter(|it| it.content_type == ContentType::INVOICE);
    let bytes = content.ok_or(Silence)?.value;
    let path_id = own_path_id(unblinding, message.encrypted_recipient_data)?;
    let keys = merchant.offer_keys(merchant.settings.epoch);
    let nonce = keys.open_path_id(PathPurpose::Refund, &path_id.0).or(Err(Silence))?;
    let invoice = Invoice::parse_bounded(bytes).or(Err(Silence))?;
    // Of our own refunds, everything lies below 160.
    let repeated = invoice.records().range(0, 159).bytes();
    let (refund_id, invoice_id) = (half_sha256(&[repeated]), half_sha256(&[bytes]));
    match merchant.payouts.stand(refund_id, invoice_id) {
        Stand::Open | Stand::Authorised => {}
        Stand::Unknown | Stand::Spent => return Err(Silence),
    }
    let refund = Refund::parse_bounded(repeated).or(Err(Silence))?;
    if refund.metadata() != nonce.0 {
        return Err(Silence);
    }
    let here = Here { now, chain: merchant.chain(), rate: None };
    refund.check(&here).or(Err(Silence))?;
    let authentic = invoice.verify_signature(curve).or(Err(Silence))?;
    authentic.check(&refund, Arrival::InvreqPath, &here).or(Err(Silence))?;
    *sheet = Sheet::Opened(Matter::Payout(Owed {
        refund: refund_id,
        invoice: invoice_id,
        payment_hash: invoice.fields().payment_hash,
        amount: invoice.fields().amount,
        bytes: range_in(payload, ContentType::INVOICE, bytes).ok_or(Silence)?,
    }));
    Ok(())
}

/// Whether the rules let the merchant be asked to pay so much.
fn permit(merchant: &Merchant, amount: Msat) -> Result<(), Failure> {
    let facts = PayoutFacts { chain: Match::Same, amount };
    match judge_payout(&merchant.settings.rules, &facts) {
        Verdict::Sign | Verdict::Ask(_) => Ok(()),
        Verdict::Refuse(rule) => Err(Code::policy(rule.number()).into()),
    }
}

/// `invreq_payer_id` of the refund with that nonce: derived, so that it need not be remembered.
fn payer_id(curve: &Curve<'_>, merchant: &Merchant, nonce: &Nonce) -> Option<PublicKey> {
    let base = merchant.seed.derive(Purpose::Refunds);
    let key = Secret::new(hmac_sha256(base.expose_secret(), &[&nonce.0]));
    Some(SecretKey::parse(&key).ok()?.public_key(curve))
}

/// Bytes of a refund of ours: its paths and texts, and some keys and numbers.
const REFUND_LEN: usize = 1_536;

const _: () = assert!(REFUND_LEN <= INVOICE_REQUEST_LEN);

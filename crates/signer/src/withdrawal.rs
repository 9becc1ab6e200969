//! The merchant takes money that somebody offers: an invoice for an `lnr…` that answers no offer of
//! ours.

use core::ops::Range;

use countersign_blinding::{
    BlindedPath, EncryptedDataTlv, Hop, Padding, Purpose as Sent, Route, Start,
};
use countersign_crypto::{Curve, KeyPair, Secret, SecretKey, hmac_sha256, sha256};
use countersign_link::{Assembler, Bytes, Chunk, Code, Reply, WINDOW};
use countersign_offers::capacity::{INVOICE_REQUEST_LEN, holds_reply_path};
use countersign_offers::{Here, Invalid, InvoiceFields, Refund, Rejected};
use countersign_onion::{ContentType, Peel};
use countersign_policy::{
    Judgement, Match, Origin as Answers, RequestFacts, Verdict, judge_request,
};
use countersign_tlv::{Full, Writer, record_len};
use countersign_units::UnixTime;

use crate::backup::place;
use crate::device::{Condition, Device, Scratch};
use crate::input::Failure;
use crate::keys::Purpose;
use crate::log::Subject;
use crate::merchant::Merchant;
use crate::questions::{Answer, Standing, Topic};
use crate::task::{Matter, Origin, Pending, Task};
use crate::{Moment, Output};

impl Device<'_> {
    pub(crate) fn withdraw<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        total: u32,
        chunk: &Chunk<'_>,
    ) -> Result<Output<'o>, Failure> {
        self.merchant()?.now(moment.uptime).ok_or(Code::TIME_UNKNOWN)?;
        if !matches!(self.task, Task::Withdrawing { .. }) {
            if usize::try_from(total).map_or(true, |total| total > INVOICE_REQUEST_LEN) {
                return Err(Code::TOO_LONG.into());
            }
            self.desk.wipe();
            self.task = Task::Withdrawing { id, chunks: Assembler::new(total) };
        }
        let Task::Withdrawing { chunks, .. } = &mut self.task else {
            return Err(Code::INTERNAL.into());
        };
        place(chunks, chunk, self.desk.peel.free_mut().1)?;
        Ok(Output::Reply { id, reply: Reply::Credits { window: WINDOW } })
    }

    /// All of the refund is here: reads it, and goes as far as nobody has to be asked. Of its paths,
    /// the host cannot reach the first `skip`.
    pub(crate) fn withdrawn<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        skip: u8,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        let Task::Withdrawing { chunks, .. } = core::mem::take(&mut self.task) else {
            return Err(Code::NOT_OPEN.into());
        };
        chunks.finish().or(Err(Code::CHUNK_ORDER))?;
        let len = usize::try_from(chunks.received()).or(Err(Code::TOO_LONG))?;
        let merchant = self.merchant_mut()?;
        let now = merchant.now(moment.uptime).ok_or(Code::TIME_UNKNOWN)?;
        let draw = merchant.draw(&moment.entropy);
        let Condition::Ready(merchant) = &self.condition else {
            return Err(Code::UNPROVISIONED.into());
        };
        let peel = &mut self.desk.peel;
        let bytes = peel.free().get(..len).ok_or(Code::TOO_LONG)?;
        let refund = Refund::parse_bounded(bytes).map_err(rejected)?;
        let here = Here { now, chain: merchant.chain(), rate: None };
        let checked = refund.check(&here).map_err(invalid)?;
        let Judgement { verdict, alarm } =
            judge_request(&merchant.settings.rules, &facts(merchant, &refund, now, moment));
        let digest = sha256(&[bytes]);
        let key = signing_key(&self.curve, merchant, &digest).ok_or(Code::INTERNAL)?;
        let request = checked.suspend(key);
        let way = way(&self.curve, &refund, skip, &draw)?;
        let mut pending = Pending {
            request,
            offer: digest,
            origin: Origin::Refund,
            mac: digest,
            bytes: keep(&way, len, peel).or(Err(Code::TOO_LONG))?,
            created_at: now,
            relative_expiry: InvoiceFields::DEFAULT_EXPIRY,
            draw,
            number: 0,
            payment_hash: [0; 32],
        };
        self.alarm = alarm.map(countersign_policy::Rule::number);
        if let Some(number) = self.answered_before(id, &mut pending)? {
            return self.need_paths(id, pending, number);
        }
        match verdict {
            Verdict::Sign => self.count(moment, id, pending, scratch),
            Verdict::Ask(_) => self.ask_about_refund(moment, id, pending, scratch),
            Verdict::Refuse(rule) => {
                let code = Code::policy(rule.number());
                self.note(moment, Subject::InvoiceRefused, code);
                Err(code.into())
            }
        }
    }

    /// Asks the merchant, unless they have said what they think of this refund.
    fn ask_about_refund<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        pending: Pending,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        match self.questions.standing(Topic::of(&pending.request), moment.uptime) {
            Standing::Decided(Answer::Yes) => self.count(moment, id, pending, scratch),
            Standing::Decided(Answer::No) => Err(Code::NOT_APPROVED.into()),
            Standing::Waiting => Err(Code::WITH_MERCHANT.into()),
            Standing::NotAsked => self.ask(id, Matter::Invoice(pending)),
        }
    }

    /// Who signs invoices for the refund of that digest.
    pub(crate) fn signer<'o>(&self, id: u32, refund: &Bytes<32>) -> Result<Output<'o>, Failure> {
        let merchant = self.merchant()?;
        let key = signing_key(&self.curve, merchant, &refund.0).ok_or(Code::INTERNAL)?;
        let node = Bytes(key.public_key().serialize());
        Ok(Output::Reply { id, reply: Reply::Signer { node } })
    }
}

fn facts<'a>(
    merchant: &'a Merchant,
    refund: &Refund<'_>,
    now: UnixTime,
    moment: &Moment,
) -> RequestFacts<'a> {
    RequestFacts {
        // `Refund::check` has compared the chains.
        chain: Match::Same,
        origin: Answers::Refund,
        amount: refund.amount(),
        expected: None,
        quantity: refund.fields().quantity,
        payer_note: refund.fields().payer_note.map(|note| note.len()),
        windows: &merchant.windows,
        now,
        uptime: moment.uptime,
    }
}

/// The key that signs the invoice for the refund of that `digest`, and nothing else (R-RF-04).
fn signing_key(curve: &Curve<'_>, merchant: &Merchant, digest: &[u8; 32]) -> Option<KeyPair> {
    let base = merchant.seed.derive(Purpose::Withdrawals);
    let key = Secret::new(hmac_sha256(base.expose_secret(), &[digest]));
    Some(KeyPair::new(curve, &SecretKey::parse(&key).ok()?))
}

/// The way to a refund's payer.
enum Way {
    /// Its path of that number, which is so many bytes long.
    Given { number: usize, len: usize },
    /// None is given: the payer itself.
    Direct([u8; DIRECT_PATH_LEN]),
}

/// The way to the payer of `refund`, past the first `skip` of its paths (R-RF-03).
fn way(
    curve: &Curve<'_>,
    refund: &Refund<'_>,
    skip: u8,
    draw: &Secret<32>,
) -> Result<Way, Failure> {
    if let Some(paths) = refund.fields().paths {
        let held = |path: &BlindedPath<'_>| path.num_hops() > 0 && holds_reply_path(path);
        let mut rest = (0..paths.len()).zip(paths.iter()).skip(skip.into());
        let (number, path) = rest.find(|(_, path)| held(path)).ok_or(Code::TOO_LONG)?;
        return Ok(Way::Given { number, len: path.encoded().len() });
    }
    let mut direct = [0; DIRECT_PATH_LEN];
    let route = Route {
        purpose: Sent::Message,
        start: Start::NodeId,
        hops: core::iter::once(Hop::plain(*refund.payer_id(), EncryptedDataTlv::default())),
        dummy_hops: 0,
        padding: Padding::None,
    };
    let session = Secret::new(hmac_sha256(draw.expose_secret(), &[b"way to the payer"]));
    route.blind(curve, &session, &mut Writer::new(&mut direct)).or(Err(Code::INTERNAL))?;
    Ok(Way::Direct(direct))
}

/// Lays the refund of `len` bytes, which is in the free memory of `peel`, down in it as if it had
/// come in an onion message with the way to the payer as its reply path: from there on it is
/// answered like any request. Returns where it lies in that payload.
fn keep(way: &Way, len: usize, peel: &mut Peel) -> Result<Range<usize>, Full> {
    let content = ContentType::INVOICE_REQUEST.number();
    let way_len = match way {
        Way::Given { len, .. } => *len,
        Way::Direct(path) => path.len(),
    };
    let front_len = record_len(REPLY_PATH, way_len)
        .saturating_add(record_len(ENCRYPTED_RECIPIENT_DATA, 0))
        .saturating_add(record_len(content, len))
        .saturating_sub(len);
    peel.compose(front_len, len, |writer, refund| {
        let path = match way {
            Way::Given { number, .. } => path_of(refund, *number).ok_or(Full)?,
            Way::Direct(path) => path,
        };
        writer.record(REPLY_PATH, path)?;
        writer.record(ENCRYPTED_RECIPIENT_DATA, &[])?;
        writer.header(content, len)
    })?;
    Ok(front_len..front_len.saturating_add(len))
}

/// The path of that number in a refund that has been read before.
fn path_of(refund: &[u8], number: usize) -> Option<&[u8]> {
    let paths = Refund::parse_bounded(refund).ok()?.fields().paths?;
    paths.iter().nth(number).map(|path| path.encoded())
}

pub(crate) fn rejected(rejected: Rejected) -> Failure {
    match rejected {
        Rejected::Malformed(_) => Code::UNREADABLE.into(),
        Rejected::TooLarge => Code::TOO_LONG.into(),
        Rejected::Invalid(broken) => invalid(broken),
    }
}

fn invalid(invalid: Invalid) -> Failure {
    let code = if matches!(invalid, Invalid::Chain { .. }) {
        Code::OTHER_NETWORK
    } else {
        Code::INVALID_FIELD
    };
    Failure::of_field(code, invalid.field().number())
}

/// `reply_path` and `encrypted_recipient_data` of an `onionmsg_tlv`.
const REPLY_PATH: u64 = 2;
const ENCRYPTED_RECIPIENT_DATA: u64 = 4;

/// Bytes of a path of one hop without data: two keys and a number, a key, a length and a tag.
const DIRECT_PATH_LEN: usize = 33 + 33 + 1 + 33 + 2 + 16;

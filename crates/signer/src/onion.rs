use core::ops::Range;

use countersign_blinding::{BlindedPaths, Unblinding};
use countersign_crypto::{Curve, PublicKey, Secret};
use countersign_link::{Assembler, Bytes, Chunk, Code, OnionRequest, Placed, Reply, WINDOW};
use countersign_offers::capacity::holds_reply_path;
use countersign_offers::{
    Amount, Authentic, CheckedRequest, Field, Here, Invalid, InvoiceFields, InvoiceRequest,
    OfferKeys, OurRequest, PathId, PathPurpose,
};
use countersign_onion::capacity::{HEADER_LEN, HMAC_LEN};
use countersign_onion::{AssociatedData, ContentType, Message, PayloadsLen, Peel, Peeled};
use countersign_policy::{
    Judgement, Match, OfferFacts, OffersAllowed, Origin as Answers, RequestFacts, Rule, Verdict,
    judge_request,
};
use countersign_tlv::Reader;
use countersign_units::UnixTime;
use heapless::Vec;

use crate::capacity::{EARLIER_EPOCHS, RECIPIENT_DATA_LEN};
use crate::copy;
use crate::device::{Condition, Desk, Device, Scratch};
use crate::input::Failure;
use crate::log::Subject;
use crate::merchant::Merchant;
use crate::offer::offer_id;
use crate::questions::{Answer, Standing, Topic};
use crate::refund::owed;
use crate::sheet::Sheet;
use crate::task::{Matter, Origin, Pending, Receiving, Task};
use crate::{Moment, Output};

/// Why nothing comes of an onion message. There is one value for every cause, because BOLT 4 wants
/// silence and whoever could tell two causes apart would learn about our keys and offers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Silence;

/// What came in an onion message.
#[derive(Clone, Copy)]
enum Opened {
    /// What is on the sheet.
    Ours(Judgement),
    /// A request for an offer of ours, of which the payer is to know that there is no invoice.
    Refused(Refusal),
}

impl Device<'_> {
    #[inline(never)]
    pub(crate) fn onion<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        request: &OnionRequest<'_>,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        match request {
            OnionRequest::Begin { path_key, length } => {
                self.onion_begin(moment, id, path_key, *length)
            }
            OnionRequest::Chunk(chunk) => self.onion_chunk(id, chunk),
            OnionRequest::End { invoice_error } => {
                self.error_form = match invoice_error {
                    countersign_link::ErrorForm::Specification => {
                        countersign_offers::invoice_error::Form::Specification
                    }
                    countersign_link::ErrorForm::Ldk => {
                        countersign_offers::invoice_error::Form::Ldk
                    }
                };
                self.onion_end(moment, scratch)
            }
        }
    }

    #[inline(never)]
    fn onion_begin<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        path_key: &Bytes<33>,
        length: u16,
    ) -> Result<Output<'o>, Failure> {
        let merchant = self.merchant()?;
        merchant.now(moment.uptime).ok_or(Code::TIME_UNKNOWN)?;
        let path_key = PublicKey::parse(&path_key.0);
        let (Ok(path_key), Some(_)) = (path_key, PayloadsLen::of_packet(length.into())) else {
            return Ok(Output::Reply { id, reply: Reply::Ignored });
        };
        let unblinding = Unblinding::new(&merchant.node_key, path_key);
        let onion = Receiving::new(unblinding, AssociatedData::None, length);
        self.desk.wipe();
        self.task = Task::Receiving { id, onion };
        Ok(Output::Reply { id, reply: Reply::Credits { window: WINDOW } })
    }

    fn onion_chunk<'o>(&mut self, id: u32, chunk: &Chunk<'_>) -> Result<Output<'o>, Failure> {
        let Condition::Ready(merchant) = &self.condition else {
            return Err(Code::UNPROVISIONED.into());
        };
        let Task::Receiving { onion, .. } = &mut self.task else {
            return Err(Code::NOT_OPEN.into());
        };
        onion.chunk(id, chunk, merchant, &mut self.desk.peel)
    }

    /// All of the message is here: opens it, and goes as far as nobody has to be asked.
    #[inline(never)]
    fn onion_end<'o>(
        &mut self,
        moment: &Moment,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        let Task::Receiving { id, onion } = &self.task else {
            return Err(Code::NOT_OPEN.into());
        };
        let id = *id;
        if onion.chunks.finish().is_err() {
            self.abandon();
            return Err(Code::CHUNK_ORDER.into());
        }
        let opened = self.open(moment);
        self.opened(moment, id, opened, scratch)
    }

    /// Goes on with what a message turned out to be.
    #[inline(never)]
    fn opened<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        opened: Result<Opened, Silence>,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        let output = match opened {
            Ok(Opened::Ours(judgement)) => self.judged(moment, id, judgement, scratch),
            Ok(Opened::Refused(refusal)) => self.refuse(moment, id, refusal).map(Ok),
            Err(Silence) => Err(Silence),
        };
        output.unwrap_or_else(|Silence| {
            self.abandon();
            Ok(Output::Reply { id, reply: Reply::Ignored })
        })
    }

    /// Opens the message that was received. What is ours is on the sheet then.
    ///
    /// Here the curve needs its stack: what comes of it is not on it, and nothing of what follows
    /// (`inline(never)`, here and in what this calls).
    #[inline(never)]
    fn open(&mut self, moment: &Moment) -> Result<Opened, Silence> {
        let Task::Receiving { onion, .. } = &self.task else { return Err(Silence) };
        let Condition::Ready(merchant) = &self.condition else { return Err(Silence) };
        let Desk { peel, sheet } = &mut *self.desk;
        let now = merchant.now(moment.uptime).ok_or(Silence)?;
        let mac: &[u8; HMAC_LEN] = onion.mac.as_slice().try_into().or(Err(Silence))?;
        let Peeled::Final { payload } = peel.finish(mac).or(Err(Silence))? else {
            return Err(Silence);
        };
        let hearing = Hearing {
            curve: &self.curve,
            merchant,
            unblinding: &onion.unblinding,
            payload,
            now,
            moment,
            mac,
        };
        if is_invoice(payload) {
            owed(&hearing, sheet)?;
            return Ok(Opened::Ours(Judgement { verdict: Verdict::Sign, alarm: None }));
        }
        hear(&hearing, sheet)
    }

    /// Goes on with what is ours, as the merchant's rules say.
    #[inline(never)]
    fn judged<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        judgement: Judgement,
        scratch: &'o mut Scratch,
    ) -> Result<Result<Output<'o>, Failure>, Silence> {
        self.task = Task::Idle;
        let Sheet::Opened(matter) = self.desk.sheet.take() else { return Err(Silence) };
        if let Matter::Invoice(pending) = matter {
            self.heard(moment, id, pending, judgement, scratch)
        } else if let Matter::Payout(owed) = matter {
            self.owed(moment, id, owed, scratch)
        } else {
            Err(Silence)
        }
    }

    /// Goes on with a request for an offer of ours.
    fn heard<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        mut pending: Pending,
        judgement: Judgement,
        scratch: &'o mut Scratch,
    ) -> Result<Result<Output<'o>, Failure>, Silence> {
        self.alarm = judgement.alarm.map(Rule::number);
        pending.draw = self.merchant_mut().or(Err(Silence))?.draw(&moment.entropy);
        match self.answered_before(id, &mut pending) {
            Ok(None) => {}
            Ok(Some(number)) => return Ok(self.need_paths(id, pending, number)),
            Err(failure) => return Ok(Err(failure)),
        }
        match judgement.verdict {
            Verdict::Sign => Ok(self.count(moment, id, pending, scratch)),
            Verdict::Ask(_) => self.with_merchant(moment, id, pending, scratch),
            Verdict::Refuse(rule) => self.refuse(moment, id, Refusal::Rule(rule)).map(Ok),
        }
    }

    /// Finds the request of that id among those that were judged, approved and counted, and makes
    /// `pending` what it was then; its number.
    pub(crate) fn answered_before(
        &mut self,
        id: u32,
        pending: &mut Pending,
    ) -> Result<Option<u64>, Failure> {
        let mut of_id = self.answered.iter().filter(|answered| answered.id == id);
        let amount = pending.request.amount();
        let Some(earlier) =
            of_id.find(|earlier| earlier.mac != pending.mac || earlier.amount == amount)
        else {
            return Ok(None);
        };
        if earlier.mac != pending.mac {
            self.abandon();
            return Err(Code::ID_REUSED.into());
        }
        pending.created_at = earlier.created_at;
        pending.draw = Secret::new(*earlier.draw.expose_secret());
        Ok(Some(earlier.number))
    }

    /// Goes on with a request as the merchant said, or asks them.
    fn with_merchant<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        pending: Pending,
        scratch: &'o mut Scratch,
    ) -> Result<Result<Output<'o>, Failure>, Silence> {
        match self.questions.standing(Topic::of(&pending.request), moment.uptime) {
            Standing::Decided(Answer::Yes) => Ok(self.count(moment, id, pending, scratch)),
            Standing::Decided(Answer::No) => Err(Silence),
            Standing::Waiting => {
                self.abandon();
                Ok(Err(Code::WITH_MERCHANT.into()))
            }
            Standing::NotAsked => Ok(self.ask(id, Matter::Invoice(pending))),
        }
    }

    fn refuse<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        refusal: Refusal,
    ) -> Result<Output<'o>, Silence> {
        let code = match refusal {
            Refusal::Rule(rule) => Code::policy(rule.number()),
            Refusal::Invalid(_) => Code::INVALID_FIELD,
        };
        self.note(moment, Subject::InvoiceRefused, code);
        self.answer_with_error(id, &refusal)
    }
}

/// Why a request that is ours gets an `invoice_error`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refusal {
    /// It does not fit the offer.
    Invalid(Invalid),
    /// A rule of the merchant's; the payer is not told which.
    Rule(Rule),
}

impl Receiving {
    /// An onion of so many bytes, of which none has arrived.
    pub(crate) fn new(unblinding: Unblinding, associated: AssociatedData, packet_len: u16) -> Self {
        Self {
            unblinding,
            associated,
            chunks: Assembler::new(packet_len.into()),
            unacknowledged: 0,
            header: Vec::new(),
            mac: Vec::new(),
            packet_len: packet_len.into(),
        }
    }

    /// Takes a chunk of the request `id`, and says when the host may send more.
    pub(crate) fn chunk<'o>(
        &mut self,
        id: u32,
        chunk: &Chunk<'_>,
        merchant: &Merchant,
        peel: &mut Peel,
    ) -> Result<Output<'o>, Failure> {
        match self.chunks.place(chunk).or(Err(Code::CHUNK_ORDER))? {
            Placed::New => self.take(merchant, chunk, peel),
            Placed::Repeated => {}
        }
        // Each chunk costs a credit, however short it is, and also when it was there already.
        self.unacknowledged = self.unacknowledged.saturating_add(1);
        if self.unacknowledged >= WINDOW {
            self.unacknowledged = 0;
            return Ok(Output::Reply { id, reply: Reply::Credits { window: WINDOW } });
        }
        Ok(Output::Nothing)
    }

    /// Passes a chunk on: to the header, to the payloads, to the MAC.
    fn take(&mut self, merchant: &Merchant, chunk: &Chunk<'_>, peel: &mut Peel) {
        let header_missing = HEADER_LEN.saturating_sub(self.header.len());
        let (header, rest) = split(chunk.data, header_missing);
        copy::append(&mut self.header, header);
        if header_missing > 0 && self.header.len() == HEADER_LEN {
            self.begin(merchant, peel);
        }
        let position = usize::try_from(chunk.offset).unwrap_or(usize::MAX);
        let position = position.saturating_add(header.len()).max(HEADER_LEN);
        let mac_at = self.packet_len.saturating_sub(HMAC_LEN);
        let (payloads, mac) = split(rest, mac_at.saturating_sub(position));
        peel.chunk(payloads);
        copy::append(&mut self.mac, mac);
    }

    /// Begins to peel. What cannot be peeled is received all the same, and met with silence at its
    /// end.
    fn begin(&self, merchant: &Merchant, peel: &mut Peel) {
        let header = self.header.as_slice().try_into();
        let key = self.unblinding.blinded_key(&merchant.node_key);
        let len = PayloadsLen::of_packet(self.packet_len);
        if let (Ok(header), Ok(key), Some(len)) = (header, key, len)
            && peel.begin(&key, header, len, self.associated).is_err()
        {
            // Nothing is begun then, and the end fails.
            peel.wipe();
        }
    }
}

fn split(bytes: &[u8], at: usize) -> (&[u8], &[u8]) {
    bytes.split_at_checked(at).unwrap_or((bytes, &[]))
}

/// Whether `payload` says that it is an invoice.
fn is_invoice(payload: &[u8]) -> bool {
    let content = Message::parse(payload).ok().and_then(|message| message.content);
    content.is_some_and(|content| content.content_type == ContentType::INVOICE)
}

/// A payload, and what it is judged with.
pub(crate) struct Hearing<'a> {
    pub(crate) curve: &'a Curve<'a>,
    pub(crate) merchant: &'a Merchant,
    pub(crate) unblinding: &'a Unblinding,
    pub(crate) payload: &'a [u8],
    pub(crate) now: UnixTime,
    moment: &'a Moment,
    /// The packet's.
    mac: &'a [u8; HMAC_LEN],
}

/// The path of ours that a message came through.
struct Door {
    epoch: u32,
    keys: OfferKeys,
    path_id: PathId,
}

/// Reads a payload up to the point at which it is provably a request for an offer of ours, and puts
/// that onto the sheet. A refusal is for the payer to know, since by then they have proved that they
/// hold the offer.
#[inline(never)]
fn hear(hearing: &Hearing<'_>, sheet: &mut Sheet) -> Result<Opened, Silence> {
    let (bytes, door) = door(hearing)?;
    let request = hearing.payload.get(bytes.clone()).ok_or(Silence)?;
    // A large value, which would be on the stack twice if it were taken out of its result.
    let Ok(request) = &InvoiceRequest::parse_bounded(request) else { return Err(Silence) };
    let Ok(authentic) = request.verify_signature(hearing.curve) else { return Err(Silence) };
    recognise(hearing, &door, authentic, bytes, sheet)
}

/// Where in the payload a request lies that has one reply path, and the path of ours that it came
/// through.
#[inline(never)]
fn door(hearing: &Hearing<'_>) -> Result<(Range<usize>, Door), Silence> {
    let Hearing { merchant, payload, .. } = hearing;
    let message = Message::parse(payload).or(Err(Silence))?;
    let content = message.content.ok_or(Silence)?;
    if content.content_type != ContentType::INVOICE_REQUEST {
        return Err(Silence);
    }
    let reply_path = message.reply_path.ok_or(Silence)?;
    let paths = BlindedPaths::frame(&mut Reader::new(reply_path)).or(Err(Silence))?;
    let path = paths.iter().next().filter(|_| paths.len() == 1).ok_or(Silence)?;
    if path.num_hops() == 0 || !holds_reply_path(&path) {
        return Err(Silence);
    }
    let bytes = range_in(payload, ContentType::INVOICE_REQUEST, content.value).ok_or(Silence)?;
    let path_id = own_path_id(hearing.unblinding, message.encrypted_recipient_data)?;
    let current = merchant.settings.epoch;
    let earlier = match merchant.settings.rules.limits().offers.allowed {
        OffersAllowed::All => EARLIER_EPOCHS,
        OffersAllowed::None | OffersAllowed::CurrentEpoch => 0,
    };
    let (epoch, keys) = (current.saturating_sub(earlier)..=current)
        .rev()
        .map(|epoch| (epoch, merchant.offer_keys(epoch)))
        .find(|(_, keys)| keys.open_path_id(PathPurpose::Offer, &path_id.0).is_ok())
        .ok_or(Silence)?;
    Ok((bytes, Door { epoch, keys, path_id }))
}

/// What the last hop of a path of ours says it is for.
#[inline(never)]
pub(crate) fn own_path_id(unblinding: &Unblinding, encrypted: &[u8]) -> Result<PathId, Silence> {
    let mut data: Vec<u8, RECIPIENT_DATA_LEN> = copy::bytes(encrypted).ok_or(Silence)?;
    let opened = unblinding.open(&mut data).or(Err(Silence))?;
    let path_id = opened.path_id.filter(|_| opened.next_hop().is_err()).ok_or(Silence)?;
    path_id.try_into().map(PathId).or(Err(Silence))
}

/// Finds a request that its payer has signed, and that lies at `bytes` of the payload, to be for an
/// offer of ours, and judges it.
#[inline(never)]
fn recognise<'r>(
    hearing: &Hearing<'_>,
    door: &Door,
    authentic: Authentic<'r, InvoiceRequest<'r>>,
    bytes: Range<usize>,
    sheet: &mut Sheet,
) -> Result<Opened, Silence> {
    let Hearing { curve, merchant, unblinding, now, moment, mac, .. } = hearing;
    let at = (*now, *moment);
    let blinded = unblinding.blinded_key(&merchant.node_key).or(Err(Silence))?;
    let ours = door.keys.recognise(curve, authentic, &door.path_id.0, &blinded);
    let checked = match check(merchant, ours.or(Err(Silence))?, at) {
        Ok(checked) => checked,
        Err(refusal) => return Ok(Opened::Refused(refusal)),
    };
    let offer = offer_id(&checked.request().records());
    let facts = facts(merchant, &checked, (&offer, door.epoch), at);
    let judgement = judge_request(&merchant.settings.rules, &facts);
    let origin = match checked.request().offer().issuer_id {
        Some(_) => Origin::Offer,
        None => Origin::AnonymousOffer,
    };
    let pending = Pending {
        request: checked.suspend(),
        offer,
        origin,
        mac: **mac,
        bytes,
        created_at: *now,
        relative_expiry: InvoiceFields::DEFAULT_EXPIRY,
        draw: Secret::new([0; 32]),
        number: 0,
        payment_hash: [0; 32],
    };
    *sheet = Sheet::Opened(Matter::Invoice(pending));
    Ok(Opened::Ours(judgement))
}

/// Checks a request of ours against time, chain, and the worth of its offer's currency.
fn check<'r>(
    merchant: &Merchant,
    ours: OurRequest<'r>,
    (now, moment): (UnixTime, &Moment),
) -> Result<CheckedRequest<'r>, Refusal> {
    let price = ours.request().offer().amount;
    let rate = match price {
        Some(Amount::Currency { currency, .. }) => {
            Some(merchant.rate_of(currency, now, moment.uptime).map_err(Refusal::Rule)?)
        }
        None | Some(Amount::Bitcoin(_)) => None,
    };
    let here = Here { now, chain: merchant.chain(), rate: rate.as_ref() };
    ours.check(&here).map_err(|invalid| match (invalid, rate) {
        (Invalid::TooMuch { field: Field::OFFER_AMOUNT }, Some(_)) => {
            Refusal::Rule(Rule::Conversion)
        }
        _ => Refusal::Invalid(invalid),
    })
}

/// Where `part`, a content of that type, lies in the payload `whole`.
pub(crate) fn range_in(whole: &[u8], content: ContentType, part: &[u8]) -> Option<Range<usize>> {
    let stream = countersign_tlv::TlvStream::parse(whole).ok()?;
    let record = stream.find(content.number())?;
    let start = usize::try_from(record.reader().offset()).ok()?;
    Some(start..start.checked_add(part.len())?)
}

fn facts<'a>(
    merchant: &'a Merchant,
    checked: &CheckedRequest<'_>,
    (offer, epoch): (&[u8; 32], u32),
    (now, moment): (UnixTime, &Moment),
) -> RequestFacts<'a> {
    let request = checked.request();
    let price = checked.price();
    let settings = &merchant.settings;
    RequestFacts {
        // `OurRequest::check` has compared the chains.
        chain: Match::Same,
        origin: Answers::Offer(OfferFacts {
            epoch: settings.epoch_of(epoch),
            revocation: settings.revocation(offer),
            expiry: request.offer().absolute_expiry,
        }),
        amount: price.amount,
        expected: price.expected,
        quantity: request.fields().quantity,
        payer_note: request.fields().payer_note.map(|note| note.len()),
        windows: &merchant.windows,
        now,
        uptime: moment.uptime,
    }
}

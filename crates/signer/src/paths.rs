use countersign_blinding::{
    BlindedPayInfo, EncryptedDataTlv, ForwardingNode, Padding, PathError, PaymentConstraints,
    PaymentPath, PaymentRelay, Purpose, Recipient, Route, Sealing, ShortChannelId, Start,
};
use countersign_crypto::{Curve, Secret, hmac_sha256, sha256};
use countersign_link::{
    Bytes, Code, NeedPaymentPaths, Packed, PathsRequest, PaymentHop, Reply, Seal, Summary,
};
use countersign_offers::{InvoiceTerms, InvoiceWriter, PaymentParts};
use countersign_policy::{
    Disclosure, Listing, Multipart, Parts, PathFacts, PathsFacts, Recipient as Payee, ReleaseRule,
    Rule, Verdict, judge_path, judge_paths,
};
use countersign_units::Msat;

use crate::answer::Record;
use crate::capacity::{PAYMENT_PATH_ID_LEN, RECIPIENT_DATA_LEN};
use crate::decisions::point;
use crate::device::{Answered, Condition, Desk, Device, Scratch};
use crate::input::Failure;
use crate::log::Subject;
use crate::merchant::Merchant;
use crate::onion::Refusal;
use crate::sheet::{Ends, Paths, Sheet};
use crate::task::{Change, Content, Origin, Pending, Task};
use crate::vault::{End, Payment, Receipt, half_sha256};
use crate::{Moment, Output, Settings, Slot};

impl Device<'_> {
    /// Counts the invoice, or has flash written first.
    pub(crate) fn count<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        pending: Pending,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        let merchant = self.merchant_mut()?;
        merchant.observe(moment.uptime);
        let Some(number) = merchant.counters.count_invoice() else {
            return self.store(id, Slot::Counters, Change::Count(pending), scratch);
        };
        merchant.windows.invoice_signed(&merchant.settings.rules, moment.uptime);
        if self.answered.is_full() {
            self.answered.pop_front();
        }
        // There is room: the oldest entry was taken out.
        let kept = self.answered.push_back(Answered {
            id,
            mac: pending.mac,
            amount: pending.request.amount(),
            created_at: pending.created_at,
            draw: Secret::new(*pending.draw.expose_secret()),
            number,
        });
        debug_assert!(kept.is_ok());
        self.need_paths(id, pending, number)
    }

    /// Asks the host for payment paths, and tells it what it has to know for that.
    pub(crate) fn need_paths<'o>(
        &mut self,
        id: u32,
        mut pending: Pending,
        number: u64,
    ) -> Result<Output<'o>, Failure> {
        pending.number = match pending.origin {
            Origin::Offer | Origin::Refund => 0,
            Origin::AnonymousOffer => number,
        };
        let amount = pending.request.amount().get();
        let preimage = self.merchant()?.preimage(&pending.payment());
        pending.payment_hash = sha256(&[preimage.expose_secret()]);
        let need = NeedPaymentPaths {
            amount_msat: amount,
            payment_hash: Bytes(pending.payment_hash),
            created_at: pending.created_at.0,
            relative_expiry: pending.relative_expiry.0,
        };
        self.desk.sheet = Sheet::Paths(Paths::new());
        self.task = Task::AwaitingPaths { id, pending };
        Ok(Output::Reply { id, reply: Reply::NeedPaymentPaths(need) })
    }

    #[inline(never)]
    pub(crate) fn payment_paths<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        request: &PathsRequest<'_>,
    ) -> Result<Output<'o>, Failure> {
        if !matches!(self.task, Task::AwaitingPaths { .. }) {
            return Err(Code::NOT_OPEN.into());
        }
        match request {
            PathsRequest::Path { hops } => self.path_hops(hops),
            PathsRequest::Recipient { .. } => {
                let outcome = self.path_recipient(request);
                // What comes next is of another path.
                if let Some(paths) = self.desk.sheet.paths() {
                    paths.forwarding.clear();
                }
                outcome.map(|()| Output::Nothing)
            }
            PathsRequest::End { multipart } => self.sign(moment, id, *multipart),
            PathsRequest::None => self.no_path(id),
        }
    }

    /// The payer of an offer is told; whoever asked the merchant to take their money is not.
    #[inline(never)]
    fn no_path<'o>(&mut self, id: u32) -> Result<Output<'o>, Failure> {
        if let Task::AwaitingPaths { pending, .. } = &self.task
            && pending.origin == Origin::Refund
        {
            self.abandon();
            return Err(Code::policy(Rule::Paths.number()).into());
        }
        self.answer_with_error(id, &Refusal::Rule(Rule::Paths))
            .or(Ok(Output::Reply { id, reply: Reply::Ignored }))
    }

    #[inline(never)]
    fn path_hops<'o>(&mut self, hops: &Packed<'_, PaymentHop>) -> Result<Output<'o>, Failure> {
        let Paths { forwarding, .. } = self.desk.sheet.paths().ok_or(Code::INTERNAL)?;
        forwarding.clear();
        for hop in hops.iter() {
            let hop = hop.or(Err(Code::UNREADABLE)).map_err(Failure::from);
            let node =
                hop.and_then(|hop| forwarding_node(&hop)).inspect_err(|_| forwarding.clear())?;
            if forwarding.push(node).is_err() {
                forwarding.clear();
                return Err(Code::policy(Rule::Hops.number()).into());
            }
        }
        Ok(Output::Nothing)
    }

    /// Judges the path whose end this is, and blinds it into the invoice.
    #[inline(never)]
    fn path_recipient(&mut self, end: &PathsRequest<'_>) -> Result<(), Failure> {
        let Condition::Ready(merchant) = &self.condition else {
            return Err(Code::UNPROVISIONED.into());
        };
        let Task::AwaitingPaths { pending, .. } = &self.task else {
            return Err(Code::NOT_OPEN.into());
        };
        let PathsRequest::Recipient { records, seal, .. } = end else {
            return Err(Code::INTERNAL.into());
        };
        let Desk { peel, sheet } = &mut *self.desk;
        let paths = sheet.paths().ok_or(Code::INTERNAL)?;
        let key = merchant.settings.receive_auth_key.map(Secret::new);
        // A large value, which would be on the stack twice if it were taken out of its result.
        let recipient = &recipient(&merchant.settings, pending, end, key.as_ref());
        let recipient = recipient.as_ref().map_err(|&failure| failure)?;
        let path = PaymentPath { forwarding: &paths.forwarding, recipient };
        let payinfo = permitted(merchant, &path, pending.request.amount())?;

        let heard = heard(&paths.heard, &path, records, *seal);
        let session = hmac_sha256(pending.draw.expose_secret(), &[b"payment path", &heard]);
        let (_, free) = peel.free_mut();
        let (written, path_key) =
            blind(&self.curve, &path, &Secret::new(session), free, paths.written)?;
        let end =
            End { path_key, path_id: half_sha256(&[path.recipient.data.path_id.unwrap_or(&[])]) };
        let full = Code::policy(Rule::Paths.number());
        paths.payinfos.push(payinfo).or(Err(full))?;
        paths.ends.push(end).or(Err(full))?;
        paths.written = written;
        paths.heard = heard;
        Ok(())
    }

    /// Writes the invoice, signs it, verifies the signature, and begins the answer's onion.
    #[inline(never)]
    fn sign<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        multipart: bool,
    ) -> Result<Output<'o>, Failure> {
        let content = self.invoice(multipart);
        self.signed(moment, id, content)
    }

    /// Goes on with an invoice, if it was signed.
    #[inline(never)]
    fn signed<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        content: Result<Content, Failure>,
    ) -> Result<Output<'o>, Failure> {
        let content = content.and_then(|content| {
            let (session, record) = self.drawn_for(&content)?;
            Ok((content, session, record))
        });
        self.task = Task::Idle;
        let (content, session, record) = content?;
        self.note(moment, Subject::InvoiceSigned, Code(0));
        self.begin_answer(id, content, record, &session)
            .or(Ok(Output::Reply { id, reply: Reply::Ignored }))
    }

    /// The signed invoice. On top of this the curve is called: what is made before and what is made of
    /// it are functions of their own.
    #[inline(never)]
    fn invoice(&mut self, multipart: bool) -> Result<Content, Failure> {
        let several = self.in_parts(multipart)?;
        let Task::AwaitingPaths { pending, .. } = &self.task else {
            return Err(Code::INTERNAL.into());
        };
        let Desk { peel, sheet } = &mut *self.desk;
        let paths = sheet.paths().ok_or(Code::INTERNAL)?;
        let terms = InvoiceTerms {
            created_at: pending.created_at,
            relative_expiry: pending.relative_expiry,
            payment_hash: pending.payment_hash,
            payment_parts: if several { PaymentParts::Several } else { PaymentParts::One },
        };
        let (payload, free) = peel.free_mut();
        let request = payload.and_then(|payload| payload.get(pending.bytes.clone()));
        let answerable = pending.request.resume(request.ok_or(Code::INTERNAL)?);
        let answerable = answerable.or(Err(Code::INTERNAL))?;
        let writer = InvoiceWriter::resume(free, paths.written).or(Err(Code::TOO_LONG))?;
        let unsigned = writer.finish(&answerable, &terms, &paths.payinfos);
        let aux = hmac_sha256(pending.draw.expose_secret(), &[b"signature"]);
        let signed = unsigned.or(Err(Code::TOO_LONG))?.sign(&self.curve, &aux);
        let signed = signed.or(Err(Code::SIGNATURE_FAULT))?;
        let [before, _, signature, after] = signed.segments();
        Ok(Content::Invoice {
            request: pending.bytes.clone(),
            around: [before.len(), after.len()],
            own: signed.own_range(),
            signature: signature.try_into().or(Err(Code::INTERNAL))?,
        })
    }

    /// Whether an invoice may be paid in several parts, if the rules take its paths.
    #[inline(never)]
    fn in_parts(&mut self, multipart: bool) -> Result<bool, Failure> {
        let Task::AwaitingPaths { pending, .. } = &self.task else {
            return Err(Code::INTERNAL.into());
        };
        let Condition::Ready(merchant) = &self.condition else {
            return Err(Code::UNPROVISIONED.into());
        };
        let settings = &merchant.settings;
        let several = multipart && parts(settings) == Parts::Several;
        let paths = self.desk.sheet.paths().ok_or(Code::INTERNAL)?;
        let facts = paths_facts(pending.request.amount(), paths, several);
        permit(judge_paths(&settings.rules, &facts))?;
        Ok(several)
    }

    /// The session key of an invoice's onion, and what the host keeps of it. They are drawn for this
    /// very invoice: other paths make another signature.
    #[inline(never)]
    fn drawn_for(&mut self, content: &Content) -> Result<(Secret<32>, Record), Failure> {
        let (Task::AwaitingPaths { pending, .. }, Content::Invoice { signature, .. }) =
            (&self.task, content)
        else {
            return Err(Code::INTERNAL.into());
        };
        let Condition::Ready(merchant) = &self.condition else {
            return Err(Code::UNPROVISIONED.into());
        };
        let paths = self.desk.sheet.paths().ok_or(Code::INTERNAL)?;
        let draw = pending.draw.expose_secret();
        let session = Secret::new(hmac_sha256(draw, &[b"onion", signature]));
        let nonce = hmac_sha256(draw, &[b"receipt", signature]);
        let record = record(merchant, pending, &mut paths.ends, nonce).ok_or(Code::INTERNAL)?;
        Ok((session, record))
    }
}

impl Pending {
    /// What the invoice's preimage is derived from.
    pub(crate) fn payment(&self) -> Payment {
        Payment {
            request: *self.request.digest(),
            amount: self.request.amount(),
            number: self.number,
        }
    }
}

/// The end of a payment path as the host describes it, for the rules to be judged by.
#[inline(never)]
fn recipient<'a>(
    settings: &Settings,
    pending: &'a Pending,
    end: &PathsRequest<'a>,
    key: Option<&'a Secret<32>>,
) -> Result<Recipient<'a>, Failure> {
    let &PathsRequest::Recipient {
        node,
        records,
        seal,
        min_final_cltv_expiry_delta,
        max_cltv_expiry,
        htlc_minimum_msat,
        htlc_maximum_msat,
    } = end
    else {
        return Err(Code::INTERNAL.into());
    };
    let amount = pending.request.amount();
    let least = match parts(settings) {
        // The introduction node enforces this, so that no part reveals the path key early.
        Parts::Single => amount.get(),
        Parts::Several => htlc_minimum_msat,
    };
    let data = match settings.rules.limits().release {
        ReleaseRule::PathKey | ReleaseRule::Facts => own_records(records, amount)?,
        ReleaseRule::Onion => ending_here(records, seal, &pending.payment_hash)?,
    };
    Ok(Recipient {
        node_id: point(&node)?,
        data,
        sealing: match seal {
            Seal::Plain => Sealing::Plain,
            Seal::ReceiveAuth => Sealing::ReceiveAuthKey(key.ok_or(Code::NOT_FOUND)?),
        },
        min_final_cltv_expiry_delta,
        constraints: PaymentConstraints {
            max_cltv_expiry,
            htlc_minimum: Msat::new(least).ok_or(Code::policy(Rule::HtlcMinimum.number()))?,
        },
        htlc_maximum: Msat::new(htlc_maximum_msat).unwrap_or(Msat::MAX),
    })
}

/// What a path costs and carries, if the rules take it.
#[inline(never)]
fn permitted(
    merchant: &Merchant,
    path: &PaymentPath<'_>,
    amount: Msat,
) -> Result<BlindedPayInfo<'static>, Failure> {
    let settings = &merchant.settings;
    let payinfo = path.payinfo().map_err(|error| match error {
        PathError::FeeBase => Code::policy(Rule::FeeBase.number()),
        PathError::FeeProportional => Code::policy(Rule::FeeProportional.number()),
        PathError::CltvDelta => Code::policy(Rule::CltvDelta.number()),
        PathError::NoAmountFits => Code::policy(Rule::HtlcMaximum.number()),
    })?;
    let facts = path_facts(merchant, path, amount, parts(settings), &payinfo);
    permit(judge_path(&settings.rules, &facts))?;
    Ok(payinfo)
}

/// What the host keeps of an invoice: a summary, where the merchant wants one, and the receipt that
/// its payment is claimed with.
#[inline(never)]
fn record(
    merchant: &Merchant,
    pending: &Pending,
    ends: &mut Ends,
    nonce: [u8; 32],
) -> Option<Record> {
    let summary = Summary {
        offer: Bytes(pending.offer),
        amount_msat: pending.request.amount().get(),
        payment_hash: Bytes(pending.payment_hash),
        created_at: pending.created_at.0,
        relative_expiry: pending.relative_expiry.0,
    };
    let summary = match merchant.settings.rules.limits().disclosure {
        Disclosure::Nothing => None,
        Disclosure::Summary | Disclosure::Everything => Some(summary),
    };
    let [nonce @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = nonce;
    let receipt = Receipt {
        payment: pending.payment(),
        created_at: pending.created_at,
        relative_expiry: pending.relative_expiry,
        ends: core::mem::take(ends),
    };
    Some(Record { summary, receipt: Some(receipt.seal(&merchant.seed, nonce)?) })
}

/// The records that the recipient's node wants to find in its own hop.
fn own_records(records: &[u8], amount: Msat) -> Result<EncryptedDataTlv<'_>, Failure> {
    if records.len() > RECIPIENT_DATA_LEN {
        return Err(Code::TOO_LONG.into());
    }
    let data = EncryptedDataTlv::parse_foreign_recipient(records).or(Err(Code::UNREADABLE))?;
    if data.path_id.is_some_and(|path_id| path_id.len() > PAYMENT_PATH_ID_LEN) {
        return Err(Code::TOO_LONG.into());
    }
    if data.payment_constraints.is_some_and(|limits| limits.htlc_minimum > amount) {
        return Err(Code::policy(Rule::HtlcMinimum.number()).into());
    }
    Ok(data)
}

/// What the device's own hop says, where the path ends at it: whoever opens a payment's onion knows
/// by it what the payment is for. The host has no say in that.
fn ending_here<'p>(
    records: &[u8],
    seal: Seal,
    payment_hash: &'p [u8; 32],
) -> Result<EncryptedDataTlv<'p>, Failure> {
    if !records.is_empty() || seal != Seal::Plain {
        return Err(Code::UNREADABLE.into());
    }
    Ok(EncryptedDataTlv { path_id: Some(payment_hash), ..EncryptedDataTlv::default() })
}

/// What was `heard` about earlier paths, and now about `path`.
#[inline(never)]
fn heard(heard: &[u8; 32], path: &PaymentPath<'_>, records: &[u8], seal: Seal) -> [u8; 32] {
    let PaymentPath { forwarding, recipient } = path;
    let mut digest = *heard;
    for node in *forwarding {
        let ForwardingNode { node_id, short_channel_id, relay, htlc_minimum, htlc_maximum } = node;
        digest = sha256(&[
            &digest,
            &node_id.serialize(),
            &short_channel_id.0.to_be_bytes(),
            &relay.cltv_expiry_delta.to_be_bytes(),
            &relay.fee_proportional_millionths.to_be_bytes(),
            &relay.fee_base_msat.to_be_bytes(),
            &htlc_minimum.get().to_be_bytes(),
            &htlc_maximum.get().to_be_bytes(),
        ]);
    }
    let sealing: &[u8] = match seal {
        Seal::Plain => b"plain",
        Seal::ReceiveAuth => b"receive-auth",
    };
    sha256(&[
        &digest,
        &recipient.node_id.serialize(),
        &recipient.min_final_cltv_expiry_delta.to_be_bytes(),
        &recipient.constraints.max_cltv_expiry.to_be_bytes(),
        &recipient.constraints.htlc_minimum.get().to_be_bytes(),
        &recipient.htlc_maximum.get().to_be_bytes(),
        sealing,
        records,
    ])
}

/// Blinds `path` and appends it to the `written` bytes of the invoice; returns how many there are, and
/// the secret key of the path key that arrives at its end.
#[inline(never)]
fn blind(
    curve: &Curve<'_>,
    path: &PaymentPath<'_>,
    session: &Secret<32>,
    free: &mut [u8],
    written: usize,
) -> Result<(usize, Secret<32>), Failure> {
    // Large values, which `?` would have on the stack twice.
    let Ok(mut writer) = InvoiceWriter::resume(free, written) else {
        return Err(Code::TOO_LONG.into());
    };
    let Ok(hops) = path.hops() else { return Err(Code::policy(Rule::CltvDelta.number()).into()) };
    let (purpose, start, padding) = (Purpose::Payment, Start::NodeId, Padding::Equal);
    let route = Route { purpose, start, hops, dummy_hops: 0, padding };
    let Ok(last) = route.blind(curve, session, writer.paths()) else {
        return Err(Code::TOO_LONG.into());
    };
    Ok((writer.len(), last.into_secret().expose_secret()))
}

/// The error of a verdict that is not yes.
pub(crate) fn permit(verdict: Verdict) -> Result<(), Failure> {
    match verdict {
        Verdict::Sign => Ok(()),
        Verdict::Ask(rule) | Verdict::Refuse(rule) => Err(Code::policy(rule.number()).into()),
    }
}

/// In how many parts the merchant lets a payment come.
const fn parts(settings: &Settings) -> Parts {
    match settings.rules.limits().paths.multipart {
        Multipart::Refuse => Parts::Single,
        Multipart::Allow => Parts::Several,
    }
}

fn forwarding_node(hop: &PaymentHop) -> Result<ForwardingNode, Failure> {
    let minimum = Msat::new(hop.htlc_minimum_msat);
    Ok(ForwardingNode {
        node_id: point(&hop.node)?,
        short_channel_id: ShortChannelId(hop.short_channel_id),
        relay: PaymentRelay {
            cltv_expiry_delta: hop.cltv_expiry_delta,
            fee_proportional_millionths: hop.fee_proportional_millionths,
            fee_base_msat: hop.fee_base_msat,
        },
        htlc_minimum: minimum.ok_or(Code::policy(Rule::HtlcMinimum.number()))?,
        htlc_maximum: Msat::new(hop.htlc_maximum_msat).unwrap_or(Msat::MAX),
    })
}

/// The channel to the device, over which the node before it would pass a payment on: 0x0x0, which no
/// channel is. Over a real one that node would do so, and whoever sits at its other end would be paid.
const TO_THE_DEVICE: ShortChannelId = ShortChannelId(0);

/// Whether the money stays where the merchant wants it: at the path's end or, under the onion rule,
/// at the node before the device, which is the end.
fn payee(merchant: &Merchant, path: &PaymentPath<'_>) -> Payee {
    let PaymentPath { forwarding, recipient } = path;
    let paid = match merchant.settings.rules.limits().release {
        ReleaseRule::PathKey | ReleaseRule::Facts => Some(recipient.node_id),
        ReleaseRule::Onion if recipient.node_id.serialize() == merchant.node_id => {
            let last = forwarding.last().filter(|node| node.short_channel_id == TO_THE_DEVICE);
            last.map(|node| node.node_id)
        }
        ReleaseRule::Onion => None,
    };
    match merchant.settings.recipient {
        None => Payee::NonePinned,
        pinned if pinned == paid => Payee::Pinned,
        Some(_) => Payee::Other,
    }
}

fn path_facts(
    merchant: &Merchant,
    path: &PaymentPath<'_>,
    amount: Msat,
    parts: Parts,
    payinfo: &BlindedPayInfo<'_>,
) -> PathFacts {
    let end = path.recipient.node_id;
    let first = path.forwarding.first().map_or(end, |node| node.node_id).serialize();
    let hops = path.forwarding.len().saturating_add(1);
    PathFacts {
        recipient: payee(merchant, path),
        introduction_node: if merchant.settings.introduction_nodes.contains(&first) {
            Listing::Listed
        } else {
            Listing::Unlisted
        },
        hops: u8::try_from(hops).unwrap_or(u8::MAX),
        amount,
        fee_base_msat: payinfo.fee_base_msat,
        fee_proportional_millionths: payinfo.fee_proportional_millionths,
        cltv_expiry_delta: payinfo.cltv_expiry_delta,
        htlc_minimum_msat: payinfo.htlc_minimum_msat,
        htlc_maximum_msat: payinfo.htlc_maximum_msat,
        parts,
    }
}

fn paths_facts(amount: Msat, paths: &Paths, several: bool) -> PathsFacts {
    let payinfos = &paths.payinfos;
    let total = payinfos.iter().map(|payinfo| payinfo.htlc_maximum_msat);
    PathsFacts {
        count: u8::try_from(payinfos.len()).unwrap_or(u8::MAX),
        parts: if several { Parts::Several } else { Parts::Single },
        amount,
        htlc_maximum_total_msat: total.fold(0, u64::saturating_add),
    }
}

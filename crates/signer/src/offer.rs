use countersign_blinding::{
    BlindedPaths, Direction, EncryptedDataTlv, Hop, Padding, Purpose, Route, ShortChannelId, Start,
};
use countersign_crypto::{Secret, sha256};
use countersign_link::{
    Bytes, Code, Destination, MAX_CHUNK, MessageHop, NewOffer, NextHop, OfferEntry, OfferRequest,
    Packed, Packer, Price, Reply, Standing,
};
use countersign_offers::capacity::OFFER_LEN;
use countersign_offers::text::{self, Case, Prefix};
use countersign_offers::{
    Amount, Currency, Identity, Nonce, OfferTerms, PathId, PathPurpose, QuantityMax, Unwritable,
};
use countersign_policy::{Epoch, Revocation, Rule, Rules};
use countersign_tlv::{Reader, TlvStream, Writer};
use countersign_units::{Msat, UnixTime};
use heapless::{String, Vec};

use crate::capacity::{OFFER_PATHS_LEN, OFFER_TEXT_LEN};
use crate::copy;
use crate::decisions::point;
use crate::device::{Condition, Device, Scratch};
use crate::host::short;
use crate::input::Failure;
use crate::log::Subject;
use crate::settings::OfferId;
use crate::task::{Matter, Task};
use crate::text::Text;
use crate::{Moment, Output, Settings};

/// An offer or a refund that is not issued yet. Its paths lie at the front of the free memory.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) purpose: PathPurpose,
    pub(crate) amount: Option<Amount>,
    pub(crate) description: Option<String<OFFER_TEXT_LEN>>,
    pub(crate) issuer: Option<String<OFFER_TEXT_LEN>>,
    pub(crate) quantity_max: QuantityMax,
    pub(crate) absolute_expiry: Option<UnixTime>,
    pub(crate) identity: Identity,
    pub(crate) nonce: Nonce,
    pub(crate) paths_len: usize,
}

impl Draft {
    /// Bytes of the free memory that are the offer's paths.
    pub(crate) const fn paths_len(&self) -> usize {
        self.paths_len
    }
}

/// Hops before the device in a path of ours.
const HOPS_BEFORE: usize = 4;

impl Device<'_> {
    #[inline(never)]
    pub(crate) fn offer<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        request: OfferRequest<'_>,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        match request {
            OfferRequest::Create(new) => self.begin_offer(moment, id, &new),
            OfferRequest::Path { hops, padding } => {
                self.add_path(moment, PathPurpose::Offer, &hops, padding)
            }
            OfferRequest::End => self.end_offer(id),
            OfferRequest::List { from } => self.list_offers(id, from, scratch),
            OfferRequest::Show { offer } => {
                let entry = self.merchant()?.known(&offer.0).ok_or(Code::NOT_FOUND)?;
                Ok(Output::Reply { id, reply: Reply::Offer(entry) })
            }
            OfferRequest::Revoke { offer } => self.revoke(id, offer.0),
            OfferRequest::RevokeEpoch => self.revoke_epoch(id),
        }
    }

    #[inline(never)]
    fn begin_offer<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        new: &NewOffer<'_>,
    ) -> Result<Output<'o>, Failure> {
        let merchant = self.merchant_mut()?;
        let draw = merchant.draw(&moment.entropy);
        let draft = Draft {
            purpose: PathPurpose::Offer,
            amount: amount(new.price, &merchant.settings.rules)?,
            description: new.description.map(bounded).transpose()?,
            issuer: new.issuer.map(bounded).transpose()?,
            quantity_max: match new.quantity_max {
                None => QuantityMax::One,
                Some(0) => QuantityMax::Unlimited,
                Some(most) => QuantityMax::Limited(most.try_into().or(Err(Code::INVALID_FIELD))?),
            },
            absolute_expiry: new.expiry.map(UnixTime),
            identity: if new.issuer_id { Identity::IssuerId } else { Identity::BlindedNodeId },
            nonce: nonce(&draw),
            paths_len: 0,
        };
        Ok(self.draft(id, draft))
    }

    /// Begins with an offer or a refund of the merchant's, whose paths are still to come.
    pub(crate) fn draft<'o>(&mut self, id: u32, draft: Draft) -> Output<'o> {
        self.desk.wipe();
        self.task = Task::Drafting { id, draft };
        Output::Nothing
    }

    #[inline(never)]
    fn end_offer<'o>(&mut self, id: u32) -> Result<Output<'o>, Failure> {
        let draft = self.drafted(PathPurpose::Offer)?;
        self.ask(id, Matter::Offer(draft))
    }

    /// Blinds a path to the device and appends it to those of the draft.
    #[inline(never)]
    pub(crate) fn add_path<'o>(
        &mut self,
        moment: &Moment,
        purpose: PathPurpose,
        hops: &Packed<'_, MessageHop>,
        padding: countersign_link::Padding,
    ) -> Result<Output<'o>, Failure> {
        let session_key = self.merchant_mut()?.draw(&moment.entropy);
        let path_id = self.path_id(purpose)?;
        let (Condition::Ready(merchant), Task::Drafting { draft, .. }) =
            (&self.condition, &mut self.task)
        else {
            return Err(Code::NOT_OPEN.into());
        };
        let (_, free) = self.desk.peel.free_mut();
        let space = free.get_mut(draft.paths_len..OFFER_PATHS_LEN).ok_or(Code::FULL)?;
        let mut writer = Writer::new(space);
        let ends = (&merchant.node_id, &path_id.0[..]);
        write_path(&self.curve, hops, padding, ends, &session_key, &mut writer)?;
        draft.paths_len = draft.paths_len.saturating_add(writer.len());
        Ok(Output::Nothing)
    }

    /// The `path_id` of the draft's paths, if it is for that.
    #[inline(never)]
    fn path_id(&self, purpose: PathPurpose) -> Result<PathId, Failure> {
        let merchant = self.merchant()?;
        let Task::Drafting { draft, .. } = &self.task else { return Err(Code::NOT_OPEN.into()) };
        if draft.purpose != purpose {
            return Err(Code::NOT_OPEN.into());
        }
        Ok(merchant.offer_keys(merchant.settings.epoch).path_id(purpose, &draft.nonce))
    }

    /// Ends a draft that has all its paths.
    pub(crate) fn drafted(&mut self, purpose: PathPurpose) -> Result<Draft, Failure> {
        let Task::Drafting { draft, .. } = core::mem::take(&mut self.task) else {
            return Err(Code::NOT_OPEN.into());
        };
        if draft.purpose != purpose {
            return Err(Code::NOT_OPEN.into());
        }
        if draft.paths_len == 0 { Err(Code::INVALID_FIELD.into()) } else { Ok(draft) }
    }

    /// Makes the offer that the merchant has just approved, and its text.
    pub(crate) fn issue<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        draft: &Draft,
    ) -> Result<Output<'o>, Failure> {
        let merchant = self.merchant()?;
        let epoch = merchant.settings.epoch;
        let keys = merchant.offer_keys(epoch);
        let chain = merchant.chain();
        let (_, free) = self.desk.peel.free_mut();
        let (paths, rest) = free.split_at_mut_checked(OFFER_PATHS_LEN).ok_or(Code::INTERNAL)?;
        let (offer, text) = rest.split_at_mut_checked(OFFER_LEN).ok_or(Code::INTERNAL)?;
        let paths = paths.get(..draft.paths_len).ok_or(Code::INTERNAL)?;
        let paths = BlindedPaths::frame(&mut Reader::new(paths)).or(Err(Code::INTERNAL))?;
        let terms = OfferTerms {
            chain,
            amount: draft.amount,
            description: draft.description.as_deref(),
            absolute_expiry: draft.absolute_expiry,
            paths: Some(paths),
            issuer: draft.issuer.as_deref(),
            quantity_max: draft.quantity_max,
        };
        let issued = keys.issue(&self.curve, &terms, &draft.nonce, draft.identity, offer);
        let bytes = issued.map_err(unwritable)?.records().bytes();
        let offer = offer_id(&TlvStream::parse(bytes).or(Err(Code::INTERNAL))?);
        let mut text = Text::new(text);
        text::encode(Prefix::Offer, Case::Lower, bytes, &mut text).or(Err(Code::TOO_LONG))?;
        let len = text.len();
        let start = OFFER_PATHS_LEN.saturating_add(OFFER_LEN);
        self.task = Task::Text { id, range: start..start.saturating_add(len) };
        self.merchant_mut()?.remember(offer, epoch);
        self.note(moment, Subject::OfferCreated, Code(0));
        Ok(Output::Reply { id, reply: Reply::Created { offer: Bytes(offer), length: short(len) } })
    }

    #[inline(never)]
    fn list_offers<'o>(
        &self,
        id: u32,
        from: u16,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        let mut list = Packer::new(scratch.0.get_mut(..MAX_CHUNK).unwrap_or_default());
        for entry in self.merchant()?.offers().skip(from.into()) {
            if list.push(&entry).is_none() {
                break;
            }
        }
        Ok(Output::Reply { id, reply: Reply::Offers(list.finish()) })
    }
}

impl crate::merchant::Merchant {
    /// Takes note of an offer, in place of the oldest if need be.
    fn remember(&mut self, offer: [u8; 32], epoch: u32) {
        if self.remembered.is_full() {
            self.remembered.remove(0);
        }
        let remembered = self.remembered.push((offer, epoch));
        debug_assert!(remembered.is_ok());
    }

    /// The offers that the device remembers.
    fn offers(&self) -> impl Iterator<Item = OfferEntry> {
        self.remembered.iter().map(|(offer, epoch)| self.entry(*offer, *epoch))
    }

    /// What is known of one offer: what the device remembers, or that flash has it among the revoked
    /// ones, which are all of the current epoch.
    fn known(&self, offer: &[u8; 32]) -> Option<OfferEntry> {
        let remembered = self.offers().find(|entry| entry.offer.0 == *offer);
        let revoked = || {
            let entry = self.entry(*offer, self.settings.epoch);
            (entry.standing == Standing::Revoked).then_some(entry)
        };
        remembered.or_else(revoked)
    }

    fn entry(&self, offer: [u8; 32], epoch: u32) -> OfferEntry {
        let standing = match (self.settings.epoch_of(epoch), self.settings.revocation(&offer)) {
            (Epoch::Earlier, _) => Standing::Earlier,
            (Epoch::Current, Revocation::Revoked) => Standing::Revoked,
            (Epoch::Current, Revocation::Standing) => Standing::Current,
        };
        OfferEntry { offer: Bytes(offer), epoch, standing }
    }
}

impl Settings {
    pub(crate) const fn epoch_of(&self, epoch: u32) -> Epoch {
        if epoch == self.epoch { Epoch::Current } else { Epoch::Earlier }
    }

    pub(crate) fn revocation(&self, offer: &[u8; 32]) -> Revocation {
        if self.is_revoked(OfferId::of(offer)) { Revocation::Revoked } else { Revocation::Standing }
    }
}

/// The name of an offer: SHA-256 of its records, which every request for it repeats.
pub(crate) fn offer_id(records: &TlvStream<'_>) -> [u8; 32] {
    let [low, high] = [records.range(1, 79), records.range(1_000_000_000, 1_999_999_999)];
    sha256(&[low.bytes(), high.bytes()])
}

/// Reads the hops before the device, whose nodes are points. A function of its own: where the path is
/// blinded, the stack is short.
#[inline(never)]
fn read_hops(
    hops: &Packed<'_, MessageHop>,
    before: &mut Vec<MessageHop, HOPS_BEFORE>,
) -> Result<(), Failure> {
    for hop in hops.iter() {
        let hop = hop.or(Err(Code::UNREADABLE))?;
        point(&hop.node)?;
        before.push(hop).or(Err(Code::TOO_LONG))?;
    }
    Ok(())
}

fn write_path(
    curve: &countersign_crypto::Curve<'_>,
    hops: &Packed<'_, MessageHop>,
    padding: countersign_link::Padding,
    (node_id, path_id): (&[u8; 33], &[u8]),
    session_key: &Secret<32>,
    writer: &mut Writer<'_>,
) -> Result<(), Failure> {
    let mut before = Vec::<MessageHop, HOPS_BEFORE>::new();
    read_hops(hops, &mut before)?;
    let start = match before.first().ok_or(Code::INVALID_FIELD)?.named {
        Destination::Node(_) => Start::NodeId,
        Destination::Channel { direction, short_channel_id } => Start::ShortChannelId {
            direction: if direction == 0 { Direction::NodeOne } else { Direction::NodeTwo },
            id: ShortChannelId(short_channel_id),
        },
    };
    let hop = |index: usize| {
        let node = before.get(index).map_or(Bytes(*node_id), |hop| hop.node);
        let next_id = before.get(index.saturating_add(1)).map_or(node_id, |next| &next.node.0);
        let mut data = EncryptedDataTlv::default();
        match before.get(index).map(|hop| hop.next) {
            Some(NextHop::NodeId) => data.next_node_id = Some(next_id),
            Some(NextHop::ShortChannelId(id)) => data.short_channel_id = Some(ShortChannelId(id)),
            None => data.path_id = Some(path_id),
        }
        // Every point has been looked at, and points take more memory than their encodings.
        point(&node).ok().map(|node| Hop::plain(node, data))
    };
    let route = Route {
        purpose: Purpose::Message,
        start,
        hops: (0..=before.len()).filter_map(hop),
        dummy_hops: 0,
        padding: match padding {
            countersign_link::Padding::Equal => Padding::Equal,
            countersign_link::Padding::None => Padding::None,
        },
    };
    route.blind(curve, session_key, writer).map_err(|error| match error {
        countersign_blinding::CreateError::Full => Code::FULL,
        countersign_blinding::CreateError::TooManyHops
        | countersign_blinding::CreateError::TooLong => Code::TOO_LONG,
        countersign_blinding::CreateError::NoHops
        | countersign_blinding::CreateError::DummyHops
        | countersign_blinding::CreateError::Missing { .. }
        | countersign_blinding::CreateError::Unexpected { .. }
        | countersign_blinding::CreateError::NotAKey => Code::INVALID_FIELD,
    })?;
    Ok(())
}

/// A price in the one currency whose requests could be answered, counted as everybody counts it.
fn fiat(rules: &Rules, code: [u8; 3], exponent: u8, minor_units: u64) -> Result<Amount, Failure> {
    let judged = countersign_policy::Currency::new(code).ok_or(Code::INVALID_FIELD)?;
    if rules.limits().fiat.currency != Some(judged) {
        return Err(Code::policy(Rule::Currency.number()).into());
    }
    if exponent != judged.exponent() {
        return Err(Code::policy(Rule::Conversion.number()).into());
    }
    let currency = Currency::new(code).ok_or(Code::INVALID_FIELD)?;
    Ok(Amount::Currency { currency, amount: minor_units })
}

fn amount(price: Price, rules: &Rules) -> Result<Option<Amount>, Failure> {
    Ok(match price {
        Price::Any => None,
        Price::Msat(msat) => Some(Amount::Bitcoin(Msat::new(msat).ok_or(Code::INVALID_FIELD)?)),
        Price::Currency { code, exponent, minor_units } => {
            Some(fiat(rules, code.0, exponent, minor_units)?)
        }
    })
}

/// A nonce of what was drawn.
pub(crate) const fn nonce(draw: &Secret<32>) -> Nonce {
    let &[nonce @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = draw.expose_secret();
    Nonce(nonce)
}

pub(crate) fn bounded(text: &str) -> Result<String<OFFER_TEXT_LEN>, Failure> {
    copy::text(text).ok_or(Code::TOO_LONG.into())
}

pub(crate) fn unwritable(error: Unwritable) -> Failure {
    match error {
        Unwritable::Full => Code::FULL.into(),
        Unwritable::NoKey => Code::INTERNAL.into(),
        Unwritable::Rejected(countersign_offers::Rejected::Invalid(invalid)) => {
            Failure::of_field(Code::INVALID_FIELD, invalid.field().number())
        }
        Unwritable::Rejected(_) => Code::TOO_LONG.into(),
    }
}

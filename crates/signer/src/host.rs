use countersign_link::{
    Bytes, Capacities, ClaimRequest, Code, HelloAck, Info, MAX_CHUNK, MAX_FRAME, Network,
    OfferRequest, OnionRequest, PROTOCOL, Packer, Part, Provision, RefundRequest, Reply, Request,
    State, Status, WINDOW,
};
use countersign_onion::capacity::MAX_PACKET_LEN;
use countersign_policy::Disclosure;
use countersign_units::UnixTime;

use crate::answer::Via;
use crate::capacity::PAUSE;
use crate::device::{Condition, Device, Scratch};
use crate::input::Failure;
use crate::log::Subject;
use crate::task::{Matter, Task};
use crate::{About, Moment, Output, Unreadable};

impl About {
    /// What a device in `state` says to `Hello`, as long as it has no seed.
    #[must_use]
    pub fn hello(&self, nonce: Bytes<8>, state: State) -> HelloAck<'static> {
        HelloAck {
            nonce,
            protocol: PROTOCOL,
            firmware: self.firmware,
            commit: Bytes(self.commit),
            board: self.board,
            capacities: Capacities {
                frame: short(MAX_FRAME),
                chunk: short(MAX_CHUNK),
                window: WINDOW,
                onion: short(MAX_PACKET_LEN),
                longest_ms: LONGEST_MS,
            },
            state,
            network: None,
            node: None,
        }
    }
}

impl Device<'_> {
    /// Takes a message of the host's.
    ///
    /// What answers a message is a function of its own on the stack, too (`inline(never)`): as one
    /// function they would have one frame, and every message would need the room of all of them.
    #[inline(never)]
    pub(crate) fn message<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        request: Request<'_>,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        let is_always_answered =
            matches!(request, Request::Hello { .. } | Request::Ping | Request::Status);
        if !is_always_answered {
            if !self.greeted {
                return Err(Code::NO_HELLO.into());
            }
            self.make_room(moment, id, &request)?;
        }
        if self.task.id() == Some(id) {
            self.heard_at = moment.uptime;
        }
        match request {
            Request::Hello { nonce, protocol } => Ok(self.greet(id, nonce, protocol)),
            Request::Ping => Ok(Output::Reply { id, reply: Reply::Pong }),
            Request::Status => Ok(self.show_status(id)),
            Request::Cancel { request } => self.cancel(id, request),
            Request::Park { request } => self.park(moment, id, request),
            Request::GetInfo => Ok(self.show_info(moment, id)),
            Request::Entropy(entropy) => Ok(self.stir(id, entropy.reveal())),
            Request::Prompt { prompt, from } => self.prompt_for_host(id, prompt, from, scratch),
            Request::Provision(provision) => self.provision(moment, id, provision, scratch),
            Request::Rules(rules) => self.rules(moment, id, &rules, scratch),
            Request::Offer(offer) => self.offer(moment, id, offer, scratch),
            Request::Onion(onion) => self.onion(moment, id, &onion, scratch),
            Request::Paths(paths) => self.payment_paths(moment, id, &paths),
            Request::Route { destination: _, via } => {
                let via = if via.iter().next().is_none() { Via::Nobody } else { Via::Nodes };
                self.route(id, via, scratch)
            }
            Request::Pull { part, offset, length } => self.pull(id, part, offset, length, scratch),
            Request::Export => self.export(moment, id),
            Request::Import { total, chunk } => self.import(moment, id, total, &chunk),
            Request::Log { from } => Ok(self.show_log(id, from, scratch)),
            Request::Time { claim } => self.time(moment, id, UnixTime(claim)),
            Request::Claim(claim) => self.claim(moment, id, &claim, scratch),
            Request::Pair(pair) => self.pair(id, &pair, scratch),
            Request::Refund(refund) => self.refund(moment, id, &refund, scratch),
            Request::Rate { currency, msat_per_million } => {
                self.rate(moment, id, currency.0, msat_per_million)
            }
        }
    }

    #[inline(never)]
    fn greet<'o>(&mut self, id: u32, nonce: Bytes<8>, protocol: u16) -> Output<'o> {
        self.hang_up();
        self.greeted = protocol == PROTOCOL;
        Output::Reply { id, reply: Reply::Hello(self.hello(nonce)) }
    }

    #[inline(never)]
    fn show_status<'o>(&self, id: u32) -> Output<'o> {
        Output::Reply { id, reply: Reply::Status(self.status()) }
    }

    #[inline(never)]
    fn show_info<'o>(&self, moment: &Moment, id: u32) -> Output<'o> {
        Output::Reply { id, reply: Reply::Info(self.info(moment)) }
    }

    fn cancel<'o>(&mut self, id: u32, request: u32) -> Result<Output<'o>, Failure> {
        if self.task.id() == Some(request) {
            if self.task.is_being_stored() {
                return Err(Code::BUSY.into());
            }
            self.abandon();
        }
        Ok(Output::Reply { id, reply: Reply::Done })
    }

    /// Takes the host's randomness.
    #[inline(never)]
    fn stir<'o>(&mut self, id: u32, entropy: &[u8]) -> Output<'o> {
        self.host_entropy = self.mixed(entropy);
        Output::Reply { id, reply: Reply::Done }
    }

    /// Makes sure that `request` may be looked at now: one that belongs to the task goes on with
    /// it, and another one waits or, where nothing is lost, takes its place.
    #[inline(never)]
    fn make_room(
        &mut self,
        moment: &Moment,
        id: u32,
        request: &Request<'_>,
    ) -> Result<(), Failure> {
        let place = self.place(request);
        if place == Place::Aside {
            return Ok(());
        }
        let is_same = self.task.id() == Some(id);
        let has_paused = moment.uptime.since(self.heard_at) >= PAUSE;
        match (&self.task, place) {
            (Task::Asking { .. } | Task::Storing { .. } | Task::Erasing { .. }, _) => {
                Err(Code::BUSY.into())
            }
            (Task::Answering { answer, .. }, _) if !answer.is_ready() => Err(Code::BUSY.into()),
            (_, Place::Continues) if is_same => Ok(()),
            (_, Place::Continues) => Err(Code::NOT_OPEN.into()),
            (Task::Idle, _) => Ok(()),
            (
                Task::Receiving { .. }
                | Task::Claiming { .. }
                | Task::Drafting { .. }
                | Task::Importing { .. }
                | Task::Withdrawing { .. }
                | Task::AwaitingPaths { .. },
                _,
            ) if !is_same && !has_paused => Err(Code::BUSY.into()),
            _ => {
                self.abandon();
                Ok(())
            }
        }
    }

    /// How `request` stands to the task.
    const fn place(&self, request: &Request<'_>) -> Place {
        match request {
            Request::Cancel { .. }
            | Request::Park { .. }
            | Request::Prompt { .. }
            | Request::Provision(Provision::ShowWords) => Place::Aside,
            Request::Onion(OnionRequest::Chunk(_) | OnionRequest::End { .. })
            | Request::Claim(ClaimRequest::OnionChunk(_) | ClaimRequest::OnionEnd)
            | Request::Offer(OfferRequest::Path { .. } | OfferRequest::End)
            | Request::Refund(
                RefundRequest::Path { .. }
                | RefundRequest::End
                | RefundRequest::AnswerEnd
                | RefundRequest::AnswerVia { .. },
            )
            | Request::Paths(_)
            | Request::Route { .. }
            | Request::Pull { .. } => Place::Continues,
            Request::Refund(RefundRequest::Answer { .. })
                if matches!(self.task, Task::Withdrawing { .. }) =>
            {
                Place::Continues
            }
            Request::Import { .. } if matches!(self.task, Task::Importing { .. }) => {
                Place::Continues
            }
            Request::Hello { .. }
            | Request::Ping
            | Request::Status
            | Request::GetInfo
            | Request::Provision(_)
            | Request::Rules(_)
            | Request::Offer(_)
            | Request::Onion(_)
            | Request::Claim(_)
            | Request::Export
            | Request::Import { .. }
            | Request::Log { .. }
            | Request::Time { .. }
            | Request::Pair(_)
            | Request::Refund(_)
            | Request::Entropy(_)
            | Request::Rate { .. } => Place::Begins,
        }
    }

    fn hello(&self, nonce: Bytes<8>) -> HelloAck<'static> {
        let (network, node) = match &self.condition {
            Condition::Ready(merchant) => (Some(merchant.network()), Some(Bytes(merchant.node_id))),
            Condition::Unprovisioned | Condition::WipeNeeded(_) => (None::<Network>, None),
        };
        HelloAck { network, node, ..self.about.hello(nonce, self.state()) }
    }

    const fn state(&self) -> State {
        match &self.condition {
            Condition::Unprovisioned => State::Unprovisioned,
            Condition::Ready(_) => State::Ready,
            Condition::WipeNeeded(Unreadable::Newer) => State::NewerStorage,
            Condition::WipeNeeded(Unreadable::Foreign) => State::ForeignStorage,
            Condition::WipeNeeded(_) => State::WipeNeeded,
        }
    }

    fn status(&self) -> Status {
        Status {
            state: self.state(),
            working_on: self.task.id(),
            permille: self.permille(),
            reset: self.about.reset,
            alarm: self.alarm,
        }
    }

    /// How far the answer is that the device is making.
    fn permille(&self) -> u16 {
        if let Task::Answering { answer, .. } = &self.task { answer.permille() } else { 0 }
    }

    fn info(&self, moment: &Moment) -> Info {
        let merchant = self.merchant().ok();
        let settings = merchant.map(|merchant| &merchant.settings);
        Info {
            uptime: moment.uptime.0,
            now: merchant.and_then(|merchant| merchant.now(moment.uptime)).map(|now| now.0),
            epoch: settings.map_or(0, |settings| settings.epoch),
            revoked: settings.map_or(0, |settings| short(settings.revoked.len())),
            signed: merchant.map_or(0, |merchant| merchant.counters.next_invoice()),
            released: merchant.map_or(0, |merchant| merchant.counters.released()),
            log: self.log.next(),
            stack: 0,
            seed: self.about.seed,
        }
    }

    #[inline(never)]
    fn show_log<'o>(&self, id: u32, from: u32, scratch: &'o mut Scratch) -> Output<'o> {
        let mut list = Packer::new(scratch.0.get_mut(..MAX_CHUNK).unwrap_or_default());
        for entry in self.log.since(from) {
            if list.push(&entry).is_none() {
                break;
            }
        }
        Output::Reply { id, reply: Reply::Log(list.finish()) }
    }

    /// Answers a pull from whatever the task has ready.
    #[inline(never)]
    fn pull<'o>(
        &mut self,
        id: u32,
        part: Part,
        offset: u32,
        length: u16,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        let start = usize::try_from(offset).or(Err(Code::CHUNK_ORDER))?;
        let length = usize::from(length).min(MAX_CHUNK);
        let out = scratch.0.get_mut(..length).ok_or(Code::INTERNAL)?;
        let len = match (part, &self.task) {
            (Part::Onion, Task::Answering { .. }) => self.pull_onion(start, out)?,
            (Part::Text, Task::Text { range, .. })
            | (Part::Export, Task::Exported { range, .. }) => {
                let whole = self.desk.peel.free().get(range.clone()).unwrap_or(&[]);
                let rest = whole.get(start..).ok_or(Code::CHUNK_ORDER)?;
                out.iter_mut().zip(rest).map(|(byte, &value)| *byte = value).count()
            }
            (Part::Invoice, Task::Paying { invoice, .. }) => {
                let payload = self.desk.peel.payload().ok_or(Code::INTERNAL)?;
                let whole = payload.get(invoice.clone()).ok_or(Code::INTERNAL)?;
                let rest = whole.get(start..).ok_or(Code::CHUNK_ORDER)?;
                out.iter_mut().zip(rest).map(|(byte, &value)| *byte = value).count()
            }
            (Part::InvoiceRequest | Part::Invoice, Task::Answering { answer, .. }) => {
                if self.merchant()?.settings.rules.limits().disclosure != Disclosure::Everything {
                    return Err(Code::NOT_DISCLOSED.into());
                }
                self.copy_part(&answer.content, part, start, out)?
            }
            (Part::Onion | Part::InvoiceRequest | Part::Invoice | Part::Text | Part::Export, _) => {
                return Err(Code::NOT_OPEN.into());
            }
        };
        let data = scratch.0.get(..len).unwrap_or(&[]);
        let chunk = countersign_link::Chunk { offset, data };
        Ok(Output::Reply { id, reply: Reply::Chunk(chunk) })
    }

    /// Takes the host's word for the time, if the rules do.
    #[inline(never)]
    fn time<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        claim: UnixTime,
    ) -> Result<Output<'o>, Failure> {
        use countersign_policy::{TimeVerdict, judge_time};
        let merchant = self.merchant_mut()?;
        let rules = &merchant.settings.rules;
        match judge_time(rules, merchant.clock.as_ref(), claim, moment.uptime) {
            TimeVerdict::Hold(clock) => {
                let now = clock.now(rules, moment.uptime);
                merchant.clock = Some(clock);
                Ok(Output::Reply { id, reply: Reply::Time { now: now.0 } })
            }
            TimeVerdict::Ask(_) => self.ask(id, Matter::Time(claim)),
        }
    }

    pub(crate) fn note(&mut self, moment: &Moment, subject: Subject, code: Code) {
        let now = self.merchant().ok().and_then(|merchant| merchant.now(moment.uptime));
        self.log.add(now, subject, code);
    }
}

/// How a request stands to the one that the device is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// It leaves everything as it is.
    Aside,
    /// It is a further frame of it, or asks for its outcome.
    Continues,
    /// It is another one, or the same from the beginning.
    Begins,
}

/// How long a request takes at most on the slowest board, in milliseconds.
pub(crate) const LONGEST_MS: u32 = 5_000;

/// A length that is known to be short.
pub(crate) fn short(len: usize) -> u16 {
    u16::try_from(len).unwrap_or(u16::MAX)
}

use countersign_blinding::{
    BlindedHop, BlindedPath, BlindedPaths, Direction, Introduction, NextHop, Unblinding,
};
use countersign_crypto::{Curve, PublicKey, Secret};
use countersign_link::{Bytes, Code, Destination, Outgoing, Part, Reply, Summary};
use countersign_offers::invoice_error::Erroneous;
use countersign_offers::{InvoiceError, Untrusted};
use countersign_onion::capacity::MAX_LAYERS;
use countersign_onion::{
    AssociatedData, Build, BuildError, ContentType, FinalMessage, Message, Pad, Payload,
    PayloadsLen, Peel, Plan, Progress,
};
use countersign_tlv::{Reader, Writer};
use heapless::Vec;

use crate::Output;
use crate::capacity::{RECIPIENT_DATA_LEN, WORK_LEN};
use crate::copy;
use crate::device::{Condition, Desk, Device, Scratch};
use crate::host::short;
use crate::input::Failure;
use crate::merchant::Merchant;
use crate::onion::{Refusal, Silence};
use crate::sheet::Sheet;
use crate::task::{Answer, Content, Stage, Task, pieces_around};
use crate::vault::Sealed;

/// Where an answer goes, and what is left of its reply path from there on.
struct Way {
    destination: Destination,
    path_key: [u8; 33],
    passed: u8,
}

impl Answer {
    /// Whether the onion can be pulled.
    pub(crate) const fn is_ready(&self) -> bool {
        matches!(self.stage, Stage::Ready)
    }

    /// How far it is, in thousandths: a layer's keys weigh as much as all the hashing.
    pub(crate) fn permille(&self) -> u16 {
        match self.stage {
            Stage::Layers(layer) => short(layer.saturating_mul(100)).min(900),
            Stage::Hashing => 900,
            Stage::Ready => 1_000,
        }
    }

    /// Announces the onion; the receipt is copied into `scratch`.
    fn outgoing<'o>(&self, scratch: &'o mut Scratch) -> Outgoing<'o> {
        let receipt = self.receipt.as_deref();
        if let Some(receipt) = receipt {
            for (byte, &value) in scratch.0.iter_mut().zip(receipt) {
                *byte = value;
            }
        }
        Outgoing {
            destination: self.destination,
            path_key: Bytes(self.path_key),
            length: short(self.packet_len),
            receipt: receipt.and_then(|receipt| scratch.0.get(..receipt.len())),
            summary: self.summary,
        }
    }
}

impl Device<'_> {
    /// Tells the payer of a request that is ours that there is no invoice, and of the merchant no
    /// more than the payer's own mistake.
    pub(crate) fn answer_with_error<'o>(
        &mut self,
        id: u32,
        refusal: &Refusal,
    ) -> Result<Output<'o>, Silence> {
        let Condition::Ready(merchant) = &self.condition else { return Err(Silence) };
        let error = match refusal {
            Refusal::Invalid(invalid) => InvoiceError {
                erroneous: Some(Erroneous { field: invalid.field(), suggested_value: None }),
                error: Untrusted::new("the request does not fit the offer"),
            },
            Refusal::Rule(_) => InvoiceError {
                erroneous: None,
                error: Untrusted::new("the merchant cannot accept this request now"),
            },
        };
        let (payload, free) = self.desk.peel.free_mut();
        let mut writer = Writer::new(free);
        error.write(self.error_form, &mut writer).or(Err(Silence))?;
        let len = writer.len();
        let session = merchant.draw_for_error(payload.ok_or(Silence)?, writer.written());
        let record = Record { summary: None, receipt: None };
        self.begin_answer(id, Content::Error { len }, record, &session)
    }

    /// Begins the onion of an answer along the request's reply path.
    pub(crate) fn begin_answer<'o>(
        &mut self,
        id: u32,
        content: Content,
        record: Record,
        session: &Secret<32>,
    ) -> Result<Output<'o>, Silence> {
        let Condition::Ready(merchant) = &self.condition else { return Err(Silence) };
        let Desk { peel, sheet } = &mut *self.desk;
        let way = way(&self.curve, merchant, &reply_path(peel)?)?;
        *sheet = Sheet::Onion(Build::new());
        let build = sheet.onion().ok_or(Silence)?;
        let begun = with_layers(peel, &content, way.passed, |payloads| {
            let payloads_len = PayloadsLen::smallest_for(payloads).ok_or(BuildError::TooLong)?;
            let associated = AssociatedData::None;
            build.begin(session, &Plan { payloads, payloads_len, associated, pad: Pad::Middle })?;
            Ok(payloads_len.packet_len())
        });
        let answer = Answer {
            content,
            passed: way.passed,
            destination: way.destination,
            path_key: way.path_key,
            packet_len: begun.or(Err(Silence))?,
            summary: record.summary,
            receipt: record.receipt,
            stage: Stage::Layers(0),
        };
        self.task = Task::Answering { id, answer };
        Ok(Output::Continue)
    }

    /// Does the next portion of work: one multiplication on the curve, or some kilobytes of MAC.
    #[inline(never)]
    pub(crate) fn go_on<'o>(&mut self, scratch: &'o mut Scratch) -> Output<'o> {
        let Desk { peel, sheet } = &mut *self.desk;
        let (Task::Answering { id, answer }, Some(build)) = (&mut self.task, sheet.onion()) else {
            return Output::Nothing;
        };
        let stage = match answer.stage {
            Stage::Layers(layer) => match next_hop_key(peel, answer.passed, layer) {
                Some(node) => match build.layer(&self.curve, &node) {
                    Ok(Progress::More) => Ok(Stage::Layers(layer)),
                    Ok(Progress::Done) => Ok(Stage::Layers(layer.saturating_add(1))),
                    Err(_) => Err(Silence),
                },
                None if layer > 0 => Ok(Stage::Hashing),
                None => Err(Silence),
            },
            Stage::Hashing => {
                match with_layers(peel, &answer.content, answer.passed, |payloads| {
                    build.work(payloads, WORK_LEN)
                }) {
                    Ok(Progress::More) => Ok(Stage::Hashing),
                    Ok(Progress::Done) => Ok(Stage::Ready),
                    Err(_) => Err(Silence),
                }
            }
            Stage::Ready => return Output::Nothing,
        };
        let id = *id;
        match stage {
            Ok(Stage::Ready) => {
                answer.stage = Stage::Ready;
                Output::Reply { id, reply: Reply::Outgoing(answer.outgoing(scratch)) }
            }
            Ok(stage) => {
                answer.stage = stage;
                Output::Continue
            }
            Err(Silence) => {
                // A hop of the payer's path is no point of the curve.
                self.abandon();
                Output::Reply { id, reply: Reply::Ignored }
            }
        }
    }

    /// Another way for an answer that is ready. We reach nobody but through the host's own peers,
    /// so there is no way with nodes in front.
    pub(crate) fn route<'o>(
        &self,
        id: u32,
        via: Via,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        match (&self.task, via) {
            (Task::Answering { answer, .. }, Via::Nobody) if answer.is_ready() => {
                Ok(Output::Reply { id, reply: Reply::Outgoing(answer.outgoing(scratch)) })
            }
            (Task::Answering { .. }, Via::Nodes) => Err(Code::TOO_LONG.into()),
            _ => Err(Code::NOT_OPEN.into()),
        }
    }

    /// Copies the request, or the invoice that was made of it, from byte `start` on into `out`, for
    /// a merchant who lets the host keep them.
    pub(crate) fn copy_part(
        &self,
        content: &Content,
        part: Part,
        start: usize,
        out: &mut [u8],
    ) -> Result<usize, Failure> {
        let Content::Invoice { request, around, own, signature } = content else {
            return Err(Code::NOT_FOUND.into());
        };
        let payload = self.desk.peel.payload().ok_or(Code::INTERNAL)?;
        let request = payload.get(request.clone()).ok_or(Code::INTERNAL)?;
        let own = self.desk.peel.free().get(own.clone()).ok_or(Code::INTERNAL)?;
        let pieces: [&[u8]; 4] = match part {
            Part::Invoice => {
                let [before, after] = pieces_around(request, *around).ok_or(Code::INTERNAL)?;
                [before, own, signature, after]
            }
            Part::InvoiceRequest => [request, &[], &[], &[]],
            Part::Onion | Part::Text | Part::Export => return Err(Code::NOT_OPEN.into()),
        };
        let (mut skipped, room) = (start, out.len());
        let mut writer = Writer::new(out);
        for piece in pieces {
            let rest = piece.get(skipped..).unwrap_or(&[]);
            skipped = skipped.saturating_sub(piece.len());
            let fitting = rest.len().min(room.saturating_sub(writer.len()));
            writer.bytes(rest.get(..fitting).unwrap_or(rest)).or(Err(Code::INTERNAL))?;
        }
        Ok(writer.len())
    }

    /// Writes the answer's onion from byte `start` on into `out`.
    pub(crate) fn pull_onion(&mut self, start: usize, out: &mut [u8]) -> Result<usize, Failure> {
        let Desk { peel, sheet } = &mut *self.desk;
        let (Task::Answering { answer, .. }, Some(build)) = (&self.task, sheet.onion()) else {
            return Err(Code::NOT_OPEN.into());
        };
        with_layers(peel, &answer.content, answer.passed, |payloads| {
            build.chunk(payloads, start, out)
        })
        .or(Err(Code::CHUNK_ORDER.into()))
    }
}

/// What the host keeps of an answer.
pub(crate) struct Record {
    pub(crate) summary: Option<Summary>,
    pub(crate) receipt: Option<Sealed>,
}

/// Whether an answer is to pass other nodes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    Nobody,
    Nodes,
}

/// The reply path of the request that lies in `peel`.
fn reply_path(peel: &Peel) -> Result<BlindedPath<'_>, Silence> {
    let message = Message::parse(peel.payload().ok_or(Silence)?).or(Err(Silence))?;
    let mut reader = Reader::new(message.reply_path.ok_or(Silence)?);
    let paths = BlindedPaths::frame(&mut reader).or(Err(Silence))?;
    paths.iter().next().ok_or(Silence)
}

fn hops<'a>(path: &BlindedPath<'a>, passed: u8) -> impl Iterator<Item = BlindedHop<'a>> + use<'a> {
    path.hops().skip(passed.into())
}

fn next_hop_key(peel: &Peel, passed: u8, layer: usize) -> Option<PublicKey> {
    let path = reply_path(peel).ok()?;
    PublicKey::parse(hops(&path, passed).nth(layer)?.blinded_node_id).ok()
}

/// Where a reply along `path` goes first. A path that begins at this device is passed to its second
/// hop; one that has no second hop leads nowhere (LDK once panicked here).
fn way(curve: &Curve<'_>, merchant: &Merchant, path: &BlindedPath<'_>) -> Result<Way, Silence> {
    let node_id = match path.introduction() {
        Introduction::ShortChannelId { direction, id } => {
            let direction = match direction {
                Direction::NodeOne => 0,
                Direction::NodeTwo => 1,
            };
            let destination = Destination::Channel { direction, short_channel_id: id.0 };
            return Ok(Way { destination, path_key: *path.first_path_key(), passed: 0 });
        }
        Introduction::NodeId(node_id) => *node_id,
    };
    if node_id != merchant.node_id {
        let destination = Destination::Node(Bytes(node_id));
        return Ok(Way { destination, path_key: *path.first_path_key(), passed: 0 });
    }
    if path.num_hops() < 2 {
        return Err(Silence);
    }
    let path_key = PublicKey::parse(path.first_path_key()).or(Err(Silence))?;
    let unblinding = Unblinding::new(&merchant.node_key, path_key);
    let own = path.hops().next().ok_or(Silence)?;
    let mut data: Vec<u8, RECIPIENT_DATA_LEN> =
        copy::bytes(own.encrypted_recipient_data).ok_or(Silence)?;
    let data = unblinding.open(&mut data).or(Err(Silence))?;
    let NextHop::NodeId(next) = data.next_hop().or(Err(Silence))? else {
        // We have no channels that a short channel id could mean.
        return Err(Silence);
    };
    let path_key = unblinding.next_path_key(curve, &data).or(Err(Silence))?.serialize();
    Ok(Way { destination: Destination::Node(Bytes(*next)), path_key, passed: 1 })
}

/// Calls `act` with the answer's payloads, pieced together from where their parts lie.
fn with_layers<R>(
    peel: &Peel,
    content: &Content,
    passed: u8,
    act: impl FnOnce(&[Payload<'_>]) -> Result<R, BuildError>,
) -> Result<R, BuildError> {
    let lost = BuildError::PayloadChanged;
    let (payload, records) = (peel.payload().ok_or(lost)?, peel.free());
    let path = reply_path(peel).or(Err(lost))?;
    let mut pieces: [&[u8]; 4] = [&[]; 4];
    let content_type = match content {
        Content::Invoice { request, around, own, signature } => {
            let request = payload.get(request.clone()).ok_or(lost)?;
            let [before, after] = pieces_around(request, *around).ok_or(lost)?;
            pieces = [before, records.get(own.clone()).ok_or(lost)?, signature, after];
            ContentType::INVOICE
        }
        Content::Error { len } => {
            if let Some(first) = pieces.first_mut() {
                *first = records.get(..*len).ok_or(lost)?;
            }
            ContentType::INVOICE_ERROR
        }
    };
    let count = usize::from(path.num_hops().saturating_sub(passed));
    let mut payloads = Vec::<Payload<'_>, MAX_LAYERS>::new();
    for (number, hop) in (1..=count).zip(hops(&path, passed)) {
        let layer = if number < count {
            Payload::Forward(hop.encrypted_recipient_data)
        } else {
            Payload::Final(FinalMessage {
                reply_path: None,
                encrypted_recipient_data: hop.encrypted_recipient_data,
                content_type,
                content: &pieces,
            })
        };
        payloads.push(layer).or(Err(BuildError::LayerCount))?;
    }
    act(&payloads)
}

use countersign_link::{
    Bytes, ErrorReply, HelloAck, Info, LogRecord, Malformed, NeedPaymentPaths, NodeId, OfferEntry,
    Packed, Pay, Reply, RuleChange, RuleValue, Status,
};
use countersign_simulator::PromptText;
use zeroize::Zeroizing;

use crate::Hello;
use crate::answer::Announced;

/// A reply that owns what it says.
#[derive(Debug)]
pub(crate) enum Response {
    Hello(Bytes<8>, u16, Hello),
    Pong,
    Status(Status),
    Busy(u16),
    Credits(u8),
    Ignored,
    Done,
    Error(ErrorReply),
    AwaitingApproval(u32),
    Info(Info),
    NeedPaymentPaths(NeedPaymentPaths),
    Outgoing(Announced),
    Pay(Pay),
    Chunk(u32, Vec<u8>),
    Created(Bytes<32>, u16),
    Offers(Vec<OfferEntry>),
    Offer(OfferEntry),
    Claimed(Zeroizing<Vec<u8>>),
    /// With what is missing, in msat.
    PartClaimed(u64),
    Exported(u32),
    Log(Vec<LogRecord>),
    Rules(Vec<RuleValue>),
    RulesChanged(Vec<RuleChange>),
    Time(u64),
    BridgeKey(Zeroizing<Vec<u8>>),
    Pinned(Option<NodeId>, Vec<NodeId>),
    Prompt(Vec<PromptText>),
    Words(Zeroizing<Vec<u8>>),
    Signer(NodeId),
}

impl TryFrom<Reply<'_>> for Response {
    type Error = Malformed;

    fn try_from(reply: Reply<'_>) -> Result<Self, Malformed> {
        Ok(match reply {
            Reply::Hello(hello) => {
                let HelloAck { nonce, protocol, .. } = hello;
                Self::Hello(nonce, protocol, Hello::from(hello))
            }
            Reply::Pong => Self::Pong,
            Reply::Status(status) => Self::Status(status),
            Reply::Busy { permille } => Self::Busy(permille),
            Reply::Credits { window } => Self::Credits(window),
            Reply::Ignored => Self::Ignored,
            Reply::Done => Self::Done,
            Reply::Error(error) => Self::Error(error),
            Reply::AwaitingApproval { prompt } => Self::AwaitingApproval(prompt),
            Reply::Info(info) => Self::Info(info),
            Reply::NeedPaymentPaths(need) => Self::NeedPaymentPaths(need),
            Reply::Outgoing(outgoing) => Self::Outgoing(outgoing.into()),
            Reply::Pay(pay) => Self::Pay(pay),
            Reply::Chunk(chunk) => Self::Chunk(chunk.offset, chunk.data.to_owned()),
            Reply::Created { offer, length } => Self::Created(offer, length),
            Reply::Offers(offers) => Self::Offers(items(&offers)?),
            Reply::Offer(offer) => Self::Offer(offer),
            Reply::Claimed { preimage } => Self::Claimed(preimage.reveal().to_owned().into()),
            Reply::PartClaimed { missing_msat } => Self::PartClaimed(missing_msat),
            Reply::Exported { length } => Self::Exported(length),
            Reply::Log(entries) => Self::Log(items(&entries)?),
            Reply::Rules(rules) => Self::Rules(items(&rules)?),
            Reply::RulesChanged(changes) => Self::RulesChanged(items(&changes)?),
            Reply::Time { now } => Self::Time(now),
            Reply::BridgeKey { key } => Self::BridgeKey(key.reveal().to_owned().into()),
            Reply::Pinned { recipient, introduction_nodes } => {
                Self::Pinned(recipient, items(&introduction_nodes)?)
            }
            Reply::Prompt(lines) => {
                let own = |line: Result<countersign_link::PromptLine<'_>, Malformed>| {
                    let countersign_link::PromptLine { label, text, source } = line?;
                    Ok(PromptText { label: label.to_owned(), text: text.to_owned(), source })
                };
                Self::Prompt(lines.iter().map(own).collect::<Result<_, _>>()?)
            }
            Reply::Words(words) => Self::Words(words.reveal().to_owned().into()),
            Reply::Signer { node } => Self::Signer(node),
        })
    }
}

fn items<'a, T: serde::Deserialize<'a>>(list: &Packed<'a, T>) -> Result<Vec<T>, Malformed> {
    list.iter().collect()
}

use countersign_link::{
    Bytes, Info, LogRecord, NodeId, Packer, PairRequest, Request, RuleChange, RuleValue,
    RulesRequest,
};
use countersign_policy::Rule;
use zeroize::Zeroizing;

use crate::response::Response;
use crate::{Client, Error, Rate};

/// The nodes that money may go to and come through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pinned {
    /// The node that payment paths end at.
    pub recipient: Option<NodeId>,
    /// The nodes that payment paths may start at.
    pub introduction_nodes: Vec<NodeId>,
}

/// What a merchant asks their device and sets on it. Every method fails when the device refuses, or
/// cannot be reached any more.
#[expect(clippy::missing_errors_doc, reason = "they all fail alike, as said above")]
impl Client {
    /// What the device knows about itself.
    pub async fn info(&mut self) -> Result<Info, Error> {
        match self.ask(&[Request::GetInfo]).await? {
            Response::Info(info) => Ok(info),
            _ => Err(Error::Unexpected("get-info")),
        }
    }

    /// Tells the device the time, in seconds since 1970, and returns the time that it goes by then.
    pub async fn set_time(&mut self, claim: u64) -> Result<u64, Error> {
        match self.ask(&[Request::Time { claim }]).await? {
            Response::Time(now) => Ok(now),
            _ => Err(Error::Unexpected("time")),
        }
    }

    /// Says what a currency is worth.
    pub async fn set_rate(&mut self, rate: Rate) -> Result<(), Error> {
        let Rate { currency, msat_per_million } = rate;
        let currency = Bytes(currency);
        self.tell("rate", &[Request::Rate { currency, msat_per_million }]).await
    }

    /// The rules by number, with what is set.
    pub async fn rules(&mut self) -> Result<Vec<RuleValue>, Error> {
        match self.ask(&[Request::Rules(RulesRequest::Get)]).await? {
            Response::Rules(rules) => Ok(rules),
            _ => Err(Error::Unexpected("rules-get")),
        }
    }

    /// Changes these rules, all or none, and returns what was changed.
    pub async fn propose_rules(
        &mut self,
        wanted: &[(Rule, Option<u64>)],
    ) -> Result<Vec<RuleChange>, Error> {
        let mut space = [0; countersign_link::MAX_BODY];
        let mut list = Packer::new(&mut space);
        for (rule, value) in wanted {
            let item = RuleValue { rule: rule.number(), value: *value };
            list.push(&item).ok_or(Error::TooLong("the list of rules"))?;
        }
        match self.ask(&[Request::Rules(RulesRequest::Propose(list.finish()))]).await? {
            Response::RulesChanged(changes) => Ok(changes),
            Response::Done => Ok(Vec::new()),
            _ => Err(Error::Unexpected("rules-propose")),
        }
    }

    /// The entries of the device's log from that number on.
    pub async fn log(&mut self, from: u32) -> Result<Vec<LogRecord>, Error> {
        let mut entries: Vec<LogRecord> = Vec::new();
        loop {
            let from = entries.last().map_or(from, |last| last.index.saturating_add(1));
            match self.ask(&[Request::Log { from }]).await? {
                Response::Log(more) if more.is_empty() => return Ok(entries),
                Response::Log(more) => entries.extend(more),
                _ => return Err(Error::Unexpected("log")),
            }
        }
    }

    /// Whom money may go to.
    pub async fn pinned(&mut self) -> Result<Pinned, Error> {
        match self.ask(&[Request::Pair(PairRequest::Get)]).await? {
            Response::Pinned(recipient, introduction_nodes) => {
                Ok(Pinned { recipient, introduction_nodes })
            }
            _ => Err(Error::Unexpected("pair-get")),
        }
    }

    /// Pins the node that payment paths end at.
    pub async fn pin_recipient(
        &mut self,
        node: NodeId,
        receive_auth_key: Option<[u8; 32]>,
    ) -> Result<(), Error> {
        let receive_auth_key = receive_auth_key.map(Bytes);
        let request = Request::Pair(PairRequest::Recipient { node, receive_auth_key });
        self.tell("pair-recipient", &[request]).await
    }

    /// Lists the nodes that payment paths may start at, in place of those before.
    pub async fn pin_introduction_nodes(&mut self, nodes: &[NodeId]) -> Result<(), Error> {
        let mut space = [0; countersign_link::MAX_BODY];
        let mut list = Packer::new(&mut space);
        for node in nodes {
            list.push(node).ok_or(Error::TooLong("the list of introduction nodes"))?;
        }
        let request = Request::Pair(PairRequest::IntroductionNodes(list.finish()));
        self.tell("pair-introduction-nodes", &[request]).await
    }

    /// The bridge's own network key.
    pub async fn bridge_key(&mut self) -> Result<Zeroizing<[u8; 32]>, Error> {
        let request = Request::Pair(PairRequest::BridgeKey);
        let Response::BridgeKey(key) = self.ask(&[request]).await? else {
            return Err(Error::Unexpected("pair-bridge-key"));
        };
        let bytes = key.as_slice().try_into().or(Err(Error::Unexpected("pair-bridge-key")))?;
        Ok(Zeroizing::new(bytes))
    }
}

use countersign_crypto::PublicKey;
use countersign_link::{
    Bytes, Code, NodeId, Packed, Packer, PairRequest, Reply, RuleValue, RulesRequest,
};
use countersign_policy::{Proposal, Rule, RuleError, Why};
use countersign_units::UnixTime;

use crate::device::{Device, Scratch};
use crate::input::Failure;
use crate::settings::OfferId;
use crate::sheet::Sheet;
use crate::task::Matter;
use crate::{Moment, Output, Settings};

/// What the merchant decides: their rules, whom money may go to, and which offers are void.
impl Device<'_> {
    #[inline(never)]
    pub(crate) fn rules<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        request: &RulesRequest<'_>,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        match request {
            RulesRequest::Get => {
                let mut list = Packer::new(&mut scratch.0);
                for (rule, value) in self.merchant()?.settings.rules.limits().fields() {
                    let item = RuleValue { rule: rule.number(), value };
                    list.push(&item).ok_or(Code::INTERNAL)?;
                }
                Ok(Output::Reply { id, reply: Reply::Rules(list.finish()) })
            }
            RulesRequest::Propose(changes) => self.propose(moment, id, changes),
        }
    }

    /// All or nothing: the first rule that cannot be set ends the proposal.
    fn propose<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        changes: &Packed<'_, RuleValue>,
    ) -> Result<Output<'o>, Failure> {
        let merchant = self.merchant()?;
        let mut wanted = merchant.settings.rules.limits().clone();
        for change in changes.iter() {
            let RuleValue { rule, value } = change.or(Err(Code::UNREADABLE))?;
            let rule = Rule::from_number(rule).ok_or(Code::NOT_FOUND)?;
            wanted.set(rule, value).map_err(refused)?;
        }
        let now = merchant.now(moment.uptime).unwrap_or(UnixTime(0));
        let proposal = Proposal::new(&merchant.settings.rules, wanted, now).map_err(refused)?;
        if proposal.changes().next().is_none() {
            self.abandon();
            return Ok(Output::Reply { id, reply: Reply::RulesChanged(Packed::empty()) });
        }
        let rules = proposal.commit();
        self.desk.sheet = Sheet::Wanted(Settings { rules, ..merchant.settings.clone() });
        self.ask(id, Matter::Rules)
    }

    #[inline(never)]
    pub(crate) fn pair<'o>(
        &mut self,
        id: u32,
        request: &PairRequest<'_>,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        let current = &self.merchant()?.settings;
        match request {
            PairRequest::BridgeKey => return self.ask(id, Matter::BridgeKey),
            PairRequest::Get => {
                let mut list = Packer::new(&mut scratch.0);
                for node in &current.introduction_nodes {
                    list.push(&Bytes(*node)).ok_or(Code::INTERNAL)?;
                }
                let recipient = current.recipient.map(|node| Bytes(node.serialize()));
                let introduction_nodes = list.finish();
                return Ok(Output::Reply {
                    id,
                    reply: Reply::Pinned { recipient, introduction_nodes },
                });
            }
            PairRequest::Recipient { node, receive_auth_key } => {
                let recipient = Some(point(node)?);
                let receive_auth_key = receive_auth_key.map(|key| key.0);
                let wanted = Settings { recipient, receive_auth_key, ..current.clone() };
                self.desk.sheet = Sheet::Wanted(wanted);
            }
            PairRequest::IntroductionNodes(nodes) => {
                let mut wanted = current.clone();
                wanted.introduction_nodes.clear();
                for node in nodes.iter() {
                    let node = point(&node.or(Err(Code::UNREADABLE))?)?.serialize();
                    wanted.introduction_nodes.push(node).or(Err(Code::FULL))?;
                }
                self.desk.sheet = Sheet::Wanted(wanted);
            }
        }
        // Nothing else can differ here, and comparing all settings is half a kilobyte of an image.
        let pinned = self.merchant()?.settings.pinned();
        if self.desk.sheet.wanted().is_some_and(|wanted| wanted.pinned() == pinned) {
            return Ok(self.done(id));
        }
        self.ask(id, Matter::Settings)
    }

    #[inline(never)]
    pub(crate) fn revoke<'o>(&mut self, id: u32, offer: [u8; 32]) -> Result<Output<'o>, Failure> {
        let mut settings = self.merchant()?.settings.clone();
        let short = OfferId::of(&offer);
        if settings.is_revoked(short) {
            return Ok(self.done(id));
        }
        settings.revoked.push(short).or(Err(Code::FULL))?;
        self.desk.sheet = Sheet::Wanted(settings);
        self.ask(id, Matter::Revoke { offer })
    }

    #[inline(never)]
    pub(crate) fn revoke_epoch<'o>(&mut self, id: u32) -> Result<Output<'o>, Failure> {
        let mut settings = self.merchant()?.settings.clone();
        settings.epoch = settings.epoch.checked_add(1).ok_or(Code::FULL)?;
        // Whatever was revoked one by one is of an earlier epoch now.
        settings.revoked.clear();
        self.desk.sheet = Sheet::Wanted(settings);
        self.ask(id, Matter::RevokeEpoch)
    }
}

pub(crate) fn point(node: &NodeId) -> Result<PublicKey, Failure> {
    PublicKey::parse(&node.0).or(Err(Code::NOT_A_POINT.into()))
}

fn refused(error: RuleError) -> Failure {
    let RuleError { rule, why } = error;
    match why {
        Why::Fixed | Why::Unreadable | Why::OutOfRange => Code::policy(rule.number()).into(),
        Why::Contradicts(other) => {
            Failure::of_field(Code::policy(rule.number()), other.number().into())
        }
    }
}

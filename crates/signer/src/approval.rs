use countersign_crypto::{Secret, hkdf_sha256};
use countersign_link::{Code, Packer, Reply, RuleChange, Secret as Shown};
use countersign_mnemonic::Mnemonic;
use countersign_policy::{Clock, PromptScreen, Rule};
use countersign_tlv::{Full, Writer};

use crate::device::{Condition, Device, Scratch, Screen};
use crate::input::Failure;
use crate::keys::{Purpose, Seed};
use crate::log::Subject;
use crate::questions::{Answer, Topic};
use crate::settings::changes;
use crate::sheet::Sheet;
use crate::task::{Change, Matter, Origin, Task};
use crate::{Counters, Moment, Output, Settings, Slot};

/// What HKDF mixes randomness for: nobody who knows all but one of the sources knows the result.
const MIXING: &[u8] = b"countersign entropy";

/// What becomes of a matter once the merchant has decided, and once flash has it.
impl Device<'_> {
    /// Puts `matter` before the merchant.
    pub(crate) fn ask<'o>(&mut self, id: u32, matter: Matter) -> Result<Output<'o>, Failure> {
        if !self.can_be_read(&matter) {
            self.abandon();
            return Err(Code::policy(Rule::Prompts.number()).into());
        }
        self.questions.displace();
        self.prompts = self.prompts.saturating_add(1);
        let prompt = self.prompts;
        self.task = Task::Asking { id, prompt, matter };
        Ok(Output::Ask { id, prompt })
    }

    /// Whether the merchant can read what `matter` says, or need not.
    fn can_be_read(&self, matter: &Matter) -> bool {
        let Condition::Ready(merchant) = &self.condition else { return true };
        let rules = &merchant.settings.rules;
        if self.about.screen == Screen::OnBoard
            || rules.limits().prompts == PromptScreen::HostTerminal
        {
            return true;
        }
        match matter {
            Matter::Generate { .. }
            | Matter::Words { .. }
            | Matter::Import { .. }
            | Matter::Wipe
            | Matter::RevokeEpoch
            | Matter::BridgeKey => true,
            // How a board without a screen is told to trust the host's.
            Matter::Rules => self.desk.sheet.wanted().is_some_and(|wanted| {
                changes(&merchant.settings, wanted).all(|change| change.rule == Rule::Prompts)
            }),
            Matter::Settings
            | Matter::Revoke { .. }
            | Matter::Offer(_)
            | Matter::Invoice(_)
            | Matter::Refund(_)
            | Matter::Payout(_)
            | Matter::Time(_)
            | Matter::Restore(_) => false,
        }
    }

    /// The merchant said yes. What was shown is moved out of the task and acted upon: there is no
    /// other copy of it.
    #[inline(never)]
    pub(crate) fn confirmed<'o>(
        &mut self,
        moment: &Moment,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        if !matches!(self.task, Task::Asking { .. }) {
            // It was about a request that was let go, or about nothing.
            self.questions.answer(Answer::Yes, moment.uptime);
            return Ok(Output::Nothing);
        }
        let Task::Asking { id, matter, .. } = core::mem::take(&mut self.task) else {
            return Err(Code::INTERNAL.into());
        };
        match matter {
            Matter::Generate { entropy, network } => {
                let mixed = self.mixed(&moment.entropy);
                let entropy = hkdf_sha256(entropy.expose_secret(), mixed.expose_secret(), MIXING);
                let mnemonic = Mnemonic::from_entropy(&entropy);
                self.ask(id, Matter::Words { mnemonic, network })
            }
            Matter::Words { mnemonic, network } => {
                self.install(id, Seed::new(mnemonic.seed(), network), scratch)
            }
            Matter::Import { seed } => self.install(id, seed, scratch),
            Matter::Wipe => {
                self.task = Task::Erasing { id };
                Ok(Output::Erase)
            }
            Matter::Settings | Matter::Revoke { .. } | Matter::RevokeEpoch => {
                self.store(id, Slot::Settings, Change::Settings, scratch)
            }
            Matter::Offer(draft) => self.issue(moment, id, &draft),
            Matter::Invoice(pending) => {
                self.questions.decide(Topic::of(&pending.request), Answer::Yes, moment.uptime);
                self.count(moment, id, pending, scratch)
            }
            Matter::Refund(draft) => self.offer_refund(moment, id, &draft, scratch),
            Matter::Payout(owed) => self.authorise(id, owed, scratch),
            Matter::Rules => self.store(id, Slot::Settings, Change::Rules, scratch),
            Matter::Time(time) => {
                self.merchant_mut()?.observe(moment.uptime);
                self.store(id, Slot::Counters, Change::Time(time), scratch)
            }
            Matter::BridgeKey => self.hand_out_bridge_key(moment, id, scratch),
            Matter::Restore(counters) => {
                self.store(id, Slot::Settings, Change::Restore(counters), scratch)
            }
        }
    }

    /// The merchant said no, or nothing.
    pub(crate) fn not_approved(&mut self, moment: &Moment) -> Output<'static> {
        let Task::Asking { id, matter, .. } = &self.task else {
            self.questions.answer(Answer::No, moment.uptime);
            return Output::Nothing;
        };
        let id = *id;
        let reply = match matter {
            // The payer learns nothing of the merchant's no.
            Matter::Invoice(pending) if pending.origin != Origin::Refund => {
                let topic = Topic::of(&pending.request);
                self.questions.decide(topic, Answer::No, moment.uptime);
                Reply::Ignored
            }
            Matter::Payout(_) => Reply::Ignored,
            Matter::Generate { .. }
            | Matter::Words { .. }
            | Matter::Import { .. }
            | Matter::Wipe
            | Matter::Settings
            | Matter::Rules
            | Matter::Revoke { .. }
            | Matter::RevokeEpoch
            | Matter::Offer(_)
            | Matter::Invoice(_)
            | Matter::Refund(_)
            | Matter::Time(_)
            | Matter::BridgeKey
            | Matter::Restore(_) => Failure::from(Code::NOT_APPROVED).reply(),
        };
        self.abandon();
        Output::Reply { id, reply }
    }

    /// Leaves what somebody wants with the merchant: its prompt stays, and the device goes on. What
    /// they say holds for the same when it comes again.
    #[inline(never)]
    pub(crate) fn park<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        request: u32,
    ) -> Result<Output<'o>, Failure> {
        let Task::Asking { id: asking, prompt, matter } = &self.task else {
            return Err(Code::NOT_OPEN.into());
        };
        if *asking != request {
            return Err(Code::NOT_OPEN.into());
        }
        let topic = if let Matter::Invoice(pending) = matter {
            Topic::of(&pending.request)
        } else if let Matter::Payout(owed) = matter {
            owed.topic()
        } else {
            return Err(Code::NOT_OPEN.into());
        };
        let prompt = *prompt;
        self.abandon();
        self.questions.leave(prompt, topic, moment.uptime);
        Ok(Output::Reply { id, reply: Reply::Done })
    }

    /// Writes `slot` as `change` will have it.
    pub(crate) fn store<'o>(
        &mut self,
        id: u32,
        slot: Slot,
        change: Change,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        let Ok(len) = self.write_item(slot, &change, scratch) else {
            self.abandon();
            return Err(Code::STORAGE_FULL.into());
        };
        self.task = Task::Storing { id, slot, change };
        Ok(Output::Store { slot, item: scratch.0.get(..len).unwrap_or(&[]) })
    }

    /// An item is in flash: only now what it says holds.
    #[inline(never)]
    pub(crate) fn stored<'o>(
        &mut self,
        moment: &Moment,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        if let Task::Erasing { id } = self.task {
            self.forget();
            return Ok(self.done(id));
        }
        if !matches!(self.task, Task::Storing { .. }) {
            return Ok(Output::Nothing);
        }
        let Task::Storing { id, slot, change } = core::mem::take(&mut self.task) else {
            return Err(Code::INTERNAL.into());
        };
        match (slot, change) {
            (Slot::Settings, change @ (Change::Provision(_) | Change::Restore(_))) => {
                self.store(id, Slot::Counters, change, scratch)
            }
            (Slot::Counters, change @ Change::Provision(_)) => {
                self.store(id, Slot::Seed, change, scratch)
            }
            (_, Change::Provision(seed)) => {
                self.adopt(seed).ok_or(Code::SEED_WORDS)?;
                self.merchant_mut()?.counters.stored();
                self.settled(moment, id, Subject::Provisioned)
            }
            (_, Change::Settings) => self.settled(moment, id, Subject::SettingsChanged),
            (_, Change::Rules) => self.rules_changed(moment, id, scratch),
            (_, Change::Release(release)) => {
                self.merchant_mut()?.counters.stored();
                self.release(moment, id, release, scratch)
            }
            (_, Change::Count(pending)) => {
                self.merchant_mut()?.counters.stored();
                self.count(moment, id, pending, scratch)
            }
            (_, Change::Offer(offered)) => self.refund_offered(moment, id, offered),
            (_, Change::Authorise(owed)) => self.authorised(moment, id, owed),
            (_, Change::TakeBack) => self.taken_back(id),
            (_, Change::Time(time)) => {
                let merchant = self.merchant_mut()?;
                merchant.counters = merchant.counters.at(time);
                merchant.counters.stored();
                merchant.clock = Some(Clock::confirmed(time, moment.uptime));
                self.note(moment, Subject::TimeSet, Code(0));
                Ok(Output::Reply { id, reply: Reply::Time { now: time.0 } })
            }
            (_, Change::Restore(mut counters)) => {
                counters.stored();
                self.merchant_mut()?.resume(counters, moment.uptime);
                self.settled(moment, id, Subject::Restored)
            }
        }
    }

    pub(crate) fn store_failed(&mut self) -> Result<Output<'static>, Failure> {
        if matches!(self.task, Task::Storing { .. } | Task::Erasing { .. }) {
            self.abandon();
            return Err(Code::STORAGE_FULL.into());
        }
        Ok(Output::Nothing)
    }

    /// The wanted settings are in flash, and hold.
    #[inline(never)]
    fn settled<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        subject: Subject,
    ) -> Result<Output<'o>, Failure> {
        if let Sheet::Wanted(wanted) = self.desk.sheet.take() {
            self.merchant_mut()?.settings = wanted;
        }
        self.note(moment, subject, Code(0));
        Ok(self.done(id))
    }

    /// The wanted rules are in flash, and hold: says which they are.
    #[inline(never)]
    fn rules_changed<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        let mut list = Packer::new(&mut scratch.0);
        if let (Some(wanted), Condition::Ready(merchant)) =
            (self.desk.sheet.wanted(), &self.condition)
        {
            for countersign_policy::Change { rule, old, new } in changes(&merchant.settings, wanted)
            {
                list.push(&RuleChange { rule: rule.number(), old, new }).ok_or(Code::INTERNAL)?;
            }
        }
        let reply = Reply::RulesChanged(list.finish());
        self.settled(moment, id, Subject::SettingsChanged)?;
        Ok(Output::Reply { id, reply })
    }

    /// Writes the item that `change` puts into `slot`.
    fn write_item(
        &self,
        slot: Slot,
        change: &Change,
        scratch: &mut Scratch,
    ) -> Result<usize, Full> {
        let mut writer = Writer::new(&mut scratch.0);
        match (slot, change) {
            (Slot::Seed, Change::Provision(seed)) => seed.write(&mut writer)?,
            (
                Slot::Settings,
                Change::Provision(_) | Change::Settings | Change::Rules | Change::Restore(_),
            ) => {
                self.desk.sheet.wanted().ok_or(Full)?.write(&mut writer)?;
            }
            (Slot::Counters, Change::Provision(_)) => Counters::default().write(&mut writer)?,
            (Slot::Counters, Change::Restore(counters)) => counters.write(&mut writer)?,
            (Slot::Counters, Change::Count(_) | Change::Release(_)) => {
                self.merchant().or(Err(Full))?.counters.write(&mut writer)?;
            }
            (Slot::Counters, Change::Time(time)) => {
                let counters = self.merchant().or(Err(Full))?.counters;
                counters.at(*time).write(&mut writer)?;
            }
            (Slot::Payouts, Change::Offer(_) | Change::Authorise(_) | Change::TakeBack) => {
                self.desk.sheet.payouts().ok_or(Full)?.write(&mut writer)?;
            }
            (
                Slot::Payouts,
                Change::Provision(_)
                | Change::Settings
                | Change::Rules
                | Change::Count(_)
                | Change::Release(_)
                | Change::Time(_)
                | Change::Restore(_),
            )
            | (
                Slot::Seed | Slot::Settings | Slot::Counters,
                Change::Offer(_) | Change::Authorise(_) | Change::TakeBack,
            )
            | (
                Slot::Seed,
                Change::Settings
                | Change::Rules
                | Change::Count(_)
                | Change::Release(_)
                | Change::Time(_)
                | Change::Restore(_),
            )
            | (Slot::Settings, Change::Count(_) | Change::Release(_) | Change::Time(_))
            | (Slot::Counters, Change::Settings | Change::Rules) => return Err(Full),
        }
        Ok(writer.len())
    }

    /// Makes the device one of `seed`'s.
    #[inline(never)]
    fn install<'o>(
        &mut self,
        id: u32,
        seed: Seed,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        seed.derive_key(Purpose::Node).ok_or(Code::SEED_WORDS)?;
        self.desk.sheet = Sheet::Wanted(Settings::default());
        self.store(id, Slot::Settings, Change::Provision(seed), scratch)
    }

    fn hand_out_bridge_key<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        let key = self.merchant()?.seed.derive(Purpose::Bridge);
        let (out, _) = scratch.0.split_first_chunk_mut::<32>().ok_or(Code::INTERNAL)?;
        *out = *key.expose_secret();
        self.note(moment, Subject::KeyHandedOut, Code(0));
        Ok(Output::Reply { id, reply: Reply::BridgeKey { key: Shown::new(out) } })
    }

    /// The host's randomness with `more` of it, and what there was before.
    pub(crate) fn mixed(&self, more: &[u8]) -> Secret<32> {
        hkdf_sha256(self.host_entropy.expose_secret(), more, MIXING)
    }
}

//! What a merchant does with a device, request by request.

use countersign_link::{
    Bytes, Chunk, Info, Network, OfferRequest, PROTOCOL, Provision, Reply, Request, RuleValue,
    RulesRequest, Secret,
};
use countersign_tests::shop::{LIST, NOW, Said, WORDS, list};

use crate::{Chip, Host, PowerCut};

impl Host {
    /// Gives the device the seed of [`WORDS`].
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    pub fn provision(&mut self) -> Result<Said, PowerCut> {
        let words = Secret::new(WORDS.as_bytes());
        let network = Network::Regtest;
        self.say(&Request::Provision(Provision::Import { words, network }))
    }

    /// Has the device forget everything.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    pub fn wipe(&mut self) -> Result<Said, PowerCut> {
        self.say(&Request::Provision(Provision::Wipe))
    }

    /// Sets rules by their numbers.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    pub fn set(&mut self, rules: &[(u8, u64)]) -> Result<Said, PowerCut> {
        let values = rules.iter().map(|&(rule, value)| RuleValue { rule, value: Some(value) });
        let values: Vec<_> = values.collect();
        let mut buffer = [0; LIST];
        self.say(&Request::Rules(RulesRequest::Propose(list(&values, &mut buffer))))
    }

    /// The rules, as the device says them.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    pub fn rules(&mut self) -> Result<Said, PowerCut> {
        self.say(&Request::Rules(RulesRequest::Get))
    }

    /// Makes every offer so far void.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    pub fn end_epoch(&mut self) -> Result<Said, PowerCut> {
        self.say(&Request::Offer(OfferRequest::RevokeEpoch))
    }

    /// Tells the device the time.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    pub fn tell_time(&mut self, claim: u64) -> Result<Said, PowerCut> {
        self.say(&Request::Time { claim })
    }

    /// The device's node id.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    ///
    /// # Panics
    ///
    /// When it has none.
    pub fn node(&mut self) -> Result<[u8; 33], PowerCut> {
        let said = self.say(&Request::Hello { nonce: Bytes([2; 8]), protocol: PROTOCOL })?;
        let Reply::Hello(hello) = said.reply() else { panic!("{said:?}") };
        Ok(hello.node.expect("it is provisioned").0)
    }

    /// What the device knows about itself.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    ///
    /// # Panics
    ///
    /// When it does not say.
    pub fn info(&mut self) -> Result<Info, PowerCut> {
        let said = self.say(&Request::GetInfo)?;
        let Reply::Info(info) = said.reply() else { panic!("{said:?}") };
        Ok(info)
    }

    /// Imports an export.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    ///
    /// # Panics
    ///
    /// When it is too long.
    pub fn import(&mut self, export: &[u8]) -> Result<Said, PowerCut> {
        let id = self.id();
        let total = u32::try_from(export.len()).unwrap();
        let mut offset = 0;
        for data in export.chunks(600) {
            self.tell(id, &Request::Import { total, chunk: Chunk { offset, data } });
            self.answer()?;
            offset += u32::try_from(data.len()).unwrap();
        }
        self.tell(id, &Request::Import { total, chunk: Chunk { offset, data: &[] } });
        self.answer()
    }

    /// The device's export.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    ///
    /// # Panics
    ///
    /// When it does not give it.
    pub fn export(&mut self) -> Result<Vec<u8>, PowerCut> {
        let id = self.id();
        self.tell(id, &Request::Export);
        let said = self.answer()?;
        let Reply::Exported { length } = said.reply() else { panic!("{said:?}") };
        let mut export = Vec::new();
        while export.len() < usize::try_from(length).unwrap() {
            let offset = u32::try_from(export.len()).unwrap();
            let part = countersign_link::Part::Export;
            self.tell(id, &Request::Pull { part, offset, length: 600 });
            let said = self.answer()?;
            let Reply::Chunk(chunk) = said.reply() else { panic!("{said:?}") };
            export.extend_from_slice(chunk.data);
        }
        Ok(export)
    }
}

impl Chip {
    /// The chip of a device that is provisioned and knows the time.
    ///
    /// # Panics
    ///
    /// When the device refuses any of that.
    #[must_use]
    pub fn of_a_shop(pages: usize) -> Self {
        let chip = Self::blank(pages);
        let mut host = Host::boot(&chip).expect("power");
        assert_eq!(host.provision().expect("power").reply(), Reply::Done);
        host.tell_time(NOW).expect("power");
        chip
    }
}

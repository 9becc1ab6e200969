//! Whole conversations with a device: what takes a host one request, or many.

use std::collections::HashMap;

use countersign_link::{
    Bytes, Chunk, ErrorForm, MessageHop, Network, NewOffer, OfferRequest, OnionRequest, PROTOCOL,
    Packed, Packer, Padding, Part, PathsRequest, PaymentHop, Provision, Reply, Request, RuleValue,
    RulesRequest, Seal,
};
use serde::Serialize;

use super::{PowerCut, Said, Shop};

/// Bytes of the longest list that is said here.
pub const LIST: usize = 900;

/// `items` as one list.
///
/// # Panics
///
/// When they are too many for `buffer`.
pub fn list<'b, T: Serialize>(items: &[T], buffer: &'b mut [u8; LIST]) -> Packed<'b, T> {
    let mut list = Packer::new(buffer);
    for item in items {
        list.push(item).expect("room enough");
    }
    list.finish()
}

/// The end of a payment path at `node`, for which the recipient gave `records`.
#[must_use]
pub const fn recipient(node: [u8; 33], records: &[u8]) -> PathsRequest<'_> {
    PathsRequest::Recipient {
        node: Bytes(node),
        records,
        seal: Seal::Plain,
        min_final_cltv_expiry_delta: 18,
        max_cltv_expiry: 900_000,
        htlc_minimum_msat: 1,
        htlc_maximum_msat: 10_000_000_000,
    }
}

impl Shop {
    /// A device out of the box that has been greeted.
    #[must_use]
    pub fn unprovisioned() -> Self {
        let mut shop = Self::boot(HashMap::new());
        shop.hello();
        shop
    }

    /// A device with the seed of `words`, which has not been told the time.
    ///
    /// # Panics
    ///
    /// When the device refuses the words.
    #[must_use]
    pub fn of(words: &str, network: Network) -> Self {
        let mut shop = Self::unprovisioned();
        assert_eq!(shop.take_words(words, network).reply(), Reply::Done);
        shop
    }

    /// Says hello.
    pub fn hello(&mut self) -> Said {
        self.call(&Request::Hello { nonce: Bytes([1; 8]), protocol: PROTOCOL })
    }

    /// The device's node id.
    ///
    /// # Panics
    ///
    /// When it has none.
    pub fn node(&mut self) -> [u8; 33] {
        let said = self.hello();
        let Reply::Hello(hello) = said.reply() else { panic!("{said:?}") };
        hello.node.expect("it is provisioned").0
    }

    /// Provisions the device with `words`.
    pub fn take_words(&mut self, words: &str, network: Network) -> Said {
        let words = countersign_link::Secret::new(words.as_bytes());
        self.call(&Request::Provision(Provision::Import { words, network }))
    }

    /// How many invoices the device says it has signed.
    ///
    /// # Panics
    ///
    /// When it does not say.
    pub fn signed(&mut self) -> u64 {
        let said = self.call(&Request::GetInfo);
        let Reply::Info(info) = said.reply() else { panic!("{said:?}") };
        info.signed
    }

    /// The merchant's rules, as the device says them.
    pub fn rules(&mut self) -> Said {
        self.call(&Request::Rules(RulesRequest::Get))
    }

    /// Proposes values for rules, by their numbers.
    pub fn propose(&mut self, rules: &[(u8, Option<u64>)]) -> Said {
        let values: Vec<_> = rules.iter().map(|&(rule, value)| RuleValue { rule, value }).collect();
        let mut buffer = [0; LIST];
        self.call(&Request::Rules(RulesRequest::Propose(list(&values, &mut buffer))))
    }

    /// Sets rules by their numbers.
    ///
    /// # Panics
    ///
    /// When the device refuses.
    pub fn set(&mut self, rules: &[(u8, u64)]) {
        let changes: Vec<_> = rules.iter().map(|&(rule, value)| (rule, Some(value))).collect();
        let said = self.propose(&changes);
        assert!(matches!(said.reply(), Reply::RulesChanged(_)), "{rules:?}: {:?}", said.reply());
    }

    /// The device's settings and counters, sealed for another of the same seed.
    ///
    /// # Panics
    ///
    /// When the device does not give them.
    pub fn export(&mut self) -> Vec<u8> {
        let id = self.id();
        let said = self.ask(id, &Request::Export);
        let Reply::Exported { length } = said.reply() else { panic!("{said:?}") };
        self.pull(id, Part::Export, length.try_into().expect("it fits in memory"))
    }

    /// Hands over what [`Shop::export`] gave; the reply to its end.
    ///
    /// # Panics
    ///
    /// When there is no reply.
    pub fn import(&mut self, export: &[u8]) -> Said {
        let id = self.id();
        let total = u32::try_from(export.len()).expect("an export is short");
        for (number, data) in export.chunks(600).enumerate() {
            let chunk = Chunk { offset: u32::try_from(number * 600).unwrap(), data };
            self.ask(id, &Request::Import { total, chunk });
        }
        let chunk = Chunk { offset: total, data: &[] };
        self.ask(id, &Request::Import { total, chunk })
    }

    /// Makes an offer whose one path is `hops` and returns its text.
    ///
    /// # Panics
    ///
    /// When the device refuses.
    pub fn offer(&mut self, new: &NewOffer<'_>, hops: &[MessageHop]) -> String {
        let id = self.id();
        let mut say = |request: OfferRequest<'_>| self.say(id, &Request::Offer(request)).unwrap();
        assert_eq!(say(OfferRequest::Create(new.clone())), None);
        let mut buffer = [0; LIST];
        let hops = list(hops, &mut buffer);
        assert_eq!(say(OfferRequest::Path { hops, padding: Padding::None }), None);
        let created = say(OfferRequest::End).expect("a reply");
        let Reply::Created { length, .. } = created.reply() else {
            panic!("no offer but {:?}", created.reply())
        };
        String::from_utf8(self.pull(id, Part::Text, length.into())).expect("an offer is text")
    }

    /// Pulls all of what the last reply announced.
    ///
    /// # Panics
    ///
    /// When the device does not give it.
    pub fn pull(&mut self, id: u32, part: Part, total: usize) -> Vec<u8> {
        let mut whole = Vec::new();
        while whole.len() < total {
            let offset = u32::try_from(whole.len()).unwrap();
            let said = self.say(id, &Request::Pull { part, offset, length: 600 }).unwrap().unwrap();
            let Reply::Chunk(chunk) = said.reply() else { panic!("{:?}", said.reply()) };
            assert!(!chunk.data.is_empty(), "{} of {total} bytes", whole.len());
            whole.extend_from_slice(chunk.data);
        }
        whole
    }

    /// Hands an onion message over under `id` and returns the reply to its end.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    ///
    /// # Panics
    ///
    /// When there is no reply.
    pub fn onion(&mut self, id: u32, path_key: [u8; 33], packet: &[u8]) -> Result<Said, PowerCut> {
        let length = u16::try_from(packet.len()).unwrap();
        let begin = OnionRequest::Begin { path_key: Bytes(path_key), length };
        let begun = self.say(id, &Request::Onion(begin))?.unwrap();
        if !matches!(begun.reply(), Reply::Credits { .. }) {
            return Ok(begun);
        }
        for (number, data) in packet.chunks(600).enumerate() {
            let offset = u32::try_from(number * 600).unwrap();
            let chunk = Chunk { offset, data };
            self.say(id, &Request::Onion(OnionRequest::Chunk(chunk)))?;
        }
        let end = OnionRequest::End { invoice_error: ErrorForm::Specification };
        Ok(self.say(id, &Request::Onion(end))?.expect("an end is answered"))
    }

    /// Offers one payment path over `hops` with that end: the refusal, if there is one.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    pub fn path(
        &mut self,
        id: u32,
        hops: &[PaymentHop],
        end: PathsRequest<'_>,
    ) -> Result<Option<Said>, PowerCut> {
        let mut buffer = [0; LIST];
        let path = PathsRequest::Path { hops: list(hops, &mut buffer) };
        match self.say(id, &Request::Paths(path))? {
            Some(refused) => Ok(Some(refused)),
            None => self.say(id, &Request::Paths(end)),
        }
    }

    /// Offers one payment path over `hops` to the node `end`, and ends the paths.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    ///
    /// # Panics
    ///
    /// When there is no reply.
    pub fn paths(&mut self, id: u32, hops: &[PaymentHop], end: [u8; 33]) -> Result<Said, PowerCut> {
        if let Some(refused) = self.path(id, hops, recipient(end, &[]))? {
            return Ok(refused);
        }
        let end = PathsRequest::End { multipart: false };
        Ok(self.say(id, &Request::Paths(end))?.expect("an end is answered"))
    }
}

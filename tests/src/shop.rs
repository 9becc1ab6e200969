//! A device with a scripted merchant at its buttons and a map for its flash, as a shell drives it.

use std::collections::HashMap;

use countersign_crypto::{Curve, CurveMemory, Secret, sha256};
use countersign_link::{
    Bytes, ErrorForm, NewOffer, OfferRequest, OnionRequest, PROTOCOL, Packed, PairRequest, Part,
    PathsRequest, Provision, Reply, Request, ResetReason, RulesRequest, Seal,
};
use countersign_policy::Uptime;
use countersign_signer::{
    About, Desk, Device, Input, Moment, Output, Scratch, Screen, Slot, Stored,
};

/// A reply as bytes, so that it can be kept and compared: what postcard makes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said(pub Vec<u8>);

impl Said {
    /// The reply.
    ///
    /// # Panics
    ///
    /// Never: it was a reply.
    #[must_use]
    pub fn reply(&self) -> Reply<'_> {
        postcard::from_bytes(&self.0).expect("it was a reply")
    }
}

/// What the merchant does with a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    /// Yes.
    Confirm,
    /// No.
    Cancel,
}

/// Where power fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Before an item is in flash.
    BeforeStore,
    /// When it is, and the device has not heard of it.
    AfterStore,
}

/// A device, its shell and its merchant.
#[derive(Debug)]
pub struct Shop {
    device: Device<'static>,
    scratch: Scratch,
    /// What flash holds.
    pub flash: HashMap<&'static str, Vec<u8>>,
    /// What the merchant says to every prompt.
    pub button: Button,
    /// Every reply.
    pub said: Vec<Said>,
    /// Every prompt, line by line.
    pub prompts: Vec<Vec<String>>,
    /// Seconds since the device was switched on.
    pub uptime: u64,
    /// Inputs that the device has had.
    pub steps: usize,
    /// What the random source gives, once it is stuck.
    pub stuck_entropy: Option<[u8; 32]>,
    /// How often flash was written.
    pub writes: usize,
    /// Whether the host asks for every prompt, too.
    pub host_reads_prompts: bool,
    /// What the host was told.
    pub host_read: Vec<Said>,
    /// Whether flash refuses to be written.
    pub is_worn_out: bool,
    /// Whether the host hangs up whenever flash is being written.
    pub hangs_up_during_writes: bool,
    /// Outputs left before power fails, and how.
    pub power: Option<(usize, Cut)>,
    entropy: u64,
    next_id: u32,
}

/// Power failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerCut;

/// The time that a shop is told first.
pub const NOW: u64 = 1_700_000_000;

/// The words of a shop's seed.
pub const WORDS: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon \
    abandon abandon about";

impl Shop {
    /// A device that comes up with `flash`.
    ///
    /// # Panics
    ///
    /// Never: the curve has the memory that it wants.
    #[must_use]
    pub fn boot(flash: HashMap<&'static str, Vec<u8>>) -> Self {
        Self::boot_with(flash, Screen::OnBoard)
    }

    /// As [`Shop::boot`], on a board that has no screen.
    #[must_use]
    pub fn boot_without_screen(flash: HashMap<&'static str, Vec<u8>>) -> Self {
        Self::boot_with(flash, Screen::None)
    }

    fn boot_with(flash: HashMap<&'static str, Vec<u8>>, screen: Screen) -> Self {
        // A device lives as long as its board.
        let memory: &'static mut CurveMemory = Box::leak(Box::new(CurveMemory::new()));
        let desk: &'static mut Desk = Box::leak(Box::new(Desk::new()));
        let curve = Curve::new(memory, &Secret::new([7; 32])).expect("memory enough");
        let about = About {
            board: "test",
            firmware: [0, 1, 0],
            commit: [0; 20],
            reset: ResetReason::PowerOn,
            screen,
        };
        let item = |slot| flash.get(slot).map(Vec::as_slice);
        let stored =
            Stored { seed: item("seed"), settings: item("settings"), counters: item("counters") };
        let device = Device::boot(about, curve, desk, stored, Uptime(0));
        Self {
            device,
            scratch: Scratch::new(),
            flash,
            button: Button::Confirm,
            said: Vec::new(),
            prompts: Vec::new(),
            uptime: 0,
            steps: 0,
            stuck_entropy: None,
            writes: 0,
            host_reads_prompts: false,
            host_read: Vec::new(),
            is_worn_out: false,
            hangs_up_during_writes: false,
            power: None,
            entropy: 1,
            next_id: 1,
        }
    }

    /// A device that is provisioned for `network`, paired, and knows the time.
    ///
    /// # Panics
    ///
    /// When any of that fails.
    #[must_use]
    pub fn open(network: countersign_link::Network, recipient: [u8; 33]) -> Self {
        let mut shop = Self::boot(HashMap::new());
        shop.hello();
        let words = countersign_link::Secret::new(WORDS.as_bytes());
        let done = shop.call(&Request::Provision(Provision::Import { words, network }));
        assert_eq!(done.reply(), Reply::Done);
        assert!(matches!(shop.call(&Request::Time { claim: NOW }).reply(), Reply::Time { .. }));
        let pin = PairRequest::Recipient { node: Bytes(recipient), receive_auth_key: None };
        assert_eq!(shop.call(&Request::Pair(pin)).reply(), Reply::Done);
        shop.set(&[(41, 1)]);
        shop
    }

    /// The same board after power came back.
    #[must_use]
    pub fn reboot(self) -> Self {
        let Self { flash, .. } = self;
        let mut shop = Self::boot(flash);
        shop.hello();
        shop
    }

    /// Says hello.
    pub fn hello(&mut self) {
        self.call(&Request::Hello { nonce: Bytes([1; 8]), protocol: PROTOCOL });
    }

    /// Sets rules by their numbers.
    ///
    /// # Panics
    ///
    /// When the device refuses.
    pub fn set(&mut self, rules: &[(u8, u64)]) {
        let mut buffer = [0; 256];
        let mut list = countersign_link::Packer::new(&mut buffer);
        for &(rule, value) in rules {
            let value = Some(value);
            list.push(&countersign_link::RuleValue { rule, value }).expect("room enough");
        }
        let propose = Request::Rules(RulesRequest::Propose(list.finish()));
        let said = self.call(&propose);
        assert!(matches!(said.reply(), Reply::RulesChanged(_)), "{rules:?}: {:?}", said.reply());
    }

    /// A fresh request id.
    pub const fn id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }

    /// Says `request` under an id of its own and returns the last reply.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn call(&mut self, request: &Request<'_>) -> Said {
        let id = self.id();
        self.say(id, request).expect("power does not fail here").expect("a reply")
    }

    /// Says `request` under `id` and does what the device wants until it wants nothing more.
    ///
    /// # Errors
    ///
    /// [`PowerCut`] when it was time for that.
    pub fn say(&mut self, id: u32, request: &Request<'_>) -> Result<Option<Said>, PowerCut> {
        let bytes = postcard::to_stdvec(request).expect("it is a request");
        let request = postcard::from_bytes(&bytes).expect("it was a request");
        let mut input = Input::Message { id, request };
        loop {
            let moment = self.moment();
            self.steps += 1;
            let output = self.device.handle(&moment, input, &mut self.scratch);
            if let Some((left, Cut::BeforeStore)) = &mut self.power {
                *left = left.checked_sub(1).ok_or(PowerCut)?;
            }
            input = match output {
                Output::Nothing => return Ok(None),
                Output::Reply { reply, .. } => {
                    let said = Said(postcard::to_stdvec(&reply).expect("it is a reply"));
                    self.said.push(said.clone());
                    return Ok(Some(said));
                }
                Output::Ask { prompt, .. } => {
                    if self.host_reads_prompts {
                        self.read_prompt(id, prompt);
                    }
                    let mut lines = Vec::new();
                    self.device.prompt(|line| lines.push(format!("{}: {}", line.label, line.text)));
                    self.prompts.push(lines);
                    match self.button {
                        Button::Confirm => Input::Confirmed,
                        Button::Cancel => Input::Cancelled,
                    }
                }
                Output::Store { .. } if self.is_worn_out => Input::StoreFailed,
                Output::Store { slot, item } => {
                    self.flash.insert(slot_name(slot), item.to_vec());
                    self.writes += 1;
                    if self.hangs_up_during_writes {
                        self.device.hang_up();
                    }
                    Input::Stored
                }
                Output::Erase => {
                    self.flash.clear();
                    Input::Stored
                }
                Output::Continue => Input::Continue,
            };
            if let Some((left, Cut::AfterStore)) = &mut self.power {
                *left = left.checked_sub(1).ok_or(PowerCut)?;
            }
        }
    }

    fn read_prompt(&mut self, id: u32, prompt: u32) {
        let moment = self.moment();
        let input = Input::Message { id, request: Request::Prompt { prompt, from: 0 } };
        let output = self.device.handle(&moment, input, &mut self.scratch);
        if let Output::Reply { reply, .. } = output {
            self.host_read.push(Said(postcard::to_stdvec(&reply).expect("it is a reply")));
        }
    }

    /// Makes an offer whose one path is `hops` and returns its text.
    ///
    /// # Panics
    ///
    /// When the device refuses.
    pub fn offer(&mut self, new: &NewOffer<'_>, hops: &[countersign_link::MessageHop]) -> String {
        let id = self.id();
        let mut say = |request: OfferRequest<'_>| self.say(id, &Request::Offer(request)).unwrap();
        assert_eq!(say(OfferRequest::Create(new.clone())), None);
        let mut buffer = [0; 512];
        let mut list = countersign_link::Packer::new(&mut buffer);
        for hop in hops {
            list.push(hop).expect("room enough");
        }
        let padding = countersign_link::Padding::None;
        assert_eq!(say(OfferRequest::Path { hops: list.finish(), padding }), None);
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
            let said = self.say(id, &Request::Pull { part, offset, length: 960 }).unwrap().unwrap();
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
        for (number, data) in packet.chunks(960).enumerate() {
            let offset = u32::try_from(number * 960).unwrap();
            let chunk = countersign_link::Chunk { offset, data };
            self.say(id, &Request::Onion(OnionRequest::Chunk(chunk)))?;
        }
        let end = OnionRequest::End { invoice_error: ErrorForm::Specification };
        Ok(self.say(id, &Request::Onion(end))?.expect("an end is answered"))
    }

    /// Offers one payment path over `hops` to `recipient`, and ends the paths.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    ///
    /// # Panics
    ///
    /// When there is no reply.
    pub fn paths(
        &mut self,
        id: u32,
        hops: &[countersign_link::PaymentHop],
        recipient: [u8; 33],
    ) -> Result<Said, PowerCut> {
        let mut buffer = [0; 900];
        let mut list = countersign_link::Packer::new(&mut buffer);
        for hop in hops {
            list.push(hop).expect("room enough");
        }
        let path = PathsRequest::Path { hops: list.finish() };
        if let Some(refused) = self.say(id, &Request::Paths(path))? {
            return Ok(refused);
        }
        let recipient = PathsRequest::Recipient {
            node: Bytes(recipient),
            records: &[],
            seal: Seal::Plain,
            min_final_cltv_expiry_delta: 18,
            max_cltv_expiry: 900_000,
            htlc_minimum_msat: 1,
            htlc_maximum_msat: 10_000_000_000,
        };
        if let Some(refused) = self.say(id, &Request::Paths(recipient))? {
            return Ok(refused);
        }
        let end = PathsRequest::End { multipart: false };
        Ok(self.say(id, &Request::Paths(end))?.expect("an end is answered"))
    }

    /// Says `request` under `id`, for which there is a reply.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn ask(&mut self, id: u32, request: &Request<'_>) -> Said {
        self.say(id, request).expect("power does not fail here").expect("a reply")
    }

    /// The host hung up.
    pub fn hang_up(&mut self) {
        self.device.hang_up();
    }

    fn moment(&mut self) -> Moment {
        self.entropy = self.entropy.wrapping_add(1);
        let fresh = sha256(&[b"entropy", &self.entropy.to_be_bytes()]);
        let entropy = self.stuck_entropy.unwrap_or(fresh);
        Moment { uptime: Uptime(self.uptime), entropy }
    }
}

/// An empty list.
#[must_use]
pub fn nothing<T>() -> Packed<'static, T> {
    Packed::empty()
}

const fn slot_name(slot: Slot) -> &'static str {
    match slot {
        Slot::Seed => "seed",
        Slot::Settings => "settings",
        Slot::Counters => "counters",
    }
}

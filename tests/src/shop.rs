//! A device with a scripted merchant at its buttons and a map for its flash, as a shell drives it.

use std::collections::HashMap;

use countersign_crypto::{Curve, CurveMemory, Secret, sha256};
use countersign_link::{
    Bytes, Code, ErrorReply, FrameEncoder, Message, Packed, PairRequest, Reply, Request,
    ResetReason, SeedAtRest,
};
use countersign_policy::Uptime;
use countersign_signer::{
    About, Desk, Device, Input, Moment, Output, Scratch, Screen, Slot, Stored,
};

mod requests;

pub use requests::{LIST, list, recipient};

/// A reply as bytes, so that it can be kept and compared: what postcard makes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said(pub Vec<u8>);

impl Said {
    /// The bytes of the one reply for every cause of silence.
    ///
    /// # Panics
    ///
    /// Never: it is a reply.
    #[must_use]
    pub fn silence() -> Self {
        Self(postcard::to_stdvec(&Reply::Ignored).expect("it is a reply"))
    }

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
    /// None yet, and the host lets go of the request.
    Later,
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
    /// Every message of the host's, as it goes over the link: where it is recorded.
    pub tape: Option<Vec<u8>>,
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

/// The words of another seed.
pub const OTHER_WORDS: &str = "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong";

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
            seed: SeedAtRest::Plain,
        };
        let item = |slot| flash.get(slot).map(Vec::as_slice);
        let stored = Stored {
            seed: item("seed"),
            settings: item("settings"),
            counters: item("counters"),
            payouts: item("payouts"),
        };
        let device = Device::boot(about, curve, desk, Ok(stored), Uptime(0));
        Self {
            device,
            scratch: Scratch::new(),
            flash,
            button: Button::Confirm,
            said: Vec::new(),
            tape: None,
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
        let mut shop = Self::of(WORDS, network);
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
        let body: Request<'_> = postcard::from_bytes(&bytes).expect("it was a request");
        let message = Message { id, body };
        if let Some(tape) = &mut self.tape {
            tape.extend(FrameEncoder::new().encode(0, &message).expect("it is short"));
        }
        let mut input = Input::Message { id, request: message.body };
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
                    self.device
                        .prompt(&mut |line| lines.push(format!("{}: {}", line.label, line.text)));
                    self.prompts.push(lines);
                    match self.button {
                        Button::Confirm => Input::Confirmed,
                        Button::Cancel => Input::Cancelled,
                        Button::Later => return Ok(Some(self.park(id))),
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

    /// Leaves the request with the merchant; what its last reply is then.
    fn park(&mut self, request: u32) -> Said {
        let done = self.call(&Request::Park { request });
        assert_eq!(done.reply(), Reply::Done);
        let code = Code::WITH_MERCHANT;
        let error = Reply::Error(ErrorReply { code, field: None, offset: None });
        Said(postcard::to_stdvec(&error).expect("it is a reply"))
    }

    /// The merchant answers a prompt that was left with them.
    ///
    /// # Panics
    ///
    /// When anything comes of it at once.
    pub fn press(&mut self, button: Button) {
        let input = match button {
            Button::Confirm => Input::Confirmed,
            Button::Cancel => Input::Cancelled,
            Button::Later => return,
        };
        let moment = self.moment();
        let output = self.device.handle(&moment, input, &mut self.scratch);
        assert!(matches!(output, Output::Nothing), "{output:?}");
    }

    fn read_prompt(&mut self, id: u32, prompt: u32) {
        let moment = self.moment();
        let input = Input::Message { id, request: Request::Prompt { prompt, from: 0 } };
        let output = self.device.handle(&moment, input, &mut self.scratch);
        if let Output::Reply { reply, .. } = output {
            self.host_read.push(Said(postcard::to_stdvec(&reply).expect("it is a reply")));
        }
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
        Slot::Payouts => "payouts",
    }
}

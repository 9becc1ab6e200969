use core::fmt;

use countersign_crypto::{Curve, Secret, wipe};
use countersign_link::{Code, Reply, SeedAtRest};
use countersign_onion::Peel;
use countersign_policy::Uptime;
use heapless::Deque;

use crate::capacity::{ANSWERED, SCRATCH_LEN};
use crate::input::Failure;
use crate::keys::Seed;
use crate::log::Log;
use crate::merchant::{Keys, Merchant};
use crate::questions::Questions;
use crate::sheet::Sheet;
use crate::task::Task;
use crate::{Input, Moment, Output, Unreadable};

/// What the firmware says about itself.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The board.
    pub board: &'static str,
    /// Major, minor and patch version of the firmware.
    pub firmware: [u8; 3],
    /// The commit that it was built from: [`build::commit`](crate::build::commit).
    pub commit: [u8; 20],
    /// Why it last started.
    pub reset: countersign_link::ResetReason,
    /// Where prompts are read.
    pub screen: Screen,
    /// How the shell writes the seed to flash.
    pub seed: SeedAtRest,
}

/// Where prompts are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// The board has one.
    OnBoard,
    /// It has none: what needs reading is refused, unless the merchant's rules trust the host.
    None,
}

/// The items that flash held at boot.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stored<'a> {
    /// [`Slot::Seed`](crate::Slot::Seed).
    pub seed: Option<&'a [u8]>,
    /// [`Slot::Settings`](crate::Slot::Settings).
    pub settings: Option<&'a [u8]>,
    /// [`Slot::Counters`](crate::Slot::Counters).
    pub counters: Option<&'a [u8]>,
    /// [`Slot::Payouts`](crate::Slot::Payouts).
    pub payouts: Option<&'a [u8]>,
}

/// The device's large buffers, about 11 KB, which stay where they are.
pub struct Desk {
    /// The request, from its first byte to the end of its answer; and in the memory behind it what
    /// the device itself writes: an invoice's own records, an offer, an export.
    pub(crate) peel: Peel,
    pub(crate) sheet: Sheet,
}

impl Desk {
    /// Buffers that hold nothing.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "made for statics")]
    pub const fn new() -> Self {
        Self { peel: Peel::new(), sheet: Sheet::Blank }
    }

    /// Forgets everything.
    pub(crate) fn wipe(&mut self) {
        self.peel.wipe();
        self.sheet = Sheet::Blank;
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Desk(..)")
    }
}

/// The caller's memory for what an [`Output`] borrows. When that was a secret (the seed on its way
/// to flash, or a preimage), the next input wipes it.
pub struct Scratch(pub(crate) [u8; SCRATCH_LEN]);

impl Scratch {
    /// Memory that is not in use.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "made for statics")]
    pub const fn new() -> Self {
        Self([0; SCRATCH_LEN])
    }
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scratch(..)")
    }
}

/// A merchant's signer without its hardware: one [`Input`], one [`Output`].
///
/// It never waits, allocates, reads a clock or draws randomness. Whatever it is in the middle of, an
/// input that does not belong there either fails or abandons it, and nothing is half done.
#[derive(Debug)]
pub struct Device<'m> {
    pub(crate) about: About,
    pub(crate) curve: Curve<'m>,
    pub(crate) desk: &'m mut Desk,
    pub(crate) condition: Condition,
    pub(crate) task: Task,
    pub(crate) log: Log,
    /// Randomness that the host contributed.
    pub(crate) host_entropy: Secret<32>,
    /// Prompts shown so far.
    pub(crate) prompts: u32,
    /// The requests that were answered last, and what was drawn for them.
    pub(crate) answered: Deque<Answered, ANSWERED>,
    pub(crate) questions: Questions,
    pub(crate) greeted: bool,
    /// When the host last went on with the task.
    pub(crate) heard_at: Uptime,
    pub(crate) host: Host,
    pub(crate) spilled: Spilled,
    /// The board's randomness of the last input, which never comes twice.
    pub(crate) last_entropy: Secret<32>,
    /// The rule whose window is full.
    pub(crate) alarm: Option<u8>,
    pub(crate) error_form: countersign_offers::invoice_error::Form,
}

/// What the last output left in the caller's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spilled {
    Nothing,
    Secret,
}

/// Whether anybody waits for the outcome of the task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Waiting,
    /// It hung up while an item was on its way to flash.
    Gone,
}

/// What the device remembers of a request that it answered, so that the same one again gets the
/// same bytes and is counted once.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) id: u32,
    /// The packet's MAC: nobody finds two messages that have the same one.
    pub(crate) mac: [u8; 32],
    /// What the invoice is about: a fiat price may come to another amount the next time.
    pub(crate) amount: countersign_units::Msat,
    pub(crate) created_at: countersign_units::UnixTime,
    pub(crate) draw: Secret<32>,
    pub(crate) number: u64,
}

/// What a device can do right now.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one, in static memory, and no heap")]
pub(crate) enum Condition {
    Unprovisioned,
    Ready(Merchant),
    /// Flash holds something that this firmware cannot read.
    WipeNeeded(Unreadable),
}

impl<'m> Device<'m> {
    /// The device as it comes up with what flash holds, or with the shell's reason for not reading it.
    #[must_use]
    pub fn boot(
        about: About,
        curve: Curve<'m>,
        desk: &'m mut Desk,
        stored: Result<Stored<'_>, Unreadable>,
        uptime: Uptime,
    ) -> Self {
        let mut device = Self::unread(about, curve, desk, uptime);
        device.read(stored);
        device
    }

    /// A device that has not read its flash. It is out of order until [`Self::read`].
    ///
    /// Where the stack is short, this and `read` take less of it than [`Self::boot`].
    #[must_use]
    pub fn unread(about: About, curve: Curve<'m>, desk: &'m mut Desk, uptime: Uptime) -> Self {
        Self {
            about,
            curve,
            desk,
            condition: Condition::WipeNeeded(Unreadable::Lost),
            task: Task::Idle,
            log: Log::default(),
            host_entropy: Secret::new([0; 32]),
            prompts: 0,
            answered: Deque::new(),
            questions: Questions::default(),
            greeted: false,
            heard_at: uptime,
            host: Host::Waiting,
            spilled: Spilled::Nothing,
            last_entropy: Secret::new([0; 32]),
            alarm: None,
            error_form: countersign_offers::invoice_error::Form::Specification,
        }
    }

    /// Takes over what flash holds, or the shell's reason for not reading it. Once, at boot.
    pub fn read(&mut self, stored: Result<Stored<'_>, Unreadable>) {
        let uptime = self.heard_at;
        let restored = stored.and_then(|stored| {
            self.derive(stored)?;
            // Item by item where it is to stay: boot must not take more stack than a request.
            self.merchant_mut().map_or(Ok(()), |merchant| merchant.restore(stored, uptime))
        });
        if let Err(unreadable) = restored {
            self.condition = Condition::WipeNeeded(unreadable);
        }
    }

    /// Derives the keys of the stored seed. The seed is stored last: without it nothing was
    /// provisioned, whatever else is there.
    fn derive(&mut self, stored: Stored<'_>) -> Result<(), Unreadable> {
        match stored.seed {
            Some(seed) => self.adopt(Seed::parse(seed)?).ok_or(Unreadable::Seed)?,
            None => self.condition = Condition::Unprovisioned,
        }
        Ok(())
    }

    /// Makes the device the seed's merchant's; `None` for a seed that has no keys.
    #[inline(never)]
    pub(crate) fn adopt(&mut self, seed: Seed) -> Option<()> {
        let keys = Keys::of(&self.curve, &seed)?;
        self.serve(seed, keys);
        Some(())
    }

    #[inline(never)]
    fn serve(&mut self, seed: Seed, keys: Keys) {
        self.condition = Condition::Ready(Merchant::new(seed, keys));
    }

    /// Takes one input.
    ///
    /// Total: whatever the input, there is an output, and the device goes on.
    pub fn handle<'o>(
        &mut self,
        moment: &Moment,
        input: Input<'_>,
        scratch: &'o mut Scratch,
    ) -> Output<'o> {
        if core::mem::replace(&mut self.spilled, Spilled::Nothing) == Spilled::Secret {
            wipe(&mut scratch.0);
        }
        let is_outcome = matches!(input, Input::Stored | Input::StoreFailed);
        let id = match &input {
            Input::Message { id, .. } => *id,
            Input::Confirmed
            | Input::Cancelled
            | Input::Stored
            | Input::StoreFailed
            | Input::Continue => self.task.id().unwrap_or(0),
        };
        let output = match input {
            Input::Message { id, request } => self.message(moment, id, request, scratch),
            Input::Confirmed => self.confirmed(moment, scratch),
            Input::Cancelled => Ok(self.not_approved(moment)),
            Input::Stored => self.stored(moment, scratch),
            Input::StoreFailed => self.store_failed(),
            Input::Continue => Ok(self.go_on(scratch)),
        };
        self.last_entropy = Secret::new(moment.entropy);
        if output.is_err() && matches!(self.task, Task::Idle) {
            self.desk.wipe();
        }
        if output.as_ref().is_ok_and(Output::has_secret) {
            self.spilled = Spilled::Secret;
        }
        match output {
            Ok(output @ Output::Store { .. }) => output,
            _ if is_outcome && self.host == Host::Gone => {
                // It holds, and nobody is there to be told.
                self.host = Host::Waiting;
                self.abandon();
                Output::Nothing
            }
            Ok(output) => output,
            Err(failure) => Output::Reply { id, reply: failure.reply() },
        }
    }

    /// The text of the offer or refund that was just made, for a screen to show.
    #[must_use]
    pub fn created_text(&self) -> Option<&str> {
        let Task::Text { range, .. } = &self.task else { return None };
        str::from_utf8(self.desk.peel.free().get(range.clone())?).ok()
    }

    /// Drops whatever the device is in the middle of: the host hung up.
    ///
    /// What is on its way to flash is not dropped, since nobody can tell whether flash has it: the
    /// outcome is still wanted, and nothing but that happens until it comes.
    pub fn hang_up(&mut self) {
        if self.task.is_being_stored() {
            self.host = Host::Gone;
        } else {
            self.abandon();
        }
        self.greeted = false;
    }

    /// Forgets everything that was in memory of a merchant whose items are gone.
    pub(crate) fn forget(&mut self) {
        self.condition = Condition::Unprovisioned;
        self.answered.clear();
        self.questions = Questions::default();
        self.log = Log::default();
        self.host_entropy = Secret::new([0; 32]);
        self.alarm = None;
    }

    /// Drops the task and everything that it left in the buffers.
    pub(crate) fn abandon(&mut self) {
        self.task = Task::Idle;
        self.desk.wipe();
    }

    pub(crate) fn merchant(&self) -> Result<&Merchant, Failure> {
        match &self.condition {
            Condition::Ready(merchant) => Ok(merchant),
            Condition::Unprovisioned => Err(Code::UNPROVISIONED.into()),
            Condition::WipeNeeded(unreadable) => Err(storage_code(*unreadable).into()),
        }
    }

    pub(crate) fn merchant_mut(&mut self) -> Result<&mut Merchant, Failure> {
        match &mut self.condition {
            Condition::Ready(merchant) => Ok(merchant),
            Condition::Unprovisioned => Err(Code::UNPROVISIONED.into()),
            Condition::WipeNeeded(unreadable) => Err(storage_code(*unreadable).into()),
        }
    }

    /// Ends the task with a reply to the host.
    pub(crate) fn done<'o>(&mut self, id: u32) -> Output<'o> {
        self.abandon();
        Output::Reply { id, reply: Reply::Done }
    }
}

pub(crate) const fn storage_code(unreadable: Unreadable) -> Code {
    match unreadable {
        Unreadable::Newer => Code::STORAGE_NEWER,
        Unreadable::Foreign => Code::STORAGE_FOREIGN,
        Unreadable::Malformed(_)
        | Unreadable::Lost
        | Unreadable::TooLong
        | Unreadable::Rule
        | Unreadable::Point
        | Unreadable::Seed => Code::STORAGE_DAMAGED,
    }
}

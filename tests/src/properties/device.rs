//! A device and a host that says anything at all.

use std::collections::HashMap;
use std::sync::OnceLock;

use countersign_crypto::{Curve, CurveMemory, Secret, sha256};
use countersign_link::{
    Bytes, PROTOCOL, Reply, Request, ResetReason, RulesRequest, SeedAtRest, State,
};
use countersign_policy::Uptime;
use countersign_signer::{
    About, Counters, Desk, Device, Input, Moment, Output, Payouts, Scratch, Screen, Settings, Slot,
    Stored,
};

use crate::onion::with_curve;
use crate::scene::Scene;

type Flash = HashMap<&'static str, Vec<u8>>;

/// What flash holds of a shop that is open.
fn open_shop() -> &'static Flash {
    static FLASH: OnceLock<Flash> = OnceLock::new();
    FLASH.get_or_init(|| with_curve(|curve| Scene::open(curve).shop.flash.clone()))
}

/// What is in no output by chance.
const NO_SECRET: [u8; 16] = [0xa5; 16];

/// The first bytes of the seed in its item.
fn start_of(item: &[u8]) -> [u8; 16] {
    item[2..18].try_into().expect("a seed has 64 bytes")
}

/// A device with its flash, and what was seen of it.
struct Bench<'m> {
    device: Device<'m>,
    scratch: Scratch,
    flash: Flash,
    /// Bytes that must not be in any output but the seed's own item.
    secret: [u8; 16],
    counted: u64,
    uptime: u64,
    moments: u64,
    flash_fails: bool,
    confirms: bool,
}

/// Whatever a host says, the device goes on; no counter goes back, every item that it stores reads
/// back, no output has the seed in it, and memory says what flash says.
///
/// # Panics
///
/// When one of that does not hold.
pub fn device(data: &[u8]) {
    let (mut memory, mut desk) = (CurveMemory::new(), Box::new(Desk::new()));
    let mut bench = Bench::boot(&mut memory, &mut desk, open_shop().clone());
    let mut rest = data;
    while let Some((&step, after)) = rest.split_first() {
        rest = bench.step(step, after);
    }
    bench.flash_fails = false;
    bench.device.hang_up();
    bench.hello();
    let in_memory = bench.state();
    let (mut memory, mut desk) = (CurveMemory::new(), Box::new(Desk::new()));
    let mut after = Bench::boot(&mut memory, &mut desk, bench.flash);
    assert_eq!(after.state(), in_memory, "memory and flash say the same");
}

fn boot<'m>(memory: &'m mut CurveMemory, desk: &'m mut Desk, flash: &Flash) -> Device<'m> {
    let about = About {
        board: "fuzz",
        firmware: [0, 1, 0],
        commit: [0; 20],
        reset: ResetReason::PowerOn,
        screen: Screen::OnBoard,
        seed: SeedAtRest::Plain,
    };
    let curve = Curve::new(memory, &Secret::new([7; 32])).expect("memory enough");
    let item = |slot| flash.get(slot).map(Vec::as_slice);
    let stored = Stored {
        seed: item("seed"),
        settings: item("settings"),
        counters: item("counters"),
        payouts: item("payouts"),
    };
    Device::boot(about, curve, desk, Ok(stored), Uptime(0))
}

impl<'m> Bench<'m> {
    /// A device that comes up with `flash` and is greeted.
    fn boot(memory: &'m mut CurveMemory, desk: &'m mut Desk, flash: Flash) -> Self {
        let mut bench = Self {
            device: boot(memory, desk, &flash),
            scratch: Scratch::new(),
            secret: flash.get("seed").map_or(NO_SECRET, |seed| start_of(seed)),
            flash,
            counted: 0,
            uptime: 0,
            moments: 0,
            flash_fails: false,
            confirms: true,
        };
        bench.hello();
        bench
    }

    /// Takes one step, and returns what is left of the script.
    fn step<'d>(&mut self, step: u8, rest: &'d [u8]) -> &'d [u8] {
        match step {
            250 => self.confirms = !self.confirms,
            251 => self.flash_fails = !self.flash_fails,
            252 => {
                self.device.hang_up();
                self.hello();
            }
            253 => self.uptime += 1,
            254 => self.uptime += 3_600,
            255 => self.drive(Input::Confirmed),
            id => {
                let Some((len, rest)) = rest.split_first_chunk() else { return &[] };
                let len = usize::from(u16::from_be_bytes(*len)).min(rest.len());
                let (body, rest) = rest.split_at(len);
                if let Ok(request) = postcard::from_bytes(body) {
                    self.drive(Input::Message { id: (id % 8).into(), request });
                }
                return rest;
            }
        }
        rest
    }

    /// Gives the device one input, and does what it wants.
    fn drive(&mut self, input: Input<'_>) {
        let mut input = input;
        for _ in 0..1_000 {
            self.moments += 1;
            let entropy = sha256(&[&self.moments.to_be_bytes()]);
            let moment = Moment { uptime: Uptime(self.uptime), entropy };
            input = match self.device.handle(&moment, input, &mut self.scratch) {
                Output::Nothing => return,
                Output::Reply { reply, .. } => {
                    let bytes = postcard::to_stdvec(&reply).expect("it is a reply");
                    assert!(bytes.len() <= 1_011, "{} bytes fit no frame", bytes.len());
                    self.has_no_secret(&bytes);
                    return;
                }
                Output::Ask { .. } => {
                    let mut shown = String::new();
                    self.device.prompt(&mut |line| shown.push_str(&line.text.to_string()));
                    assert!(!shown.is_empty(), "a prompt says something");
                    if self.confirms { Input::Confirmed } else { Input::Cancelled }
                }
                Output::Store { .. } if self.flash_fails => Input::StoreFailed,
                Output::Store { slot, item } => {
                    let item = item.to_vec();
                    self.store(slot, item);
                    Input::Stored
                }
                Output::Erase if self.flash_fails => Input::StoreFailed,
                Output::Erase => {
                    self.flash.clear();
                    self.counted = 0;
                    Input::Stored
                }
                Output::Continue => Input::Continue,
            };
        }
        panic!("the device never came to an end");
    }

    fn store(&mut self, slot: Slot, item: Vec<u8>) {
        let name = match slot {
            Slot::Seed => {
                self.secret = start_of(&item);
                "seed"
            }
            Slot::Settings => {
                assert!(Settings::parse(&item).is_ok());
                self.has_no_secret(&item);
                "settings"
            }
            Slot::Counters => {
                let counters = Counters::parse(&item).expect("it reads back");
                assert!(counters.next_invoice() >= self.counted, "no counter goes back");
                self.counted = counters.next_invoice();
                self.has_no_secret(&item);
                "counters"
            }
            Slot::Payouts => {
                assert!(Payouts::parse(&item).is_ok());
                self.has_no_secret(&item);
                "payouts"
            }
        };
        self.flash.insert(name, item);
    }

    fn has_no_secret(&self, bytes: &[u8]) {
        assert!(!bytes.windows(16).any(|window| window == self.secret));
    }

    fn hello(&mut self) {
        self.drive(Input::Message {
            id: 100,
            request: Request::Hello { nonce: Bytes([1; 8]), protocol: PROTOCOL },
        });
    }

    /// What the device says about itself and its rules.
    fn state(&mut self) -> (State, Vec<u8>) {
        let moment = Moment { uptime: Uptime(self.uptime), entropy: [1; 32] };
        let input = Input::Message { id: 101, request: Request::Status };
        let Output::Reply { reply: Reply::Status(status), .. } =
            self.device.handle(&moment, input, &mut self.scratch)
        else {
            panic!("a status is always answered");
        };
        let state = status.state;
        assert!(matches!(state, State::Ready | State::Unprovisioned), "{state:?}");
        let request = Request::Rules(RulesRequest::Get);
        let input = Input::Message { id: 102, request };
        let Output::Reply { reply, .. } = self.device.handle(&moment, input, &mut self.scratch)
        else {
            panic!("rules are always answered");
        };
        (state, postcard::to_stdvec(&reply).expect("it is a reply"))
    }
}

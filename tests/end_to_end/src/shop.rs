use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::board::Board;
use crate::{Hardware, Process, ask, program};

/// A seed, in BIP 39's words: that of sixteen zero bytes.
const WORDS: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon \
                         abandon abandon about";

/// The channel that a payment path names.
const CHANNEL: u64 = 42;

/// The merchant's node, which nobody pays here: its id is the generator of secp256k1.
const MERCHANT_NODE: &str = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

/// A release of LDK: as the payer, the relay, or the merchant's node.
#[derive(Clone, Copy, Debug)]
pub enum Ldk {
    /// 0.2.7
    V0_2,
    /// 0.3.0-rc3
    V0_3,
}

impl Ldk {
    /// Both.
    pub const ALL: [Self; 2] = [Self::V0_2, Self::V0_3];

    /// The name of its program.
    #[must_use]
    pub const fn program(self) -> &'static str {
        match self {
            Self::V0_2 => "ldk-peer-0-2",
            Self::V0_3 => "ldk-peer-0-3",
        }
    }
}

/// An LDK node that forwards onion messages.
#[derive(Debug)]
pub struct Relay {
    /// Who it is.
    pub id: String,
    /// `NODE_ID@ADDRESS:PORT`
    pub address: String,
    _process: Process,
}

impl Relay {
    fn open(ldk: Ldk, log: &std::path::Path) -> Self {
        Self::with(ldk, &["--listen", "127.0.0.1:0"], log)
    }

    /// A relay of that release that is told more than where to listen.
    pub(crate) fn with(ldk: Ldk, arguments: &[&str], log: &std::path::Path) -> Self {
        let mut relay = program(ldk.program());
        let process = Process::start(relay.arg("relay").args(arguments), log);
        let id = process.text("node_id");
        let address = format!("{id}@{}", process.text("listening"));
        Self { id, address, _process: process }
    }
}

/// A folder with what the merchant keeps on one computer, and the device beside it.
#[derive(Debug)]
pub struct Merchant {
    folder: TempDir,
    hardware: Hardware,
    board: Option<Board>,
    /// Where hosts reach the device.
    pub device: String,
    /// The bridge's node id.
    pub bridge_id: String,
    /// Seconds for which a simulator's merchant reads a prompt, from the next [`Merchant::plug_in`] on.
    pub hesitates: u64,
}

impl Merchant {
    /// Switches on a new simulator and brings back `words` for `network`.
    #[must_use]
    pub fn new(network: &str) -> Self {
        Self::with(Hardware::Simulator, network)
    }

    /// Switches on a new board and brings back `words` for `network`.
    pub(crate) fn with(hardware: Hardware, network: &str) -> Self {
        let mut merchant = Self {
            folder: tempfile::tempdir().unwrap(),
            hardware,
            board: None,
            device: "tcp:127.0.0.1:0".to_owned(),
            bridge_id: String::new(),
            hesitates: 0,
        };
        merchant.plug_in();
        let mut provision = merchant.device_verb(&["provision", "--words-from-stdin"]);
        provision.args(["--network", network]).stdin(std::process::Stdio::piped());
        provision.stdout(std::process::Stdio::null());
        let mut child = provision.spawn().unwrap();
        std::io::Write::write_all(child.stdin.as_mut().unwrap(), WORDS.as_bytes()).unwrap();
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success(), "the device did not take the words");
        let key = merchant.path("bridge.key");
        let paired = merchant.tell(&["pair", "bridge-key", "--output", key.to_str().unwrap()]);
        merchant.bridge_id = paired["node_id"].as_str().unwrap().to_owned();
        merchant
    }

    /// Says whom money may go to and come through.
    pub fn pin(&self, introduction: &[&str]) {
        self.pin_to(&[MERCHANT_NODE], introduction);
    }

    /// Says whom money may go to, as `countersign device pair recipient` has it, and come through.
    pub(crate) fn pin_to(&self, recipient: &[&str], introduction: &[&str]) {
        let _ = self.tell(&[&["pair", "recipient"], recipient].concat());
        let _ = self.tell(&[&["pair", "introduction"], introduction].concat());
    }

    /// A file of the merchant's.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Takes the device's power away.
    pub fn unplug(&mut self) {
        self.board = None;
    }

    /// Gives it back, at the same address.
    pub fn plug_in(&mut self) {
        let (flash, log) = (self.path("board.flash"), self.path("device.log"));
        let board = match self.hardware {
            Hardware::Simulator => Board::simulate(&self.device, self.hesitates, &flash, &log),
            Hardware::Qemu => Board::emulate(&flash),
        };
        self.device = board.address();
        self.board = Some(board);
    }

    /// Runs a verb of `countersign device`.
    #[must_use]
    pub fn tell(&self, verb: &[&str]) -> Value {
        let [said] = ask(&mut self.device_verb(verb)).try_into().unwrap();
        said
    }

    fn device_verb(&self, verb: &[&str]) -> Command {
        let mut command = self.countersign();
        command.args(["device", "--json", "--device", &self.device]).args(verb);
        command
    }

    /// Makes an offer, and returns its text.
    #[must_use]
    pub fn offer(&self, terms: &[&str]) -> String {
        let mut command = self.countersign();
        command.args(["offer", "create", "--json", "--device", &self.device]).args(terms);
        let [made] = ask(&mut command).try_into().unwrap();
        made["offer"].as_str().unwrap().to_owned()
    }

    /// The merchant's command.
    #[must_use]
    pub fn countersign(&self) -> Command {
        let mut command = program("countersign");
        command.env("COUNTERSIGN_HOME", self.folder.path());
        command
    }

    /// Starts a bridge for the device at `device`.
    #[must_use]
    pub fn bridge(&self, device: &str, arguments: &[&str]) -> Process {
        let mut bridge = self.countersign();
        bridge.args(["bridge", "--json", "--device", device, "--listen", "127.0.0.1:0"]);
        bridge.arg("--key-file").arg(self.path("bridge.key")).args(arguments);
        Process::start(&mut bridge, &self.path("bridge.log"))
    }
}

/// How a shop is opened.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'o> {
    /// The network, as `countersign device provision` names it.
    pub network: &'o str,
    /// How many relays lead to the bridge: LDK 0.2.7 and 0.3.0-rc3 in turn.
    pub relays: usize,
    /// What the bridge is told beside device, peers and payment path.
    pub bridge: &'o [&'o str],
}

impl Default for Opening<'_> {
    fn default() -> Self {
        Self { network: "regtest", relays: 1, bridge: &[] }
    }
}

/// A merchant with relays, and a bridge as soon as the offers are made.
#[derive(Debug)]
pub struct Shop {
    /// The merchant.
    pub merchant: Merchant,
    /// The relays.
    pub relays: Vec<Relay>,
    /// The bridge, once it runs.
    pub bridge: Option<Process>,
    logs: TempDir,
}

impl Shop {
    /// A shop without a bridge yet: whoever makes offers needs the device for himself.
    #[must_use]
    pub fn prepare(opening: Opening<'_>) -> Self {
        let logs = tempfile::tempdir().unwrap();
        let log = logs.path().join("relay.log");
        let releases = Ldk::ALL.into_iter().cycle().take(opening.relays);
        let relays: Vec<_> = releases.map(|ldk| Relay::open(ldk, &log)).collect();
        let merchant = Merchant::new(opening.network);
        let mut introduction: Vec<&str> = relays.iter().map(|relay| relay.id.as_str()).collect();
        introduction.push(&merchant.bridge_id);
        merchant.pin(&introduction);
        Self { merchant, relays, bridge: None, logs }
    }

    /// A shop with one offer and its bridge.
    #[must_use]
    pub fn open(terms: &[&str], opening: Opening<'_>) -> (Self, String) {
        let mut shop = Self::prepare(opening);
        let path = shop.usual_path();
        let offer = shop.merchant.offer(&[terms, &["--path", &path]].concat());
        shop.start_bridge(opening.bridge);
        (shop, offer)
    }

    /// The path over the first relay and the bridge.
    #[must_use]
    pub fn usual_path(&self) -> String {
        format!("{},{}", self.relays[0].id, self.merchant.bridge_id)
    }

    /// Starts the bridge, connected to all relays.
    pub fn start_bridge(&mut self, arguments: &[&str]) {
        let device = self.merchant.device.clone();
        self.start_bridge_at(&device, arguments);
    }

    /// Starts the bridge for a device at another address.
    pub fn start_bridge_at(&mut self, device: &str, arguments: &[&str]) {
        self.bridge = None;
        let introduction = self.relays.first().map_or(&self.merchant.bridge_id, |relay| &relay.id);
        let way = format!("{introduction}:{CHANNEL},{MERCHANT_NODE}");
        let mut all = vec!["--payment-path", &way];
        for relay in &self.relays {
            all.extend(["--peer", &relay.address]);
        }
        all.extend(arguments);
        self.bridge = Some(self.merchant.bridge(device, &all));
    }

    /// Where payers reach the bridge itself.
    #[must_use]
    pub fn bridge_address(&self) -> String {
        let bridge = self.bridge.as_ref().unwrap();
        format!("{}@{}", bridge.text("node_id"), bridge.text("listening"))
    }

    /// Runs a payer who enters the network at the first relay.
    #[must_use]
    pub fn ask(&self, ldk: Ldk, offer: &str, wish: &[&str]) -> Vec<Value> {
        Self::ask_at(&self.relays[0].address, ldk, offer, wish)
    }

    /// Runs a payer who enters the network at `peer`.
    #[must_use]
    pub fn ask_at(peer: &str, ldk: Ldk, offer: &str, wish: &[&str]) -> Vec<Value> {
        let mut payer = program(ldk.program());
        ask(payer.args(["payer", "--json", "--peer", peer, "--offer", offer]).args(wish))
    }

    /// What the bridge has logged.
    #[must_use]
    pub fn bridge_log(&self) -> String {
        std::fs::read_to_string(self.merchant.path("bridge.log")).unwrap()
    }

    /// A folder for what a test keeps itself.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.logs.path()
    }
}

/// The one answer, which LDK has verified.
///
/// # Panics
/// It has not.
#[must_use]
pub fn verified(answers: &[Value]) -> &Value {
    let [answer] = answers else { panic!("{answers:?}") };
    assert_eq!(answer["verified"], true, "{answer}");
    answer
}

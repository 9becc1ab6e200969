use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::{Hardware, Ldk, Merchant, Process, Relay, ask, program};

/// What the merchant's node is.
#[derive(Clone, Copy, Debug)]
pub enum Software {
    /// The one of the demo, with this release of LDK.
    Peer(Ldk),
    /// The example of the adapter for LDK 0.2.7. It has one channel, and starts anew each time.
    Example,
}

/// How a merchant is set up who gets paid.
#[derive(Clone, Copy, Debug)]
pub struct Stall<'s> {
    /// The merchant's device.
    pub device: Hardware,
    /// The merchant's node.
    pub node: Software,
    /// The relay.
    pub relay: Ldk,
    /// The channels of that node with the relay: `SATOSHI:GIVEN`, given to the relay so that it can
    /// forward.
    pub channels: &'s [&'s str],
    /// Rules of the device, as `countersign device rules set` takes them.
    pub rules: &'s [&'s str],
}

impl Default for Stall<'_> {
    fn default() -> Self {
        Self {
            device: Hardware::default(),
            node: Software::Peer(Ldk::V0_2),
            relay: Ldk::V0_2,
            channels: &["1000000:900000"],
            rules: &[],
        }
    }
}

/// A merchant who gets paid: a relay, the merchant's own node with channels, the device, a bridge,
/// and whoever comes to pay.
#[derive(Debug)]
pub struct Market {
    /// The merchant.
    pub merchant: Merchant,
    /// The relay that everything goes through.
    pub relay: Option<Relay>,
    /// The merchant's node.
    pub node: Option<Process>,
    /// The bridge.
    pub bridge: Option<Process>,
    software: Software,
    relays_software: Ldk,
    channels: Vec<String>,
    relays_address: String,
    relays_id: String,
    folder: TempDir,
}

impl Market {
    /// Everything but payers, with one offer.
    #[must_use]
    pub fn open(terms: &[&str], stall: Stall<'_>) -> (Self, String) {
        let folder = tempfile::tempdir().unwrap();
        let mut market = Self {
            merchant: Merchant::with(stall.device, "regtest"),
            relay: None,
            node: None,
            bridge: None,
            software: stall.node,
            relays_software: stall.relay,
            channels: stall.channels.iter().map(|&channel| channel.to_owned()).collect(),
            relays_address: "127.0.0.1:0".to_owned(),
            relays_id: String::new(),
            folder,
        };
        market.start_relay();
        market.start_node();
        let node = market.node.as_ref().unwrap();
        let (id, key) = (node.text("node_id"), node.text("receive_auth_key"));
        let recipient = [id.as_str(), "--receive-auth-key", &key];
        market.merchant.pin_to(&recipient, &[&market.relays_id]);
        if !stall.rules.is_empty() {
            let _ = market.merchant.tell(&[&["rules", "set"], stall.rules].concat());
        }
        let path = format!("{},{}", market.relays_id, market.merchant.bridge_id);
        let offer = market.merchant.offer(&[terms, &["--path", &path]].concat());
        market.start_bridge();
        (market, offer)
    }

    /// Starts the relay, or starts it again as it was.
    pub fn start_relay(&mut self) {
        self.relay = None;
        let (chain, state) = (self.path("chain"), self.path("relay"));
        let key = "11".repeat(32);
        let arguments = ["--listen", &self.relays_address, "--key", &key];
        let ground = ["--chain", text(&chain), "--state", text(&state)];
        let relay = Relay::with(
            self.relays_software,
            &[arguments, ground].concat(),
            &self.path("relay.log"),
        );
        self.relays_id.clone_from(&relay.id);
        relay.address.rsplit('@').next().unwrap().clone_into(&mut self.relays_address);
        self.relay = Some(relay);
    }

    /// Starts the relay again as it was, and waits until the bridge has found it.
    ///
    /// # Panics
    /// It does not find it.
    pub fn restart_relay(&mut self) {
        let connections = |market: &Self| market.bridge_log().matches(CONNECTED).count();
        let (before, begin) = (connections(self), Instant::now());
        self.start_relay();
        while connections(self) == before {
            assert!(begin.elapsed() < PATIENCE, "no connection: {}", self.bridge_log());
            sleep(POLL);
        }
    }

    /// Starts the merchant's node, or starts it again as it was.
    pub fn start_node(&mut self) {
        self.node = None;
        let mut node = match self.software {
            Software::Peer(ldk) => self.peer_of_the_demo(ldk),
            Software::Example => program("examples/attached_node"),
        };
        node.args(["--peer", &self.entrance()]).arg("--chain").arg(self.path("chain"));
        node.arg("--socket").arg(self.path("node.socket"));
        self.node = Some(Process::start(&mut node, &self.path("node.log")));
    }

    fn peer_of_the_demo(&self, ldk: Ldk) -> Command {
        let mut node = program(ldk.program());
        node.args(["node", "--key", &"22".repeat(32)]).arg("--state").arg(self.path("node"));
        for channel in &self.channels {
            node.args(["--channel", channel]);
        }
        node
    }

    /// Starts the bridge, or starts it again.
    pub fn start_bridge(&mut self) {
        self.start_bridge_with(&[]);
    }

    /// Starts the bridge with more settings.
    pub fn start_bridge_with(&mut self, more: &[&str]) {
        let device = self.merchant.device.clone();
        self.start_bridge_at(&device, more);
    }

    /// Starts the bridge for a device at another address.
    pub fn start_bridge_at(&mut self, device: &str, more: &[&str]) {
        self.bridge = None;
        let (entrance, socket) = (self.entrance(), self.path("node.socket"));
        let arguments = ["--peer", &entrance, "--node", text(&socket)];
        self.bridge = Some(self.merchant.bridge(device, &[&arguments[..], more].concat()));
    }

    /// Lets a payer with these channels come and pay, to the end.
    #[must_use]
    pub fn pay(&self, ldk: Ldk, offer: &str, wish: &[&str]) -> Vec<Value> {
        ask(self.payer(ldk, offer).args(wish))
    }

    /// Lets a payer come who is still there when this returns: as soon as the merchant has an
    /// invoice on record.
    #[must_use]
    pub fn begin_to_pay(&self, ldk: Ldk, offer: &str) -> Child {
        let known = self.invoices().len();
        let mut payer = self.payer(ldk, offer);
        payer.stdin(Stdio::null()).stdout(Stdio::piped());
        let child = payer.stderr(Stdio::null()).spawn().unwrap();
        self.wait_for("an invoice", |invoices| invoices.len() > known);
        child
    }

    /// A payer who can be killed and come again: with the same channels, and a log of how every
    /// payment of theirs ended.
    ///
    /// # Panics
    /// The log cannot be written.
    #[must_use]
    pub fn regular(&self, ldk: Ldk, offer: &str) -> Command {
        let mut payer = self.payer(ldk, offer);
        payer.args(["--key", &"33".repeat(32)]).arg("--state").arg(self.path("payer"));
        let log = File::options().create(true).append(true).open(self.path("payer.log")).unwrap();
        payer.env("RUST_LOG", "info").stdin(Stdio::null()).stderr(log);
        payer
    }

    /// What that payer has logged.
    #[must_use]
    pub fn regulars_log(&self) -> String {
        std::fs::read_to_string(self.path("payer.log")).unwrap()
    }

    fn payer(&self, ldk: Ldk, offer: &str) -> Command {
        let mut payer = program(ldk.program());
        payer.args(["payer", "--json", "--pay", "--offer", offer, "--peer", &self.entrance()]);
        payer.arg("--chain").arg(self.path("chain"));
        payer.args(["--channel", "2000000", "--timeout", &PATIENCE.as_secs().to_string()]);
        payer
    }

    /// A refund of the merchant's, as `countersign refund create` tells of it. The bridge is stopped
    /// meanwhile: who makes one needs the device.
    #[must_use]
    pub fn refund(&mut self, terms: &[&str]) -> Value {
        self.bridge = None;
        let mut create = self.merchant.countersign();
        create.args(["refund", "create", "--json", "--device", &self.merchant.device]);
        create.args(["--path", &format!("{},{}", self.relays_id, self.merchant.bridge_id)]);
        let [made] = ask(create.args(terms)).try_into().unwrap();
        self.start_bridge();
        made
    }

    /// What became of it.
    #[must_use]
    pub fn refund_on_record(&self, refund: &Value) -> Value {
        let mut show = self.merchant.countersign();
        show.args(["refund", "show", "--json", refund["id"].as_str().unwrap()]);
        let [shown] = ask(&mut show).try_into().unwrap();
        shown
    }

    /// Waits until a refund is in a state, and returns what is on record of it.
    ///
    /// # Panics
    /// It does not come to be.
    pub fn wait_for_refund(&self, refund: &Value, state: &str) -> Value {
        let begin = Instant::now();
        loop {
            let shown = self.refund_on_record(refund);
            if shown["state"] == state {
                return shown;
            }
            assert!(begin.elapsed() < PATIENCE, "not {state}: {shown}\n{}", self.bridge_log());
            sleep(POLL);
        }
    }

    /// Lets somebody come who sends an invoice for a refund, and who stays to take the money: what
    /// comes first is the invoice, then what was received for it.
    #[must_use]
    pub fn withdraw(&self, ldk: Ldk, refund: &Value) -> Process {
        let mut payee = program(ldk.program());
        payee.args(["withdraw", "--refund", refund["refund"].as_str().unwrap()]);
        payee.args(["--peer", &self.entrance(), "--channel", PAYEES_CHANNEL]);
        Process::start(payee.arg("--chain").arg(self.path("chain")), &self.path("payee.log"))
    }

    /// Lets a wallet come that owes the merchant so much, and pays the invoice for its refund: what
    /// comes first is the refund, then the invoice, then the payment.
    #[must_use]
    pub fn owe(&self, ldk: Ldk, amount_msat: u64) -> Process {
        let mut debtor = program(ldk.program());
        debtor.args(["refund", "--pay", "--amount-msat", &amount_msat.to_string()]);
        debtor.args(["--peer", &self.entrance(), "--channel", "1000000"]);
        Process::start(debtor.arg("--chain").arg(self.path("chain")), &self.path("debtor.log"))
    }

    /// The merchant's record.
    #[must_use]
    pub fn invoices(&self) -> Vec<Value> {
        let mut list = self.merchant.countersign();
        let [invoices] = ask(list.args(["invoices", "list", "--json"])).try_into().unwrap();
        invoices.as_array().unwrap().clone()
    }

    /// Waits until the record is as it should be, and returns it.
    ///
    /// # Panics
    /// It does not come to be.
    pub fn wait_for(&self, what: &str, good: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let begin = Instant::now();
        loop {
            let invoices = self.invoices();
            if good(&invoices) {
                return invoices;
            }
            assert!(begin.elapsed() < PATIENCE, "no {what}: {invoices:?}");
            sleep(POLL);
        }
    }

    /// What the bridge has logged.
    #[must_use]
    pub fn bridge_log(&self) -> String {
        std::fs::read_to_string(self.merchant.path("bridge.log")).unwrap()
    }

    /// Has a program watch from the beginning until it has been told what it should be, and returns
    /// what that was.
    ///
    /// # Panics
    /// It is not told.
    #[must_use]
    pub fn watch_for(&self, good: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let (path, begin) = (self.path("watch.json"), Instant::now());
        let mut watch = self.merchant.countersign();
        watch.args(["watch", "--since", "0"]).stdout(File::create(&path).unwrap());
        let mut watch = watch.spawn().unwrap();
        let events = loop {
            let said = std::fs::read_to_string(&path).unwrap();
            let lines = said.split_inclusive('\n').filter(|line| line.ends_with('\n'));
            let events: Vec<_> =
                lines.map(|line| serde_json::from_str::<Value>(line).unwrap()).collect();
            if good(&events) || begin.elapsed() > PATIENCE {
                break events;
            }
            sleep(POLL);
        };
        watch.kill().unwrap();
        watch.wait().unwrap();
        assert!(good(&events), "{events:?}");
        events
    }

    /// Waits until the bridge has logged that.
    ///
    /// # Panics
    /// It does not.
    pub fn wait_for_log(&self, words: &str) {
        let begin = Instant::now();
        while !self.bridge_log().contains(words) {
            assert!(begin.elapsed() < PATIENCE, "no {words}: {}", self.bridge_log());
            sleep(POLL);
        }
    }

    /// What the merchant's node and the relay have complained of.
    #[must_use]
    pub fn complaints(&self) -> String {
        ["node.log", "relay.log"]
            .map(|log| std::fs::read_to_string(self.path(log)).unwrap_or_default())
            .join("relay:\n")
    }

    fn entrance(&self) -> String {
        format!("{}@{}", self.relays_id, self.relays_address)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What the bridge logs, for as long as it likes or for a reply.
const CONNECTED: &str = "connections: connected";
/// Most of it is the relay's: what it can forward.
const PAYEES_CHANNEL: &str = "1000000:900000";
const POLL: Duration = Duration::from_millis(5);
/// An emulated device needs seconds for an invoice.
const PATIENCE: Duration = Duration::from_secs(60);

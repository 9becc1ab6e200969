//! Three processes of one release over loopback TCP: what these peers claim, they must have shown
//! with each other before anything of ours is tried against them.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::{PEER, RELEASE};

#[test]
fn a_payer_accepts_the_invoice_of_a_merchant_behind_a_relay() {
    let shop = Shop::open(&["--amount-msat", "1000"]);
    let [answer] = shop.ask(&[]).try_into().unwrap();
    assert_eq!(answer["verified"], true, "{answer}");
    assert_eq!(answer["ldk"], RELEASE);
    assert_eq!(answer["amount_msat"], 1000);
    assert_eq!(answer["request_bytes"], 32_834, "LDK pads its reply paths");
    for field in ["payment_hash", "offer_id"] {
        assert_eq!(text(&answer, field).len(), 64, "{field}");
    }
}

#[test]
fn compact_paths_work_as_well_and_make_no_longer_offers() {
    let [padded, compact] = ["padded", "compact"].map(|shape| {
        let shop = Shop::open(&["--amount-msat", "1000", "--offer-path", shape]);
        let [answer] = shop.ask(&["--reply-path", shape]).try_into().unwrap();
        assert_eq!(answer["verified"], true, "{answer}");
        shop.merchant.text("offer").len()
    });
    assert!(compact <= padded, "{compact} characters against {padded}");
}

#[test]
fn each_copy_of_a_request_is_answered_and_each_request_is_another() {
    let shop = Shop::open(&[]);
    let answers = shop.ask(&["--amount-msat", "5", "--repeat", "3", "--count", "2"]);
    assert_eq!(answers.len(), 6);
    assert!(answers.iter().all(|answer| answer["verified"] == true), "{answers:?}");
    let payer_records =
        |at: usize| -> String { text(&answers[at], "invoice_hex").chars().take(64).collect() };
    assert_eq!(payer_records(0), payer_records(2), "copies carry the same payer metadata");
    assert_ne!(payer_records(0), payer_records(3), "another request carries other metadata");
}

#[test]
fn an_offer_of_another_network_is_refused_by_ldk_itself() {
    let shop = Shop::open(&["--network", "signet"]);
    let [answer] = shop.ask(&["--amount-msat", "5"]).try_into().unwrap();
    assert_eq!(answer["verified"], false);
    assert_eq!(answer["reason"], "UnsupportedChain");
}

#[test]
fn silence_is_a_timeout() {
    let mut shop = Shop::open(&[]);
    shop.merchant.end();
    let [answer] = shop.ask(&["--amount-msat", "5", "--timeout", "1"]).try_into().unwrap();
    assert_eq!(answer["verified"], false);
    assert_eq!(answer["reason"], "timeout");
}

#[test]
fn a_payer_opens_a_channel_and_keeps_its_money_when_the_merchant_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let chain = folder.path().join("chain");
    let chain = chain.to_str().unwrap();
    let shop = Shop::between(&["--chain", chain], &["--amount-msat", "1000"]);
    let pay = ["--pay", "--chain", chain, "--channel", "1000000"];
    let [answer] = shop.ask(&pay).try_into().unwrap();
    assert_eq!(answer["verified"], true, "{answer}");
    assert_eq!(answer["paid"], false, "{answer}");
    assert_eq!(answer["payment"]["reason"], "SendingFailed(RouteNotFound)");
}

/// A relay and a merchant behind it.
struct Shop {
    relay: Process,
    merchant: Process,
}

impl Shop {
    fn open(merchant: &[&str]) -> Self {
        Self::between(&[], merchant)
    }

    fn between(relay: &[&str], merchant: &[&str]) -> Self {
        let relay = Process::start("relay", &[&["--listen", "127.0.0.1:0"], relay].concat());
        let address = relay.address();
        let merchant =
            Process::start("merchant", &[&["--peer", address.as_str()], merchant].concat());
        Self { relay, merchant }
    }

    /// Runs a payer to its end and reads all its answers.
    fn ask(&self, arguments: &[&str]) -> Vec<Value> {
        let (address, offer) = (self.relay.address(), self.merchant.text("offer"));
        let output = Command::new(PEER)
            .args(["payer", "--json", "--peer", &address, "--offer", &offer])
            .args(arguments)
            .output()
            .unwrap();
        let answers: Vec<Value> = output
            .stdout
            .lines()
            .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
            .collect();
        let done = answers.iter().all(|answer| {
            answer["verified"] == true && (answer["payment"].is_null() || answer["paid"] == true)
        });
        assert_eq!(output.status.code(), Some(i32::from(!done)), "{output:?}");
        answers
    }
}

/// A peer that lives until its standard input closes; what it said when it was ready.
struct Process {
    child: Child,
    ready: Value,
    _out: BufReader<ChildStdout>,
}

impl Process {
    fn start(verb: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(PEER)
            .arg(verb)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).expect("the peer says that it is ready");
        Self { child, ready, _out: out }
    }

    fn text(&self, field: &str) -> String {
        text(&self.ready, field)
    }

    fn address(&self) -> String {
        format!("{}@{}", self.text("node_id"), self.text("listening"))
    }

    /// Closes standard input and waits for the exit, which has to be a good one.
    fn end(&mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn text(object: &Value, field: &str) -> String {
    object[field].as_str().unwrap().to_owned()
}

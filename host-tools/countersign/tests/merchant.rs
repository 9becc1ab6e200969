//! `countersign device`, `offer` and `invoices`, run as a merchant runs them, with the simulated
//! device inside the command and as a process of its own.

#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "a test that panics has failed, which is its purpose"
)]
#![expect(clippy::tests_outside_test_module, reason = "this file is nothing but tests")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use countersign_client::{Access, Client};
use countersign_link::PROTOCOL;
use countersign_records::{Issued, Records};
use countersign_simulator::{Board, Flash, Line, Press, Script, Simulator};
use countersign_tests::other_firmware;
use serde_json::Value;
use tempfile::TempDir;

const WORDS: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon \
                     abandon abandon abandon abandon abandon abandon abandon abandon abandon \
                     abandon abandon abandon abandon abandon art";
const RELAY: &str = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
const BRIDGE: &str = "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5";

/// A merchant's computer, and the device that they use.
struct Shop {
    home: TempDir,
    device: String,
}

impl Shop {
    fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), device: "sim".to_owned() }
    }

    /// One whose device has a seed and the time.
    fn open() -> Self {
        let shop = Self::new();
        shop.provision();
        shop
    }

    fn provision(&self) {
        let provision = ["device", "provision", "--network", "regtest", "--words-from-stdin"];
        self.json_from(&provision, WORDS);
        self.json(&["device", "time"]);
    }

    fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_countersign"))
            .args(arguments)
            .args(if asks_the_device(arguments) { vec!["--device", &self.device] } else { vec![] })
            .env("COUNTERSIGN_HOME", self.home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A command that reads nothing may have ended by now.
        let _unread = writeln!(stdin, "{input}");
        drop(stdin);
        child.wait_with_output().unwrap()
    }

    fn json_from(&self, arguments: &[&str], input: &str) -> Value {
        let mut all = arguments.to_vec();
        all.push("--json");
        if asks_the_device(arguments) {
            all.extend(["--approve", "always"]);
        }
        let output = self.run(&all, input);
        assert!(output.status.success(), "{arguments:?}: {}", error(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        self.json_from(arguments, "")
    }

    /// What the command says on standard error when it fails.
    fn failure(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments, "");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        error(&output)
    }

    fn create_offer(&self) -> Value {
        let path = format!("{RELAY},{BRIDGE}");
        let arguments =
            ["offer", "create", "--description", "tea", "--amount", "10sat", "--path", &path];
        self.json(&arguments)
    }
}

/// Whether a verb asks the device, and not the record alone.
fn asks_the_device(arguments: &[&str]) -> bool {
    !matches!(arguments, ["invoices", ..] | ["refund", "list" | "show", ..])
}

fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_device_keeps_its_seed_between_commands() {
    let shop = Shop::new();
    let before = shop.json(&["device", "info"]);
    assert_eq!((&before["state"], &before["network"]), (&"unprovisioned".into(), &Value::Null));
    shop.provision();
    let after = shop.json(&["device", "info"]);
    assert_eq!((&after["state"], &after["network"]), (&"ready".into(), &"regtest".into()));
    assert_eq!(after["node_id"].as_str().unwrap().len(), 66);
    assert!(after["time"].is_u64());
}

#[test]
fn an_unprovisioned_device_says_what_to_do() {
    let shop = Shop::new();
    assert!(shop.failure(&["device", "rules"]).contains("countersign device provision"));
}

#[test]
fn a_device_for_another_network_says_which_and_what_to_do() {
    let shop = Shop::open();
    let wrong = shop.failure(&["device", "provision", "--network", "bitcoin"]);
    assert!(wrong.contains("the device is for regtest, not bitcoin"), "{wrong}");
    assert!(wrong.contains("countersign device wipe"), "{wrong}");
}

#[test]
fn new_words_are_shown_once_on_the_devices_screen() {
    let shop = Shop::new();
    let provision = ["device", "provision", "--network", "signet", "--approve", "always"];
    let output = shop.run(&provision, "");
    assert!(output.status.success(), "{}", error(&output));
    let screen = error(&output);
    assert!(screen.contains("Write these words down"), "{screen}");
    assert!(screen.contains("24 "), "{screen}");
    let again = shop.failure(&["device", "provision", "--network", "signet"]);
    assert!(again.contains("countersign device wipe"), "{again}");
}

#[test]
fn a_merchant_who_says_no_gets_no_seed() {
    let shop = Shop::new();
    let provision = ["device", "provision", "--network", "regtest", "--approve", "never"];
    assert!(shop.failure(&provision).contains("did not approve"));
}

#[test]
fn wrong_words_are_said_to_be_wrong() {
    let shop = Shop::new();
    let provision = ["device", "provision", "--network", "regtest", "--words-from-stdin"];
    let output = shop.run(&provision, &WORDS.replacen("abandon", "abandoned", 1));
    assert_eq!(output.status.code(), Some(1));
    assert!(error(&output).contains("the seed words are wrong"), "{}", error(&output));
    assert!(!error(&output).contains("abandon"), "words do not belong in a message");
}

#[test]
fn rules_are_set_by_name_all_or_none() {
    let shop = Shop::open();
    let changed = shop.json(&["device", "rules", "set", "largest-unattended=5_000", "quantity=3"]);
    assert_eq!(changed[0]["name"], "quantity");
    assert_eq!(changed[1]["new"], 5_000);
    let rules = shop.json(&["device", "rules"]);
    let rule = |name: &str| {
        rules.as_array().unwrap().iter().find(|rule| rule["name"] == name).unwrap().clone()
    };
    assert_eq!(rule("quantity")["value"], 3);
    assert_eq!(rule("largest-unattended")["unit"], "msat");

    // Above the largest at all: neither of the two holds.
    let both = ["device", "rules", "set", "quantity=4", "largest-unattended=99999999999999"];
    let refused = shop.failure(&both);
    assert!(refused.contains("largest-unattended"), "{refused}");
    let rules = shop.json(&["device", "rules"]);
    let quantity = rules.as_array().unwrap().iter().find(|rule| rule["name"] == "quantity");
    assert_eq!(quantity.unwrap()["value"], 3);
}

#[test]
fn a_name_that_is_no_rule_is_wrong_usage() {
    let shop = Shop::new();
    let output = shop.run(&["device", "rules", "set", "no-rule=1"], "");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn whom_money_goes_to_is_pinned() {
    let shop = Shop::open();
    let pinned = shop.json(&["device", "pair", "recipient", RELAY]);
    assert_eq!(pinned["recipient"], RELAY);
    let pinned = shop.json(&["device", "pair", "introduction", RELAY, BRIDGE]);
    assert_eq!(pinned["introduction_nodes"], serde_json::json!([RELAY, BRIDGE]));
    assert_eq!(shop.json(&["device", "pair", "show"]), pinned);
}

#[test]
fn the_bridges_key_goes_to_a_file_and_its_node_id_to_the_terminal() {
    let shop = Shop::open();
    let file = shop.home.path().join("bridge.key");
    let path = file.to_str().unwrap();
    let paired = shop.json(&["device", "pair", "bridge-key", "--output", path]);
    assert_eq!(paired["node_id"].as_str().unwrap().len(), 66);
    assert_eq!(std::fs::read_to_string(&file).unwrap().len(), 64);
    let again =
        shop.failure(&["device", "pair", "bridge-key", "--output", path, "--approve", "always"]);
    assert!(again.contains("exists"), "{again}");
}

#[test]
fn an_offer_is_made_listed_shown_drawn_and_revoked() {
    let shop = Shop::open();
    let made = shop.create_offer();
    let (id, text) = (made["id"].as_str().unwrap(), made["offer"].as_str().unwrap());
    assert!(text.starts_with("lno1"));

    let listed = shop.json(&["offer", "list"]);
    assert_eq!(listed[0]["id"], id);
    assert_eq!(listed[0]["offer"], text);
    assert_eq!(listed[0]["description"], "tea");
    let shown = shop.json(&["offer", "show", &id[..8]]);
    assert_eq!(shown["offer"], text);
    let drawn = shop.json(&["offer", "qr", &id[..8]]);
    assert!(drawn["modules"].as_u64().unwrap() < 100, "{drawn}");

    assert_eq!(shop.json(&["offer", "revoke", id])["revoked"], id);
    assert_eq!(shop.json(&["offer", "revoke", "--all"])["revoked"], "all");
}

#[test]
fn a_refund_is_offered_within_the_rules_and_in_bitcoin() {
    let shop = Shop::open();
    let path = format!("{RELAY},{BRIDGE}");
    let create = |amount| {
        ["refund", "create", "--description", "too much", "--path", &path, "--amount", amount]
    };
    let made = shop.json(&create("10sat"));
    assert!(made["refund"].as_str().unwrap().starts_with("lnr1"), "{made}");
    assert_eq!(made["id"].as_str().unwrap().len(), 64);
    assert_ne!(shop.json(&create("10sat"))["id"], made["id"], "each is one of its own");
    assert!(shop.failure(&create("1000001sat")).contains("largest-payout"));
    assert!(shop.failure(&create("10EUR")).contains("in bitcoin"));
}

#[test]
fn refunds_are_listed_as_they_stand_and_shown_with_their_text() {
    let shop = Shop::open();
    let none = shop.run(&["refund", "list"], "");
    assert!(String::from_utf8(none.stdout).unwrap().contains("No refund is on record yet"));
    let path = format!("{RELAY},{BRIDGE}");
    let create = ["refund", "create", "--description", "too much", "--path", &path];
    let lapses = shop.json(&[&create[..], &["--amount", "10sat", "--expires", "1000000"]].concat());
    let made = shop.json(&[&create[..], &["--amount", "11sat"]].concat());
    let list = shop.json(&["refund", "list"]);
    let listed: Vec<_> = list.as_array().unwrap().iter().map(|each| &each["id"]).collect();
    assert!(listed.contains(&&lapses["id"]) && listed.contains(&&made["id"]), "{list}");
    let shown = shop.json(&["refund", "show", &made["id"].as_str().unwrap()[..12]]);
    assert_eq!((&shown["state"], &shown["amount_msat"]), (&"open".into(), &11_000.into()));
    assert_eq!((&shown["refund"], &shown["payment_hash"]), (&made["refund"], &Value::Null));
    let revoke = ["refund", "revoke", made["id"].as_str().unwrap()];
    assert_eq!(shop.json(&revoke)["revoked"], made["id"]);
    let shown = shop.json(&["refund", "show", made["id"].as_str().unwrap()]);
    assert_eq!(shown["state"], "revoked");
    assert!(shop.failure(&revoke).contains("nothing of that id"), "the device has forgotten it");
    assert!(shop.failure(&["refund", "show", "zz"]).contains("no refund on record"));
}

#[test]
fn a_compact_offer_is_shorter() {
    let shop = Shop::open();
    let padded = shop.create_offer()["offer"].as_str().unwrap().len();
    let path = format!("800000x1x0/0={RELAY},{BRIDGE}@0x0x1");
    let create = ["offer", "create", "--description", "tea", "--amount", "10sat"];
    let compact = shop.json(&[create.as_slice(), &["--path", &path, "--compact"]].concat());
    assert!(compact["offer"].as_str().unwrap().len() < padded);
}

#[test]
fn a_new_board_restored_from_words_and_export_is_the_old_one() {
    let old = Shop::open();
    old.json(&["device", "pair", "recipient", RELAY]);
    let file = old.home.path().join("export");
    let file = file.to_str().unwrap();
    old.json(&["device", "export", file]);

    let new = Shop::open();
    assert_eq!(new.json(&["device", "pair", "show"])["recipient"], Value::Null);
    new.json(&["device", "import", file]);
    assert_eq!(new.json(&["device", "pair", "show"])["recipient"], RELAY);
    let node = |shop: &Shop| shop.json(&["device", "info"])["node_id"].clone();
    assert_eq!(node(&old), node(&new));
}

#[test]
fn a_wiped_device_has_forgotten_everything() {
    let shop = Shop::open();
    assert_eq!(shop.json(&["device", "wipe"])["wiped"], true);
    assert_eq!(shop.json(&["device", "info"])["state"], "unprovisioned");
}

#[test]
fn a_device_behind_a_serial_port_is_used_like_the_one_inside() {
    let (line, path) = Line::pty().unwrap();
    let board = Board::new(Flash::in_memory(), Box::new(Script::new(Press::Confirm)));
    let _simulator = Simulator::start(board, line).unwrap();
    let device = path.to_str().unwrap().to_owned();
    let shop = Shop { home: tempfile::tempdir().unwrap(), device };
    shop.provision();
    let made = shop.create_offer();
    let listed = shop.json(&["offer", "list"]);
    assert_eq!((&listed[0]["id"], &listed[0]["standing"]), (&made["id"], &"current".into()));
    assert!(!shop.json(&["device", "log"]).as_array().unwrap().is_empty());
}

#[test]
fn a_port_without_a_device_says_what_to_do() {
    let device = "/dev/no-such-port".to_owned();
    let shop = Shop { home: tempfile::tempdir().unwrap(), device };
    assert!(shop.failure(&["device", "info"]).contains("plug it in"));
}

#[test]
fn firmware_of_another_protocol_version_says_what_to_update() {
    for (protocol, remedy) in
        [(PROTOCOL - 1, "update the firmware"), (PROTOCOL + 1, "update this program")]
    {
        let device = format!("tcp:{}", other_firmware::speaking(protocol));
        let shop = Shop { home: tempfile::tempdir().unwrap(), device };
        let said = shop.failure(&["device", "info"]);
        assert!(said.contains("firmware 9.8.7") && said.contains(remedy), "{said}");
    }
}

#[test]
fn a_port_that_another_program_has_open_says_what_to_do() {
    let (line, path) = Line::pty().unwrap();
    let board = Board::new(Flash::in_memory(), Box::new(Script::new(Press::Confirm)));
    let _simulator = Simulator::start(board, line).unwrap();
    let other_program = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let access = Access::Serial(path.clone());
    let _client = other_program.block_on(Client::open(access, |_| {})).unwrap();
    let device = path.to_str().unwrap().to_owned();
    let shop = Shop { home: tempfile::tempdir().unwrap(), device };
    let said = shop.failure(&["device", "info"]);
    assert!(said.contains("is in use: end the other program"), "{said}");
}

#[test]
fn an_offer_too_long_for_a_qr_code_says_what_to_shorten() {
    let shop = Shop::new();
    let said = shop.failure(&["offer", "qr", &format!("lno1{}", "q".repeat(4_293))]);
    assert!(said.contains("a QR code holds 4,296"), "{said}");
    assert!(said.contains("shorter description"), "{said}");
}

#[test]
fn offers_are_listed_as_they_stand_after_the_device_was_without_power() {
    let shop = Shop::open();
    let make = |description| {
        let path = format!("{RELAY},{BRIDGE}");
        let made = ["offer", "create", "--description", description];
        let made = shop.json(&[&made[..], &["--amount", "10sat", "--path", &path]].concat());
        made["id"].as_str().unwrap().to_owned()
    };
    let standing = |id: &str| shop.json(&["offer", "show", id])["standing"].clone();
    // Each run of the command switches the device on and off.
    let (tea, cake) = (make("tea"), make("cake"));
    assert_eq!((standing(&tea), standing(&cake)), ("current".into(), "current".into()));
    shop.json(&["offer", "revoke", &cake]);
    assert_eq!((standing(&tea), standing(&cake)), ("current".into(), "revoked".into()));
    shop.json(&["offer", "revoke", "--all"]);
    let listed = shop.json(&["offer", "list"]);
    assert_eq!(
        (&listed[0]["standing"], &listed[1]["standing"]),
        (&"earlier".into(), &"earlier".into())
    );
    assert_eq!(listed[0]["epoch"], 0);
}

#[test]
fn a_log_that_goes_into_a_file_has_no_colour_codes() {
    let shop = Shop::new();
    let said = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["device", "info", "--device", "sim"])
        .env("COUNTERSIGN_HOME", shop.home.path())
        .env("RUST_LOG", "trace")
        .output()
        .unwrap();
    assert!(said.status.success());
    assert!(!said.stderr.contains(&0x1b), "{}", error(&said));
    assert!(!said.stdout.contains(&0x1b));
}

#[test]
fn without_a_record_it_is_said_that_nothing_can_be_known() {
    let shop = Shop::open();
    let said = shop.run(&["offer", "list"], "");
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.contains("it may well answer for offers that it made before"), "{said}");
}

#[test]
fn a_rate_is_taken_within_the_merchants_bounds_and_asked_about_outside() {
    let shop = Shop::open();
    let rate = |rate| shop.json(&["device", "rate", rate])["holds"].clone();
    assert_eq!(rate("EUR=1000sat"), "own", "there was no currency before");
    assert_eq!(rate("EUR=0.00001100BTC"), "an hour");
    assert_eq!(rate("EUR=2000sat"), "own");
    let path = format!("{RELAY},{BRIDGE}");
    let made = ["offer", "create", "--description", "a meal"];
    let made = shop.json(&[&made[..], &["--amount", "4.50EUR", "--path", &path]].concat());
    assert!(made["offer"].as_str().unwrap().starts_with("lno1"));
}

#[test]
fn invoices_are_listed_with_what_became_of_them() {
    let shop = Shop::new();
    assert_eq!(shop.json(&["invoices", "list"]), serde_json::json!([]));
    record(shop.home.path());
    let listed = shop.json(&["invoices", "list"]);
    assert_eq!(listed[0]["state"], "expired");
    let shown = shop.json(&["invoices", "show", &"11".repeat(32)]);
    assert_eq!((&shown["amount_msat"], &shown["paid_at"]), (&5_000.into(), &Value::Null));
    assert!(shop.failure(&["invoices", "show", &"22".repeat(32)]).contains("no invoice"));
}

fn record(home: &Path) {
    let records = Records::open(&home.join("records.sqlite")).unwrap();
    let issued = Issued {
        payment_hash: [0x11; 32],
        offer: [2; 32],
        amount_msat: 5_000,
        created_at: 1_000,
        expires_at: 2_000,
        receipt: vec![3; 8],
    };
    records.add_invoice(&issued).unwrap();
}

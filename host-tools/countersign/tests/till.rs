//! `countersign watch` and `webhook`, as programs that are killed.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, which is its purpose")]
#![expect(clippy::std_instead_of_alloc, reason = "a host program has std")]
#![expect(clippy::tests_outside_test_module, reason = "this file is nothing but tests")]

use core::time::Duration;
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use countersign_records::{Authorised, Issued, Offered, Outcome, Paid, Records};
use serde_json::Value;
use tempfile::TempDir;
use tiny_http::{Response, Server};

fn records(home: &TempDir) -> Records {
    Records::open(&home.path().join("records.sqlite")).unwrap()
}

fn issue(records: &Records, number: u8) {
    let issued = Issued {
        payment_hash: [number; 32],
        offer: [9; 32],
        amount_msat: 1_000,
        created_at: 100,
        expires_at: u64::MAX / 4,
        receipt: Vec::new(),
    };
    records.add_invoice(&issued).unwrap();
}

fn start(home: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.args(arguments).env("COUNTERSIGN_HOME", home);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// A refund of the merchant's, and the device's word that an invoice for it is paid.
fn authorise(records: &Records, number: u8) {
    let offered = Offered {
        id: [number; 32],
        text: format!("lnr{number}"),
        description: "too much was paid".to_owned(),
        amount_msat: 7_000,
        created_at: 100,
        expires_at: None,
    };
    records.add_refund(&offered).unwrap();
    let authorised = Authorised {
        payment_hash: [!number; 32],
        refund: offered.id,
        amount_msat: 7_000,
        invoice: Vec::new(),
        at: 120,
        expires_at: 180,
    };
    records.authorise(&authorised).unwrap();
}

fn pay(records: &Records, number: u8) {
    let paid = Outcome::Paid { at: 130, preimage: [5; 32], fee_msat: 3 };
    records.settle_payout(&[!number; 32], &paid).unwrap();
}

/// Reads what a watch prints.
fn lines(watch: &mut Child) -> impl Iterator<Item = Value> + use<> {
    let lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap())
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_watch_prints_each_event_as_it_happens_and_goes_on_where_it_was() {
    let home = tempfile::tempdir().unwrap();
    let records = records(&home);
    issue(&records, 1);
    let mut watch = start(home.path(), &["watch", "--since", "0"]);
    let mut events = lines(&mut watch);
    let first = events.next().unwrap();
    records.mark_paid(&[1; 32], Paid { received_msat: 1_000, at: 150 }).unwrap();
    let second = events.next().unwrap();
    authorise(&records, 2);
    let third = events.next().unwrap();
    kill(watch);
    assert_eq!((&first["event"], &second["event"]), (&"issued".into(), &"paid".into()));
    assert_eq!(second["invoice"]["received_msat"], 1_000);
    assert_eq!(third["event"], "refund-authorised");
    assert_eq!(third["refund"]["amount_msat"], 7_000);
    pay(&records, 2);
    issue(&records, 3);
    let since = third["number"].to_string();
    let mut again = start(home.path(), &["watch", "--since", &since]);
    let mut events = lines(&mut again);
    let [fourth, fifth] = [events.next().unwrap(), events.next().unwrap()];
    kill(again);
    assert_eq!(fourth["id"], format!("{}-refund-paid", hex::encode([2; 32])));
    assert_eq!(fifth["id"], format!("{}-issued", hex::encode([3; 32])));
}

#[test]
fn whoever_watches_invoices_sees_them_alone() {
    let home = tempfile::tempdir().unwrap();
    let records = records(&home);
    authorise(&records, 1);
    issue(&records, 2);
    pay(&records, 1);
    records.mark_paid(&[2; 32], Paid { received_msat: 1_000, at: 150 }).unwrap();
    let mut watch = start(home.path(), &["invoices", "watch", "--since", "0"]);
    let seen: Vec<_> = lines(&mut watch).take(2).collect();
    kill(watch);
    assert!(seen.iter().all(|event| event["invoice"]["amount_msat"] == 1_000), "{seen:?}");
    assert_eq!((&seen[0]["event"], &seen[1]["event"]), (&"issued".into(), &"paid".into()));
}

#[test]
fn a_webhook_that_is_killed_at_any_moment_loses_no_event() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::http("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", server.server_addr());
    let records = records(&home);
    assert_eq!(records.delivered(&url).unwrap(), 0);
    let mut wanted = BTreeSet::new();
    let mut told = BTreeSet::new();
    for number in 1..=12 {
        issue(&records, number);
        authorise(&records, number);
        for event in ["issued", "refund-authorised"] {
            wanted.insert(format!("{}-{event}", hex::encode([number; 32])));
        }
        // As it is called, and as it was.
        let verb: &[&str] = if number > 6 { &["webhook"] } else { &["invoices", "webhook"] };
        let webhook = start(home.path(), &[verb, &[&url]].concat());
        // Killed before, while and after the shop answers, in turn.
        match number % 3 {
            0 => std::thread::sleep(Duration::from_millis(30)),
            1 => drop(server.recv_timeout(Duration::from_secs(20)).unwrap().unwrap()),
            _ => take(&server, &mut told),
        }
        kill(webhook);
    }
    let webhook = start(home.path(), &["webhook", &url]);
    while told != wanted {
        take(&server, &mut told);
    }
    kill(webhook);
}

/// Takes a post, and notes it if its sender is still there to be answered.
fn take(server: &Server, told: &mut BTreeSet<String>) {
    let request = server.recv_timeout(Duration::from_secs(20)).unwrap().unwrap();
    let mut headers = request.headers().iter();
    let id = headers.find(|it| it.field.equiv("Idempotency-Key")).unwrap().value.to_string();
    if request.respond(Response::empty(200)).is_ok() {
        told.insert(id);
    }
}

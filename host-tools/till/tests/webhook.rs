//! A shop that is told, of invoices and refunds: in order, signed, again when it refuses, and never
//! not.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, which is its purpose")]
#![expect(clippy::tests_outside_test_module, reason = "this file is nothing but tests")]

use core::time::Duration;
use std::io::Read as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::thread;

use countersign_crypto::hmac_sha256;
use countersign_records::{Authorised, Issued, Offered, Outcome, Paid, Records};
use countersign_till::{SIGNATURE_HEADER, Watch, Webhook};
use serde_json::Value;
use tempfile::TempDir;
use tiny_http::{Response, Server};

const SECRET: &[u8] = b"between us";

/// What a shop received: the idempotency id, the signature and the body.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    id: String,
    signature: String,
    body: String,
}

/// Takes the next post and answers it with `status`.
fn take(server: &Server, status: u16) -> Told {
    let mut request = server.recv_timeout(Duration::from_secs(20)).unwrap().unwrap();
    let mut body = String::new();
    request.as_reader().read_to_string(&mut body).unwrap();
    let header = |name: &str| {
        let headers = request.headers().iter();
        let mut named = headers.filter(|it| it.field.to_string().eq_ignore_ascii_case(name));
        named.next().unwrap().value.to_string()
    };
    let told = Told { id: header("Idempotency-Key"), signature: header(SIGNATURE_HEADER), body };
    request.respond(Response::empty(status)).unwrap();
    told
}

fn record() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.sqlite");
    (folder, path)
}

fn issue(path: &Path, number: u8) {
    let issued = Issued {
        payment_hash: [number; 32],
        offer: [9; 32],
        amount_msat: 1_000,
        created_at: 100,
        expires_at: u64::MAX / 4,
        receipt: Vec::new(),
    };
    Records::open(path).unwrap().add_invoice(&issued).unwrap();
}

/// A refund of the merchant's that has expired.
fn offer(records: &Records, number: u8) {
    let offered = Offered {
        id: [number; 32],
        text: format!("lnr{number}"),
        description: "too much was paid".to_owned(),
        amount_msat: 7_000,
        created_at: 100,
        expires_at: Some(200),
    };
    records.add_refund(&offered).unwrap();
}

/// The device authorises an invoice for it.
fn authorise(records: &Records, number: u8) {
    let authorised = Authorised {
        payment_hash: [!number; 32],
        refund: [number; 32],
        amount_msat: 7_000,
        invoice: Vec::new(),
        at: 120,
        expires_at: 180,
    };
    records.authorise(&authorised).unwrap();
}

const PAID: Outcome = Outcome::Paid { at: 130, preimage: [5; 32], fee_msat: 3 };

fn tell(server: &Server, path: &Path) {
    let url = format!("http://{}/", server.server_addr());
    let pause = Duration::from_millis(5);
    let webhook = Webhook::new(&url, Some(SECRET.to_vec()))
        .unwrap()
        .with_pauses(pause, pause.saturating_mul(4));
    let records = Records::open(path).unwrap();
    // It goes on until the test ends, as a bridge would until it is killed.
    thread::spawn(move || webhook.run(records));
}

fn id(number: u8, kind: &str) -> String {
    format!("{}-{kind}", hex::encode([number; 32]))
}

#[test]
fn a_shop_that_answers_500_gets_the_same_again_and_then_the_next() {
    let (_folder, path) = record();
    let server = Server::http("127.0.0.1:0").unwrap();
    // A shop is told from when it is first named.
    let url = format!("http://{}/", server.server_addr());
    Records::open(&path).unwrap().delivered(&url).unwrap();
    issue(&path, 1);
    let paid = Paid { received_msat: 1_001, at: 150 };
    Records::open(&path).unwrap().mark_paid(&[1; 32], paid).unwrap();
    tell(&server, &path);
    let refused = [take(&server, 500), take(&server, 404), take(&server, 301)];
    let taken = take(&server, 204);
    assert!(refused.iter().all(|told| *told == taken), "{refused:?} {taken:?}");
    assert_eq!(taken.id, id(1, "issued"));
    let mac = hmac_sha256(SECRET, &[taken.body.as_bytes()]);
    assert_eq!(taken.signature, format!("sha256={}", hex::encode(mac)));
    let next = take(&server, 200);
    assert_eq!(next.id, id(1, "paid"));
    assert!(next.body.contains("\"received_msat\":1001"), "{}", next.body);
}

#[test]
fn a_shop_that_was_away_is_told_what_it_missed() {
    let (_folder, path) = record();
    let server = Server::http("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", server.server_addr());
    Records::open(&path).unwrap().delivered(&url).unwrap();
    for number in 1..=9 {
        issue(&path, number);
    }
    tell(&server, &path);
    for number in 1..=9 {
        assert_eq!(take(&server, 200).id, id(number, "issued"));
    }
}

#[test]
fn a_shop_is_told_of_refunds_in_their_turn_and_again_until_it_takes_them() {
    let (_folder, path) = record();
    let server = Server::http("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", server.server_addr());
    let records = Records::open(&path).unwrap();
    records.delivered(&url).unwrap();
    tell(&server, &path);
    offer(&records, 1);
    authorise(&records, 1);
    assert_eq!(take(&server, 500).id, id(1, "refund-authorised"));
    let authorised = take(&server, 200);
    assert_eq!(authorised.id, id(1, "refund-authorised"));
    let body: Value = serde_json::from_str(&authorised.body).unwrap();
    assert_eq!((&body["event"], &body["at"]), (&"refund-authorised".into(), &120.into()));
    assert_eq!(body["refund"]["state"], "authorised");
    assert_eq!(body["refund"]["payment_hash"], hex::encode([!1; 32]));
    assert!(body.get("invoice").is_none(), "an invoice is one of the merchant's: {body}");
    issue(&path, 9);
    records.settle_payout(&[!1; 32], &PAID).unwrap();
    assert_eq!(take(&server, 200).id, id(9, "issued"));
    let paid: Value = serde_json::from_str(&take(&server, 200).body).unwrap();
    assert_eq!((&paid["event"], &paid["refund"]["state"]), (&"refund-paid".into(), &"paid".into()));
    assert_eq!(paid["refund"]["preimage"], hex::encode([5; 32]));
    assert_eq!(paid["refund"]["fee_msat"], 3);
}

#[test]
fn a_shop_that_was_away_is_told_what_became_of_refunds() {
    let (_folder, path) = record();
    let server = Server::http("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", server.server_addr());
    let records = Records::open(&path).unwrap();
    records.delivered(&url).unwrap();
    for number in 1..=3 {
        offer(&records, number);
    }
    authorise(&records, 1);
    authorise(&records, 2);
    records.settle_payout(&[!1; 32], &Outcome::Failed { at: 181 }).unwrap();
    records.settle_payout(&[!2; 32], &PAID).unwrap();
    drop(records);
    tell(&server, &path);
    let told: Vec<_> = (0..5).map(|_| take(&server, 200).id).collect();
    let all = [
        id(1, "refund-authorised"),
        id(2, "refund-authorised"),
        id(1, "refund-failed"),
        id(2, "refund-paid"),
        id(3, "refund-expired"),
    ];
    assert_eq!(told, all);
}

#[test]
fn a_watch_sees_what_another_program_records_and_what_expires() {
    let (_folder, path) = record();
    let mut watch = Watch::new(Records::open(&path).unwrap(), None).unwrap();
    let writer = path.clone();
    thread::spawn(move || {
        issue(&writer, 1);
        let records = Records::open(&writer).unwrap();
        let issued = records.invoice(&[1; 32]).unwrap().unwrap().issued;
        let expired = Issued { payment_hash: [2; 32], expires_at: 1, ..issued };
        records.add_invoice(&expired).unwrap();
    });
    let mut kinds = Vec::new();
    while kinds.len() < 3 {
        kinds.extend(watch.wait().unwrap().iter().map(|event| event.kind.name()));
    }
    assert_eq!(kinds, ["issued", "issued", "expired"]);
}

#[test]
fn over_https_nothing_is_said_in_the_clear() {
    let (_folder, path) = record();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let webhook = Webhook::new(&url, Some(SECRET.to_vec())).unwrap();
    let records = Records::open(&path).unwrap();
    records.delivered(&url).unwrap();
    issue(&path, 1);
    thread::spawn(move || webhook.run(records));
    let (mut stream, _) = listener.accept().unwrap();
    let mut hello = [0; 3];
    stream.read_exact(&mut hello).unwrap();
    assert!(hello.starts_with(&[22, 3]), "a handshake of TLS: {hello:?}");
}

#[test]
fn only_http_is_spoken() {
    assert!(Webhook::new("ftp://shop.example", None).is_err());
    assert!(Webhook::new("shop.example", None).is_err());
}

//! `countersign decode`, run as a person or a script runs it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that panics has failed, which is its purpose"
)]
#![expect(clippy::tests_outside_test_module, reason = "this file is nothing but tests")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Output, Stdio};

use countersign_tests::vectors::{json, list, string};
use serde_json::{Value, json};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.arg("decode").args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap()
}

fn objects(output: &[u8]) -> Vec<Value> {
    text(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What is printed for `lines` on standard input, and the exit code.
fn stream(lines: &str) -> (Vec<Value>, Option<i32>) {
    let mut child = command(&["-"]).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let lines = lines.to_owned();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    (objects(&output.stdout), output.status.code())
}

/// The object that is printed for one string.
fn decoded(arguments: &[&str]) -> Value {
    let output = run(&[&["--json"], arguments].concat());
    let mut objects = objects(&output.stdout);
    assert_eq!(objects.len(), 1, "{arguments:?}");
    let object = objects.remove(0);
    let code = i32::from(object["ok"] != json!(true));
    assert_eq!(output.status.code(), Some(code), "{object}");
    object
}

const OFFER: &str = include_str!("golden/offer.txt");

#[test]
fn one_of_each_kind_is_printed_whole() {
    for (kind, input, golden) in [
        ("offer", OFFER, include_str!("golden/offer.json")),
        ("refund", include_str!("golden/refund.txt"), include_str!("golden/refund.json")),
        (
            "invoice_request",
            include_str!("golden/invoice_request.txt"),
            include_str!("golden/invoice_request.json"),
        ),
        ("invoice", include_str!("golden/invoice.txt"), include_str!("golden/invoice.json")),
        (
            "invoice_error",
            include_str!("golden/invoice_error.txt"),
            include_str!("golden/invoice_error.json"),
        ),
        (
            "payer_proof",
            include_str!("golden/payer_proof.txt"),
            include_str!("golden/payer_proof.json"),
        ),
    ] {
        let object = decoded(&[input.trim()]);
        assert_eq!(object["kind"], kind);
        let golden: Value = serde_json::from_str(golden).unwrap();
        assert_eq!(object, golden, "{}", serde_json::to_string_pretty(&object).unwrap());
    }
}

#[test]
fn the_page_for_people_says_the_same_in_rows() {
    let output = run(&[OFFER.trim()]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stdout), include_str!("golden/offer.page"));
    let output = run(&["lno1qcp4256ypq"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).starts_with("offer, NOT valid: "), "{output:?}");
}

#[test]
fn every_official_string_is_valid_or_not_as_published() {
    let mut cases = Vec::new();
    for (file, count) in [("offers-test.json", 53), ("format-string-test.json", 12)] {
        let Some(file) = json(&format!("bolt12/{file}")) else { return };
        assert_eq!(list(&file).len(), count);
        for case in list(&file) {
            let string = string(case.get("bolt12").unwrap_or(&case["string"]));
            // One string a line: what is continued on another line is an argument.
            if string.contains('\n') {
                assert_eq!(decoded(&[string])["ok"], case["valid"], "{case}");
            } else {
                cases.push((string.to_owned(), case["valid"].as_bool().unwrap()));
            }
        }
    }
    let proofs = json("bolt12/payer-proof-test.json").unwrap();
    for case in list(&proofs["valid_vectors"]) {
        cases.push((string(&case["result"]["bech32"]).to_owned(), true));
        cases.push((string(&case["input"]["invoice"]).to_owned(), true));
        cases.push((string(&case["input"]["invoice_hex"]).to_owned(), true));
    }
    for case in list(&proofs["invalid_vectors"]) {
        cases.push((string(&case["bech32"]).to_owned(), false));
    }
    let signatures = json("bolt12/signature-test.json").unwrap();
    cases.push((string(&signatures[3]["bolt12"]).to_owned(), true));

    let (strings, verdicts): (Vec<_>, Vec<_>) = cases.iter().cloned().unzip();
    let (objects, code) = stream(&strings.join("\n"));
    assert_eq!((objects.len(), code), (cases.len(), Some(1)));
    for ((object, valid), string) in objects.iter().zip(verdicts).zip(strings) {
        assert_eq!(object["ok"], json!(valid), "{string}: {object}");
        if !valid && !string.starts_with('+') {
            assert!(object["error"].as_str().is_some_and(|error| !error.is_empty()), "{object}");
        }
    }
}

/// An offer with a description of these bytes.
fn offer_of(description: &[u8]) -> String {
    let len = u8::try_from(description.len()).unwrap();
    let issuer_id = "162102eec7245d6b7d2ccb30380bfbe2a3648cd7a942653f5aa340edcea1f283686619";
    format!("0a{}{}{issuer_id}", hex::encode([len]), hex::encode(description))
}

#[test]
fn a_stranger_s_text_is_escaped_and_said_to_be() {
    // A12
    let object = decoded(&[&offer_of("10\u{202e}gpj\n\\".as_bytes())]);
    assert_eq!(object["offer_description"], "10\\u{202e}gpj\\u{a}\\u{5c}");
    assert_eq!(object["warnings"], json!(["offer_description: characters had to be escaped"]));
    let output = run(&[&offer_of("a\u{1b}[2Jb".as_bytes())]);
    assert!(text(&output.stdout).contains("a\\u{1b}[2Jb"), "{output:?}");
    assert!(!output.stdout.contains(&0x1b));
}

#[test]
fn an_error_names_the_field_and_the_place() {
    let object = decoded(&[&offer_of(&[0xff])]);
    assert_eq!(
        object,
        json!({
            "ok": false,
            "kind": "offer",
            "error": "at byte 2: text is not UTF-8",
            "field": "offer_description",
            "offset": 2
        })
    );
    let object = decoded(&["lno1qq!"]);
    assert_eq!((&object["kind"], &object["offset"]), (&json!(null), &json!(6)));
    let object = decoded(&["--kind", "offer", "19001500"]);
    assert_eq!((&object["field"], &object["offset"]), (&json!("21"), &json!(2)));
    let object = decoded(&["--kind", "refund", "00015458020102"]);
    assert_eq!((&object["field"], &object["offset"]), (&json!("invreq_payer_id"), &json!(5)));
}

#[test]
fn a_message_that_has_expired_is_valid_with_a_warning() {
    let expired = format!("0e0101{}", &offer_of(b"")[4..]);
    let object = decoded(&[&expired]);
    assert_eq!(object["ok"], json!(true));
    assert_eq!(object["warnings"], json!(["expired at 1970-01-01T00:00:01Z (1)"]));
}

#[test]
fn hexadecimal_that_does_not_show_its_kind_needs_to_be_told() {
    let unclear = "050268";
    for bytes in [unclear, "07026869", "ff"] {
        let error = decoded(&[bytes])["error"].as_str().unwrap().to_owned();
        assert!(error.contains("--kind"), "{bytes}: {error}");
        assert_eq!(decoded(&["--kind", "offer", bytes])["kind"], "offer");
    }
    // Both forms of an error show themselves.
    assert_eq!(decoded(&["05026e6f"])["warnings"], json!([]));
    let of_ldk = decoded(&["0405026e6f"]);
    assert_eq!((&of_ldk["kind"], &of_ldk["error"]), (&json!("invoice_error"), &json!("no")));
    assert_eq!(of_ldk["warnings"], json!(["in LDK's form, with its length in front"]));
    assert_eq!(decoded(&["--kind", "invoice_error", "05026e6f"])["ok"], json!(true));
    let odd = decoded(&["abc"])["error"].as_str().unwrap().to_owned();
    assert!(odd.contains("odd"), "{odd}");
}

#[test]
fn a_string_is_of_the_kind_that_was_asked_for() {
    let wrong = decoded(&["--kind", "invoice", OFFER.trim()]);
    assert_eq!(wrong["ok"], json!(false));
    assert_eq!(wrong["error"], "it is no invoice, going by its prefix lno");
    assert_eq!(decoded(&["--kind", "offer", OFFER.trim()])["ok"], json!(true));
}

#[test]
fn the_exit_code_tells_wrong_usage_from_a_string_that_is_not_valid() {
    assert_eq!(run(&[OFFER.trim(), OFFER.trim()]).status.code(), Some(0));
    assert_eq!(run(&[OFFER.trim(), "lno1qqq"]).status.code(), Some(1));
    assert_eq!(run(&[]).status.code(), Some(2));
    assert_eq!(run(&["--kind", "cheque", OFFER.trim()]).status.code(), Some(2));
    assert_eq!(run(&["--jsn", OFFER.trim()]).status.code(), Some(2));
    assert_eq!(stream("").1, Some(0), "no line is not valid");
}

#[test]
fn every_line_has_its_answer_in_its_place() {
    let offer = OFFER.trim();
    let too_long = "q".repeat(1 << 21);
    let (objects, code) =
        stream(&format!("{offer}\r\n\n  {offer}  \n{too_long}\n\u{fffd}\n{offer}"));
    let verdicts: Vec<_> = objects.iter().map(|object| object["ok"] == json!(true)).collect();
    assert_eq!(verdicts, [true, false, true, false, false, true]);
    assert_eq!(code, Some(1));
    let (objects, code) = stream(&format!("{offer}\n").repeat(20_000));
    assert_eq!((objects.len(), code), (20_000, Some(0)));
}

struct Conversation {
    child: Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl Conversation {
    fn start() -> Self {
        let mut child = command(&["-"]).spawn().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, answers }
    }

    fn ask(&mut self, line: &str) -> Value {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    }
}

#[test]
fn a_line_is_answered_before_the_next_is_asked() {
    let mut conversation = Conversation::start();
    for _ in 0..3 {
        assert_eq!(conversation.ask(OFFER.trim())["ok"], json!(true));
        assert_eq!(conversation.ask("lno1")["ok"], json!(false));
    }
    drop(conversation.child.stdin.take());
    assert_eq!(conversation.child.wait().unwrap().code(), Some(1));
}

#[test]
fn whoever_has_read_enough_can_leave() {
    let mut conversation = Conversation::start();
    assert_eq!(conversation.ask(OFFER.trim())["ok"], json!(true));
    let Conversation { mut child, answers } = conversation;
    drop(answers);
    let mut input = child.stdin.take().unwrap();
    // Until the pipe is closed, which a write notices.
    while writeln!(input, "{}", OFFER.trim()).is_ok() {}
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stderr), "");
}

//! Every message in both directions has the bytes that `golden/` says, and no others.
//!
//! A line is a name and a frame's body: the request id, here 1, and the message.
#![expect(
    clippy::unwrap_used,
    clippy::large_stack_frames,
    clippy::std_instead_of_alloc,
    clippy::tests_outside_test_module,
    reason = "an integration test is a test from its first line"
)]

use std::collections::BTreeMap;

use countersign_link::{
    Body, BodyError, Bytes, Capacities, Chunk, ClaimRequest, Code, Destination, ErrorForm,
    ErrorReply, FrameDecoder, FrameEncoder, HelloAck, Info, LogRecord, Message, MessageHop,
    NeedPaymentPaths, Network, NewOffer, NextHop, NodeId, OfferEntry, OfferRequest, OnionRequest,
    Outgoing, Packed, Packer, Padding, PairRequest, Part, PathsRequest, Pay, PaymentHop, Price,
    PromptLine, Provision, RefundRequest, Reply, Request, ResetReason, RuleChange, RuleValue,
    RulesRequest, Seal, Secret, SeedAtRest, Source, Standing, State, Status, Summary, Urgent,
};
use serde::Serialize;

const NODE: NodeId = Bytes([2; 33]);
const ID: Bytes<32> = Bytes([0xaa; 32]);
const CHUNK: Chunk<'_> = Chunk { offset: 600, data: &[1, 2, 3] };

/// A list with memory of its own, for as long as the test runs.
fn packed<T: Serialize>(items: &[T]) -> Packed<'static, T> {
    let mut packer = Packer::new(Box::leak(Box::new([0; 500])));
    for item in items {
        packer.push(item).unwrap();
    }
    packer.finish()
}

fn message_hops() -> Packed<'static, MessageHop> {
    let channel = Destination::Channel { direction: 1, short_channel_id: 0x0102_0304_0506_0708 };
    packed(&[
        MessageHop { node: NODE, named: channel, next: NextHop::ShortChannelId(300) },
        MessageHop { node: NODE, named: Destination::Node(NODE), next: NextHop::NodeId },
    ])
}

const SUMMARY: Summary = Summary {
    offer: ID,
    amount_msat: 1_000,
    payment_hash: ID,
    created_at: 1_700_000_000,
    relative_expiry: 7_200,
};

const OFFER: OfferEntry = OfferEntry { offer: ID, epoch: 1, standing: Standing::Revoked };

fn session_requests() -> Vec<(&'static str, Request<'static>)> {
    let words = Secret::new(b"abandon about");
    vec![
        ("hello", Request::Hello { nonce: Bytes([1, 2, 3, 4, 5, 6, 7, 8]), protocol: 1 }),
        ("ping", Request::Ping),
        ("status", Request::Status),
        ("cancel", Request::Cancel { request: 300 }),
        ("get-info", Request::GetInfo),
        (
            "provision-generate",
            Request::Provision(Provision::Generate {
                entropy: Secret::new(&[7, 8]),
                network: Network::Regtest,
            }),
        ),
        (
            "provision-import",
            Request::Provision(Provision::Import { words, network: Network::Bitcoin }),
        ),
        ("provision-show-words", Request::Provision(Provision::ShowWords)),
        ("provision-wipe", Request::Provision(Provision::Wipe)),
        ("rules-get", Request::Rules(RulesRequest::Get)),
        (
            "rules-propose",
            Request::Rules(RulesRequest::Propose(packed(&[
                RuleValue { rule: 6, value: None },
                RuleValue { rule: 12, value: Some(300) },
            ]))),
        ),
        ("export", Request::Export),
        ("import", Request::Import { total: 2_000, chunk: CHUNK }),
        ("log", Request::Log { from: 7 }),
        ("time", Request::Time { claim: 1_700_000_000 }),
        ("pair-bridge-key", Request::Pair(PairRequest::BridgeKey)),
        (
            "pair-recipient",
            Request::Pair(PairRequest::Recipient { node: NODE, receive_auth_key: Some(ID) }),
        ),
        (
            "pair-introduction-nodes",
            Request::Pair(PairRequest::IntroductionNodes(packed(&[NODE, NODE]))),
        ),
        ("pair-get", Request::Pair(PairRequest::Get)),
        ("entropy", Request::Entropy(Secret::new(&[7, 8]))),
        ("prompt", Request::Prompt { prompt: 5, from: 2 }),
        ("rate", Request::Rate { currency: Bytes(*b"EUR"), msat_per_million: 1 << 40 }),
        ("park", Request::Park { request: 300 }),
    ]
}

fn offer_requests() -> Vec<(&'static str, Request<'static>)> {
    let currency = Price::Currency { code: Bytes(*b"EUR"), exponent: 2, minor_units: 500 };
    let offer = NewOffer {
        price: currency,
        description: Some("tea"),
        issuer: None,
        quantity_max: Some(0),
        expiry: Some(1_800_000_000),
        issuer_id: true,
    };
    let refund = RefundRequest::Create {
        amount_msat: 1_000,
        description: "tea was cold",
        issuer: Some("shop"),
        expiry: None,
    };
    let (hops, padding) = (message_hops(), Padding::Equal);
    vec![
        ("offer-create", Request::Offer(OfferRequest::Create(offer))),
        ("offer-path", Request::Offer(OfferRequest::Path { hops, padding: Padding::None })),
        ("offer-end", Request::Offer(OfferRequest::End)),
        ("offer-list", Request::Offer(OfferRequest::List { from: 16 })),
        ("offer-show", Request::Offer(OfferRequest::Show { offer: ID })),
        ("offer-revoke", Request::Offer(OfferRequest::Revoke { offer: ID })),
        ("offer-revoke-epoch", Request::Offer(OfferRequest::RevokeEpoch)),
        ("refund-create", Request::Refund(refund)),
        ("refund-path", Request::Refund(RefundRequest::Path { hops, padding })),
        ("refund-end", Request::Refund(RefundRequest::End)),
        ("refund-answer", Request::Refund(RefundRequest::Answer { total: 2_000, chunk: CHUNK })),
        ("refund-answer-end", Request::Refund(RefundRequest::AnswerEnd)),
        ("refund-answer-via", Request::Refund(RefundRequest::AnswerVia { skip: 1 })),
        ("refund-revoke", Request::Refund(RefundRequest::Revoke { refund: ID })),
        ("refund-signer", Request::Refund(RefundRequest::Signer { refund: ID })),
    ]
}

fn payment_requests() -> Vec<(&'static str, Request<'static>)> {
    let receipt = &[9, 9];
    let hop = PaymentHop {
        node: NODE,
        short_channel_id: 1 << 40,
        cltv_expiry_delta: 80,
        fee_proportional_millionths: 100,
        fee_base_msat: 1_000,
        htlc_minimum_msat: 1,
        htlc_maximum_msat: 100_000_000,
    };
    let recipient = PathsRequest::Recipient {
        node: NODE,
        records: &[6, 1, 0],
        seal: Seal::ReceiveAuth,
        min_final_cltv_expiry_delta: 18,
        max_cltv_expiry: 800_000,
        htlc_minimum_msat: 1,
        htlc_maximum_msat: 100_000_000,
    };
    let (path_key, amount_msat) = (Bytes([3; 33]), 1_000);
    let onion = ClaimRequest::Onion { receipt, path_key, amount_msat, cltv_expiry: 800_000 };
    let facts = ClaimRequest::Facts { receipt, amount_msat, expiry: 1_700_007_200, path_id: &[5] };
    vec![
        ("onion-begin", Request::Onion(OnionRequest::Begin { path_key, length: 1_366 })),
        ("onion-chunk", Request::Onion(OnionRequest::Chunk(CHUNK))),
        ("onion-end", Request::Onion(OnionRequest::End { invoice_error: ErrorForm::Ldk })),
        ("paths-path", Request::Paths(PathsRequest::Path { hops: packed(&[hop]) })),
        ("paths-recipient", Request::Paths(recipient)),
        ("paths-end", Request::Paths(PathsRequest::End { multipart: false })),
        ("paths-none", Request::Paths(PathsRequest::None)),
        ("route", Request::Route { destination: Some(NODE), via: packed(&[NODE]) }),
        ("pull", Request::Pull { part: Part::Onion, offset: 600, length: 406 }),
        ("claim-path-key", Request::Claim(ClaimRequest::PathKey { receipt, path_key })),
        ("claim-facts", Request::Claim(facts)),
        ("claim-onion", Request::Claim(onion)),
        ("claim-onion-chunk", Request::Claim(ClaimRequest::OnionChunk(CHUNK))),
        ("claim-onion-end", Request::Claim(ClaimRequest::OnionEnd)),
    ]
}

fn requests() -> Vec<(&'static str, Request<'static>)> {
    [session_requests(), offer_requests(), payment_requests()].concat()
}

fn session_replies() -> Vec<(&'static str, Reply<'static>)> {
    let hello = HelloAck {
        nonce: Bytes([1, 2, 3, 4, 5, 6, 7, 8]),
        protocol: 1,
        firmware: [0, 1, 0],
        commit: Bytes([0xcc; 20]),
        board: "pico2",
        capacities: Capacities {
            frame: 640,
            chunk: 600,
            window: 4,
            onion: 32_834,
            longest_ms: 5_000,
        },
        state: State::Ready,
        network: Some(Network::Signet),
        node: Some(NODE),
    };
    let status = Status {
        state: State::Unprovisioned,
        working_on: Some(1),
        permille: 500,
        reset: ResetReason::Watchdog,
        alarm: Some(30),
    };
    let info = Info {
        uptime: 60,
        now: Some(1_700_000_000),
        epoch: 1,
        revoked: 2,
        signed: 3,
        released: 4,
        log: 5,
        stack: 9_000,
        seed: SeedAtRest::Sealed,
    };
    vec![
        ("hello", Reply::Hello(hello)),
        ("pong", Reply::Pong),
        ("status", Reply::Status(status)),
        ("busy", Reply::Busy { permille: 500 }),
        ("credits", Reply::Credits { window: 4 }),
        ("ignored", Reply::Ignored),
        ("done", Reply::Done),
        (
            "error",
            Reply::Error(ErrorReply {
                code: Code::INVALID_FIELD,
                field: Some(82),
                offset: Some(100),
            }),
        ),
        (
            "error-policy",
            Reply::Error(ErrorReply { code: Code::policy(12), field: None, offset: None }),
        ),
        ("awaiting-approval", Reply::AwaitingApproval { prompt: 5 }),
        ("info", Reply::Info(info)),
    ]
}

fn work_replies() -> Vec<(&'static str, Reply<'static>)> {
    let record =
        LogRecord { index: 7, time: 1_700_000_000, code: Code(0), subject: 8, amount_msat: 1_000 };
    let line = PromptLine { label: "Amount", text: "1,000 msat", source: Source::Device };
    let note = PromptLine { label: "Note", text: "thanks", source: Source::Stranger };
    let outgoing = Outgoing {
        destination: Destination::Channel { direction: 0, short_channel_id: 300 },
        path_key: Bytes([3; 33]),
        length: 1_366,
        receipt: Some(&[9, 9]),
        summary: Some(SUMMARY),
    };
    let paths = NeedPaymentPaths {
        amount_msat: 1_000,
        payment_hash: ID,
        created_at: 1_700_000_000,
        relative_expiry: 7_200,
    };
    let change = RuleChange { rule: 12, old: Some(300), new: None };
    let key = Secret::new(&[4; 32]);
    let pay = Pay { payment_hash: ID, amount_msat: 1_000, length: 700 };
    vec![
        ("need-payment-paths", Reply::NeedPaymentPaths(paths)),
        ("outgoing", Reply::Outgoing(outgoing)),
        ("pay", Reply::Pay(pay)),
        ("chunk", Reply::Chunk(CHUNK)),
        ("created", Reply::Created { offer: ID, length: 400 }),
        ("offers", Reply::Offers(packed(&[OFFER]))),
        ("offer", Reply::Offer(OFFER)),
        ("claimed", Reply::Claimed { preimage: key }),
        ("part-claimed", Reply::PartClaimed { missing_msat: 500 }),
        ("exported", Reply::Exported { length: 700 }),
        ("log", Reply::Log(packed(&[record]))),
        ("rules", Reply::Rules(packed(&[RuleValue { rule: 12, value: Some(300) }]))),
        ("rules-changed", Reply::RulesChanged(packed(&[change]))),
        ("time", Reply::Time { now: 1_700_000_000 }),
        ("bridge-key", Reply::BridgeKey { key }),
        ("pinned", Reply::Pinned { recipient: Some(NODE), introduction_nodes: packed(&[NODE]) }),
        ("prompt", Reply::Prompt(packed(&[line, note]))),
        ("words", Reply::Words(Secret::new(b"abandon about"))),
        ("signer", Reply::Signer { node: NODE }),
    ]
}

fn replies() -> Vec<(&'static str, Reply<'static>)> {
    [session_replies(), work_replies()].concat()
}

fn check<T>(file: &str, samples: Vec<(&'static str, T)>)
where
    T: Body<'static> + Clone + PartialEq + core::fmt::Debug,
{
    let mut golden: BTreeMap<&str, &str> =
        file.lines().map(|line| line.split_once(' ').unwrap()).collect();
    for (name, body) in samples {
        let message = Message { id: 1, body };
        let mut bytes = [0; 1_016];
        let written = hex::encode(postcard::to_slice(&message, &mut bytes).unwrap());
        assert_eq!(golden.remove(name), Some(written.as_str()), "{name}");

        let wire: &'static [u8] =
            Vec::leak(FrameEncoder::new().encode(0, &message).unwrap().to_vec());
        let decoder = Box::leak(Box::new(FrameDecoder::new()));
        let frame = decoder.next(&mut &*wire).unwrap().unwrap();
        assert_eq!(frame.message::<T>(), Ok(message), "{name}");
    }
    assert!(golden.is_empty(), "vectors of no message: {golden:?}");
}

#[test]
fn every_request_has_its_golden_bytes() {
    check(include_str!("../golden/requests.txt"), requests());
}

#[test]
fn every_reply_has_its_golden_bytes() {
    check(include_str!("../golden/replies.txt"), replies());
}

#[test]
fn urgent_requests_are_read_as_they_are_among_all_and_no_others_are() {
    let mut frames = FrameEncoder::new();
    for (name, body) in requests() {
        let urgent = match name {
            "ping" => Ok(Urgent::Ping),
            "status" => Ok(Urgent::Status),
            "cancel" => Ok(Urgent::Cancel { request: 300 }),
            "hello" => Err(BodyError::TrailingBytes),
            _ => Err(BodyError::Malformed),
        };
        let wire = frames.encode(0, &Message { id: 1, body }).unwrap();
        let mut decoder = FrameDecoder::new();
        let frame = decoder.next(&mut &*wire).unwrap().unwrap();
        assert_eq!(frame.message(), urgent.map(|body| Message { id: 1, body }), "{name}");
    }
}

#[test]
fn every_number_of_a_request_and_of_a_reply_has_a_vector() {
    let numbers = |file: &str| {
        let mut seen: Vec<u8> = file
            .lines()
            .map(|line| hex::decode(line.split_once(' ').unwrap().1).unwrap()[1])
            .collect();
        seen.sort_unstable();
        seen.dedup();
        seen
    };
    assert_eq!(numbers(include_str!("../golden/requests.txt")), (0..=22).collect::<Vec<_>>());
    assert_eq!(numbers(include_str!("../golden/replies.txt")), (0..=28).collect::<Vec<_>>());
}

#[test]
fn the_documents_examples_are_the_golden_bytes() {
    let document = include_str!("../PROTOCOL.md");
    let (before, replies) = document.split_once("## 8. Replies").unwrap();
    for (part, file) in [
        (before, include_str!("../golden/requests.txt")),
        (replies, include_str!("../golden/replies.txt")),
    ] {
        for line in file.lines().filter(|line| !line.starts_with("error-policy")) {
            let (name, bytes) = line.split_once(' ').unwrap();
            let (start, end) = (format!("| `{name}` | "), format!("| `{bytes}` |"));
            let row = part.lines().find(|row| row.starts_with(&start));
            assert!(row.is_some_and(|row| row.ends_with(&end)), "{name}");
        }
    }
}

#[test]
fn every_error_is_in_the_document() {
    let document = include_str!("../PROTOCOL.md");
    let (_, errors) = document.split_once("## 10. Errors").unwrap();
    let newer = Code(9_999).meaning();
    for code in (0..500).chain(600..1_000).map(Code) {
        let row = format!("| {} | {} |", code.0, code.meaning());
        assert_eq!(errors.contains(&row), code.meaning() != newer, "{code}");
    }
}

#[test]
fn lists_are_read_as_they_were_written() {
    let Request::Offer(OfferRequest::Path { hops, .. }) = &offer_requests()[1].1 else { panic!() };
    assert_eq!(hops.iter().count(), 2);
    assert!(hops.iter().all(|hop| hop.unwrap().node == NODE));
}

#[test]
fn secrets_do_not_show() {
    for (name, request) in requests() {
        let shown = format!("{request:?}");
        assert!(!shown.contains("abandon") && !shown.contains("97, 98"), "{name}: {shown}");
    }
    for (name, reply) in replies() {
        let shown = format!("{reply:?}");
        let leaks =
            shown.contains("abandon") || shown.contains("04040404") || shown.contains("4, 4");
        assert!(!leaks, "{name}: {shown}");
    }
}

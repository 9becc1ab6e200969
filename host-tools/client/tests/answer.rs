//! A payer's request through the client and a simulated device, and back: also when the cable or the
//! power goes in the middle.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that panics has failed, which is its purpose"
)]
#![expect(clippy::std_instead_of_alloc, reason = "a host program has std")]
#![expect(clippy::large_stack_frames, reason = "a host has stack")]
#![expect(clippy::tests_outside_test_module, reason = "this file is nothing but tests")]

use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use countersign_client::{
    Accepted, Access, Client, Collected, Error, NoPaths, OfferPath, OfferTerms, Onion, Outcome,
    PaymentPart, PaymentPath, PaymentPaths, PaymentPathsSource, RecipientHop, Waiting,
};
use countersign_crypto::{Curve, sha256};
use countersign_link::{
    Bytes, Code, Destination, ErrorForm, MessageHop, NeedPaymentPaths, Network, NextHop, NodeId,
    Padding, PaymentHop, Price, Seal,
};
use countersign_offers::{ChainHash, Field};
use countersign_policy::Rule;
use countersign_simulator::{
    Board, Buttons, Entropy, Flash, Line, Press, PromptText, Script, Simulator,
};
use countersign_tests::htlc::{AMOUNT, Sent};
use countersign_tests::onion::{secret_key, with_curve};
use countersign_tests::payer::{self, InFlight, Wish};
use countersign_tests::records;
use countersign_tests::shop::{NOW, WORDS};
use tokio::runtime::{Builder, Runtime};

/// A merchant's device with one offer, and what a payer knows about it.
struct Shop {
    runtime: Runtime,
    simulator: Arc<Simulator>,
    client: Client,
    offer: Vec<u8>,
    paths: PaymentPaths,
}

impl Shop {
    fn open(curve: &Curve<'_>) -> Self {
        Self::with_buttons(curve, Box::new(Script::new(Press::Confirm)))
    }

    fn with_buttons(curve: &Curve<'_>, buttons: Box<dyn Buttons>) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let mut board = Board::new(Flash::in_memory(), buttons);
        board.entropy = Entropy::seeded(3);
        let simulator = Arc::new(Simulator::start(board, Line::cable()).unwrap());
        let relay = Bytes(payer::relay().public_key(curve).serialize());
        let recipient = Bytes(secret_key(&[2; 32]).public_key(curve).serialize());
        let access = Access::Simulator(Arc::clone(&simulator));
        let (client, offer) = runtime.block_on(async {
            let mut client = Client::open(access, |_| {}).await.unwrap();
            client.restore(WORDS, Network::Regtest).await.unwrap();
            client.set_time(NOW).await.unwrap();
            client.pin_recipient(recipient, None).await.unwrap();
            client.pin_introduction_nodes(&[relay]).await.unwrap();
            let offer = client.create_offer(&coffee(relay)).await.unwrap();
            (client, payer::records(&offer.text))
        });
        Self { runtime, simulator, client, offer, paths: payment_paths(relay, recipient) }
    }

    /// What reaches the device of a payer's request, whose reply path has `padding` bytes more in
    /// each of its two hops.
    fn request(&self, curve: &Curve<'_>, padding: usize) -> (Vec<u8>, InFlight) {
        self.wish(curve, padding, &Wish::default())
    }

    fn wish(&self, curve: &Curve<'_>, padding: usize, wish: &Wish<'_>) -> (Vec<u8>, InFlight) {
        let request = payer::request(curve, &self.offer, wish);
        let nodes = [payer::relay().public_key(curve), payer::payer().public_key(curve)];
        let reply_path = payer::reply_path(curve, &nodes, padding);
        let sent = payer::send(curve, &self.offer, &request, &reply_path);
        (request, payer::pass(curve, &payer::relay(), &sent))
    }

    fn answer(&mut self, onion: &InFlight, source: &mut impl PaymentPathsSource) -> Outcome {
        let onion = Onion { path_key: &onion.path_key, packet: &onion.packet };
        let answer = self.client.answer(onion, ErrorForm::Specification, source);
        self.runtime.block_on(answer).unwrap()
    }
}

/// A merchant who confirms everything, unless they are away.
#[derive(Clone, Default)]
struct Sometimes(Arc<AtomicBool>);

impl Sometimes {
    fn is_away(&self, away: bool) {
        self.0.store(away, Ordering::Relaxed);
    }
}

impl Buttons for Sometimes {
    fn show(&mut self, _prompt: &[PromptText]) {}

    fn clear(&mut self) {}

    fn pressed(&mut self) -> Option<Press> {
        (!self.0.load(Ordering::Relaxed)).then_some(Press::Confirm)
    }
}

fn coffee(relay: NodeId) -> OfferTerms {
    let hop = MessageHop { node: relay, named: Destination::Node(relay), next: NextHop::NodeId };
    OfferTerms {
        price: Price::Msat(10_000),
        description: Some("coffee".to_owned()),
        issuer: None,
        quantity_max: None,
        expiry: None,
        issuer_id: true,
        paths: vec![OfferPath { hops: vec![hop], padding: Padding::Equal }],
    }
}

fn payment_paths(relay: NodeId, recipient: NodeId) -> PaymentPaths {
    let hop = PaymentHop {
        node: relay,
        short_channel_id: 1,
        cltv_expiry_delta: 40,
        fee_proportional_millionths: 100,
        fee_base_msat: 10,
        htlc_minimum_msat: 1,
        htlc_maximum_msat: 1_000_000_000,
    };
    let recipient = RecipientHop {
        node: recipient,
        records: Vec::new(),
        seal: Seal::Plain,
        min_final_cltv_expiry_delta: 18,
        max_cltv_expiry: 900_000,
        htlc_minimum_msat: 1,
        htlc_maximum_msat: 10_000_000_000,
    };
    PaymentPaths { paths: vec![PaymentPath { hops: vec![hop], recipient }], multipart: false }
}

/// What the payer makes of the answer: the payment hash and the amount of a verified invoice.
fn verified(curve: &Curve<'_>, request: &[u8], outcome: Outcome) -> ([u8; 32], u64) {
    let (number, content) = received(curve, outcome);
    assert_eq!(number, 66, "an invoice");
    payer::verify(curve, request, &content)
}

fn received(curve: &Curve<'_>, outcome: Outcome) -> (u64, Vec<u8>) {
    let Outcome::Outgoing(outgoing) = outcome else { panic!("{outcome:?}") };
    let relay = Bytes(payer::relay().public_key(curve).serialize());
    assert_eq!(outgoing.destination, Destination::Node(relay));
    let answer = InFlight { path_key: outgoing.path_key, packet: outgoing.packet };
    let at_payer = payer::pass(curve, &payer::relay(), &answer);
    payer::receive(curve, &payer::payer(), &at_payer)
}

/// What happens to the device when it asks for payment paths for the first time.
#[derive(Clone, Copy, Debug)]
enum Mishap {
    PowerCut,
    OtherCable,
}

/// Knows the paths, and has a mishap the first time.
struct Unlucky {
    simulator: Arc<Simulator>,
    mishap: Mishap,
    paths: PaymentPaths,
    needs: Vec<NeedPaymentPaths>,
}

impl PaymentPathsSource for Unlucky {
    async fn payment_paths(&mut self, need: NeedPaymentPaths) -> Option<PaymentPaths> {
        if self.needs.is_empty() {
            match self.mishap {
                Mishap::PowerCut => {
                    self.simulator.unplug().unwrap();
                    self.simulator.plug_in().unwrap();
                }
                Mishap::OtherCable => drop(self.simulator.connect().unwrap()),
            }
        }
        self.needs.push(need);
        Some(self.paths.clone())
    }
}

#[test]
fn a_request_of_either_size_gets_an_invoice_that_the_payer_verifies() {
    with_curve(|curve| {
        let mut shop = Shop::open(curve);
        for (padding, length) in [(0, 1_366), (700, 32_834)] {
            let (request, onion) = shop.request(curve, padding);
            assert_eq!(onion.packet.len(), length);
            let mut paths = shop.paths.clone();
            let outcome = shop.answer(&onion, &mut paths);
            let Outcome::Outgoing(outgoing) = &outcome else { panic!("{outcome:?}") };
            assert!(outgoing.receipt.is_some());
            let summary = outgoing.summary.unwrap();
            let (hash, amount) = verified(curve, &request, outcome);
            assert_eq!((hash, amount), (summary.payment_hash.0, summary.amount_msat));
            assert_eq!(amount, 10_000);
        }
    });
}

#[test]
fn a_request_outlives_a_power_cut_and_a_lost_cable_and_is_signed_for_one_hash() {
    for mishap in [Mishap::PowerCut, Mishap::OtherCable] {
        with_curve(|curve| {
            let mut shop = Shop::open(curve);
            let (request, onion) = shop.request(curve, 0);
            let (simulator, paths) = (Arc::clone(&shop.simulator), shop.paths.clone());
            let mut source = Unlucky { simulator, mishap, paths, needs: Vec::new() };
            let outcome = shop.answer(&onion, &mut source);
            let (hash, _) = verified(curve, &request, outcome);
            let [first, second] = source.needs.as_slice() else {
                panic!("{mishap:?}: asked twice")
            };
            assert_eq!(first.payment_hash, second.payment_hash, "{mishap:?}");
            assert_eq!(second.payment_hash.0, hash, "{mishap:?}");
        });
    }
}

#[test]
fn a_request_repeated_by_the_payer_gets_the_same_payment_hash() {
    with_curve(|curve| {
        let mut shop = Shop::open(curve);
        let (request, onion) = shop.request(curve, 0);
        let mut hashes = Vec::new();
        for _ in 0..3 {
            let mut paths = shop.paths.clone();
            let outcome = shop.answer(&onion, &mut paths);
            hashes.push(verified(curve, &request, outcome).0);
        }
        hashes.dedup();
        assert_eq!(hashes.len(), 1);
    });
}

#[test]
fn a_request_that_waits_for_the_merchant_holds_nobody_up() {
    with_curve(|curve| {
        let merchant = Sometimes::default();
        let mut shop = Shop::with_buttons(curve, Box::new(merchant.clone()));
        let limit = [(Rule::LargestUnattended, Some(10_000))];
        shop.runtime.block_on(shop.client.propose_rules(&limit)).unwrap();
        let dear = Wish { amount: Some(10_001), ..Wish::default() };
        let (request, onion) = shop.wish(curve, 0, &dear);
        let (quick, quick_onion) = shop.request(curve, 0);
        let mut paths = shop.paths.clone();

        merchant.is_away(true);
        let outcome = shop.answer(&onion, &mut paths);
        let Outcome::WithMerchant(Waiting::Prompt(prompt)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(shop.answer(&onion, &mut paths), Outcome::WithMerchant(Waiting::Turn));
        let outcome = shop.answer(&quick_onion, &mut paths);
        assert_eq!(verified(curve, &quick, outcome).1, 10_000);
        assert!(shop.runtime.block_on(shop.client.is_with_merchant(prompt)).unwrap());

        merchant.is_away(false);
        while shop.runtime.block_on(shop.client.is_with_merchant(prompt)).unwrap() {}
        merchant.is_away(true);
        let outcome = shop.answer(&onion, &mut paths);
        assert_eq!(verified(curve, &request, outcome).1, 10_001);
    });
}

#[test]
fn under_the_onion_rule_the_parts_of_a_payment_get_the_preimage_with_the_last() {
    with_curve(|curve| {
        let mut shop = Shop::open(curve);
        let rules = [(Rule::Release, Some(0)), (Rule::Multipart, Some(1))];
        shop.runtime.block_on(shop.client.propose_rules(&rules)).unwrap();
        let mut paths = shop.paths.clone();
        let [path] = paths.paths.as_mut_slice() else { panic!("one path") };
        let relay = PaymentHop { cltv_expiry_delta: 48, ..path.hops[0] };
        let paid = PaymentHop { node: path.recipient.node, short_channel_id: 0, ..relay };
        path.hops = vec![relay, paid];
        // The device has got its node id since it was greeted.
        shop.client.close();
        shop.runtime.block_on(shop.client.status()).unwrap();
        path.recipient.node = shop.client.hello().node.unwrap();
        paths.multipart = true;

        let (request, onion) = shop.request(curve, 0);
        let Outcome::Outgoing(outgoing) = shop.answer(&onion, &mut paths) else { panic!("signed") };
        let receipt = outgoing.receipt.clone().unwrap();
        let (_, invoice) = received(curve, Outcome::Outgoing(outgoing));
        let (payment_hash, _) = payer::verify(curve, &request, &invoice);
        let mut claim = |amount: u64, session: u8| {
            let sent = Sent { amount, total: AMOUNT, expiry: 800_000, payment_hash, session };
            let htlc = sent.over(curve, &invoice, 0);
            let part = PaymentPart {
                path_key: &htlc.path_key,
                packet: &htlc.onion,
                amount_msat: htlc.amount,
                cltv_expiry: htlc.expiry,
            };
            shop.runtime.block_on(shop.client.claim_with_onion(&receipt, part))
        };
        assert_eq!(claim(4_000, 1).unwrap(), Collected::Missing(6_000));
        let Collected::Preimage(preimage) = claim(6_000, 2).unwrap() else { panic!("complete") };
        assert_eq!(sha256(&[&*preimage]), payment_hash);
    });
}

#[test]
fn without_a_payment_path_the_payer_gets_an_invoice_error() {
    with_curve(|curve| {
        let mut shop = Shop::open(curve);
        let (_, onion) = shop.request(curve, 0);
        let outcome = shop.answer(&onion, &mut NoPaths);
        assert_eq!(received(curve, outcome).0, 68);
    });
}

/// What is wrong with a payment path, how the device refuses it, and what to do about it.
type Mistake = (fn(&mut PaymentPath), Code, &'static str);

#[test]
fn payment_paths_that_the_device_does_not_take_are_told_from_every_other_refusal() {
    let wrong: [Mistake; 6] = [
        (|path| path.recipient.node = path.hops[0].node, Code::policy(40), "pair recipient"),
        (|path| path.hops = vec![path.hops[0]; 8], Code::policy(49), "a shorter path"),
        // More hops, and longer records, than fit a frame.
        (|path| path.hops = vec![path.hops[0]; 100], Code::policy(49), "a shorter path"),
        (|path| path.recipient.records = vec![7; 2_000], Code::TOO_LONG, "shorter records"),
        (|path| path.recipient.records = vec![14, 0], Code::UNREADABLE, "end at the recipient"),
        (|path| path.recipient.seal = Seal::ReceiveAuth, Code::NOT_FOUND, "--receive-auth-key"),
    ];
    with_curve(|curve| {
        let mut shop = Shop::open(curve);
        let (request, onion) = shop.request(curve, 0);
        let arrived = Onion { path_key: &onion.path_key, packet: &onion.packet };
        for (change, code, remedy) in wrong {
            let mut paths = shop.paths.clone();
            change(&mut paths.paths[0]);
            let answer = shop.client.answer(arrived, ErrorForm::Specification, &mut paths);
            let error = shop.runtime.block_on(answer).unwrap_err();
            assert!(matches!(error, Error::PathsRefused(_)), "{error:?}");
            assert_eq!(error.code(), Some(code));
            assert!(error.to_string().contains(remedy), "{error}");
        }
        let mut paths = shop.paths.clone();
        let outcome = shop.answer(&onion, &mut paths);
        assert_eq!(verified(curve, &request, outcome).1, 10_000, "nothing is left of them");
    });
}

#[test]
fn what_is_not_for_the_device_is_answered_with_silence() {
    with_curve(|curve| {
        let mut shop = Shop::open(curve);
        let (_, mut onion) = shop.request(curve, 0);
        for byte in onion.packet.iter_mut().rev().take(1) {
            *byte ^= 1;
        }
        assert_eq!(shop.answer(&onion, &mut NoPaths), Outcome::Silence);
    });
}

#[test]
fn a_refund_of_somebodys_gets_an_invoice_that_its_payer_verifies() {
    with_curve(|curve| {
        let mut shop = Shop::open(curve);
        let nodes = [payer::relay().public_key(curve), payer::payer().public_key(curve)];
        let refund = records::refund()
            .with(Field::INVREQ_CHAIN, ChainHash::REGTEST.0)
            .with(Field::INVREQ_PAYER_NOTE, "n".repeat(500))
            .with(Field::INVREQ_PATHS, payer::reply_path(curve, &nodes, 300))
            .bytes();
        assert!(refund.len() > 600, "more than one chunk");
        let mut paths = shop.paths.clone();
        let accepted = shop.client.accept_refund(&refund, 0, &mut paths);
        let accepted = shop.runtime.block_on(accepted).unwrap();
        let Accepted::Invoice(outgoing) = accepted else { panic!("{accepted:?}") };
        let hash = outgoing.summary.unwrap().payment_hash.0;
        assert_eq!(verified(curve, &refund, Outcome::Outgoing(outgoing)), (hash, 100));

        let mut none = NoPaths;
        let refused = shop.client.accept_refund(&refund, 0, &mut none);
        assert_eq!(shop.runtime.block_on(refused).unwrap_err().code(), Some(Code::policy(48)));
    });
}

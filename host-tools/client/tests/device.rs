//! A client and a simulated device over every kind of line.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed, which is its purpose"
)]
#![expect(clippy::std_instead_of_alloc, reason = "a host program has std")]
#![expect(clippy::large_stack_frames, reason = "a host has stack")]
#![expect(clippy::tests_outside_test_module, reason = "this file is nothing but tests")]

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use countersign_client::{Access, Client, Error, Event, OfferPath, OfferTerms};
use countersign_link::{
    Bytes, Code, Destination, MessageHop, Network, NextHop, NodeId, PROTOCOL, Padding, Price,
    Standing, State,
};
use countersign_policy::Rule;
use countersign_simulator::{Board, Entropy, Flash, Line, Press, Script, Simulator};
use countersign_tests::other_firmware;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, UnixStream};

const WORDS: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon \
                     abandon abandon abandon abandon abandon abandon abandon abandon abandon \
                     abandon abandon abandon abandon abandon art";

/// The curve's base point: somebody's node.
const RELAY: &str = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
/// Twice the base point: somebody else's.
const BRIDGE: &str = "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5";

const NOW: u64 = 1_800_000_000;

fn board(press: Press) -> Board {
    let mut board = Board::new(Flash::in_memory(), Box::new(Script::new(press)));
    board.entropy = Entropy::seeded(7);
    board
}

fn node(hex: &str) -> NodeId {
    Bytes(hex::decode(hex).unwrap().try_into().unwrap())
}

fn hop(hex: &str) -> MessageHop {
    MessageHop { node: node(hex), named: Destination::Node(node(hex)), next: NextHop::NodeId }
}

fn terms() -> OfferTerms {
    OfferTerms {
        price: Price::Msat(10_000),
        description: Some("a cup of tea".to_owned()),
        issuer: None,
        quantity_max: None,
        expiry: None,
        issuer_id: true,
        paths: vec![OfferPath { hops: vec![hop(RELAY), hop(BRIDGE)], padding: Padding::Equal }],
    }
}

async fn open(access: Access) -> Client {
    Client::open(access, |_| {}).await.unwrap()
}

/// What a merchant does on the first day.
async fn first_day(access: Access) {
    let mut client = open(access).await;
    assert_eq!(client.hello().state, State::Unprovisioned);
    assert_eq!(client.info().await.unwrap().now, None);
    let unprovisioned = client.rules().await.unwrap_err();
    assert_eq!(unprovisioned.code(), Some(Code::UNPROVISIONED));
    assert!(unprovisioned.to_string().contains("countersign device provision"));

    client.restore(WORDS, Network::Regtest).await.unwrap();
    assert_eq!(client.status().await.unwrap().state, State::Ready);
    assert_eq!(client.hello().network, Some(Network::Regtest));
    client.expect_network(Network::Regtest).unwrap();
    let wrong = client.expect_network(Network::Bitcoin).unwrap_err();
    assert!(matches!(wrong, Error::OtherNetwork { device: "regtest", wanted: "bitcoin" }));
    assert!(wrong.to_string().contains("countersign device wipe"), "{wrong}");

    assert_eq!(client.set_time(NOW).await.unwrap(), NOW);
    client.propose_rules(&[(Rule::LargestUnattended, Some(5_000_000))]).await.unwrap();
    let rules = client.rules().await.unwrap();
    let number = Rule::LargestUnattended.number();
    let rule = rules.iter().find(|rule| rule.rule == number).unwrap();
    assert_eq!(rule.value, Some(5_000_000));

    client.pin_recipient(node(RELAY), None).await.unwrap();
    client.pin_introduction_nodes(&[node(RELAY), node(BRIDGE)]).await.unwrap();
    let pinned = client.pinned().await.unwrap();
    assert_eq!(pinned.recipient, Some(node(RELAY)));
    assert_eq!(pinned.introduction_nodes, [node(RELAY), node(BRIDGE)]);

    let issued = client.create_offer(&terms()).await.unwrap();
    assert!(issued.text.starts_with("lno1"), "{}", issued.text);
    let listed = client.offers().await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].offer.0, listed[0].standing), (issued.offer, Standing::Current));
    client.revoke_offer(issued.offer).await.unwrap();
    assert_eq!(client.offer(issued.offer).await.unwrap().standing, Standing::Revoked);

    let key = client.bridge_key().await.unwrap();
    assert_eq!(*client.bridge_key().await.unwrap(), *key);
    assert!(!client.log(0).await.unwrap().is_empty());
    let export = client.export().await.unwrap();
    client.import(&export).await.unwrap();
}

#[tokio::test]
async fn the_first_day_in_process() {
    let simulator = Simulator::start(board(Press::Confirm), Line::cable()).unwrap();
    first_day(Access::Simulator(Arc::new(simulator))).await;
}

#[tokio::test]
async fn the_first_day_over_a_pseudo_terminal() {
    let (line, path) = Line::pty().unwrap();
    let _simulator = Simulator::start(board(Press::Confirm), line).unwrap();
    first_day(Access::Serial(path)).await;
}

#[tokio::test]
async fn the_first_day_over_a_unix_socket() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("device");
    let _simulator = Simulator::start(board(Press::Confirm), Line::unix(&path).unwrap()).unwrap();
    first_day(Access::Unix(path)).await;
}

#[tokio::test]
async fn the_first_day_over_tcp() {
    let (line, address) = Line::tcp("127.0.0.1:0").unwrap();
    let _simulator = Simulator::start(board(Press::Confirm), line).unwrap();
    first_day(Access::Tcp(address.to_string())).await;
}

#[tokio::test]
async fn a_merchant_who_says_no_is_obeyed() {
    let simulator = Simulator::start(board(Press::Cancel), Line::cable()).unwrap();
    let mut client = open(Access::Simulator(Arc::new(simulator))).await;
    let refused = client.restore(WORDS, Network::Regtest).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::NOT_APPROVED));
    assert_eq!(client.status().await.unwrap().state, State::Unprovisioned);
}

#[tokio::test]
async fn a_button_that_is_wanted_is_told() {
    let approvals = Arc::new(Mutex::new(0));
    let simulator = Simulator::start(board(Press::Confirm), Line::cable()).unwrap();
    let counted = Arc::clone(&approvals);
    let mut client = Client::open(Access::Simulator(Arc::new(simulator)), move |event| {
        if matches!(event, Event::AwaitingApproval(_)) {
            *counted.lock().unwrap() += 1;
        }
    })
    .await
    .unwrap();
    client.restore(WORDS, Network::Regtest).await.unwrap();
    assert_eq!(*approvals.lock().unwrap(), 1);
}

#[tokio::test]
async fn what_is_in_flash_outlives_the_power() {
    let directory = tempfile::tempdir().unwrap();
    let path: PathBuf = directory.path().join("device.flash");
    let mut board = board(Press::Confirm);
    board.flash = Flash::in_file(&path).unwrap();
    let simulator = Arc::new(Simulator::start(board, Line::cable()).unwrap());
    let mut client = open(Access::Simulator(Arc::clone(&simulator))).await;
    client.restore(WORDS, Network::Signet).await.unwrap();
    client.status().await.unwrap();
    let node = client.hello().node;
    assert!(node.is_some());

    simulator.unplug().unwrap();
    simulator.plug_in().unwrap();
    assert_eq!(client.status().await.unwrap().state, State::Ready);
    assert_eq!(client.hello().node, node);

    drop((client, simulator));
    let flash = Flash::in_file(&path).unwrap();
    let script = Box::new(Script::new(Press::Confirm));
    let simulator = Simulator::start(Board::new(flash, script), Line::cable()).unwrap();
    let client = open(Access::Simulator(Arc::new(simulator))).await;
    assert_eq!((client.hello().node, client.hello().network), (node, Some(Network::Signet)));
}

#[tokio::test]
async fn a_device_without_a_screen_hands_the_new_words_to_the_host() {
    let words = Arc::new(Mutex::new(None));
    let mut board = board(Press::Confirm);
    board.screen = countersign_simulator::Screen::None;
    board.reaction = core::time::Duration::from_millis(500);
    let simulator = Simulator::start(board, Line::cable()).unwrap();
    let shown = Arc::clone(&words);
    let mut client = Client::open(Access::Simulator(Arc::new(simulator)), move |event| {
        if let Event::Words(words) = event {
            *shown.lock().unwrap() = Some(words.reveal().to_owned());
        }
    })
    .await
    .unwrap();
    client.provision(Network::Regtest).await.unwrap();
    let words = words.lock().unwrap().take().unwrap();
    assert_eq!(words.split(' ').count(), 24);
}

#[tokio::test]
async fn a_first_connection_that_breaks_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let simulator = Simulator::start(board(Press::Confirm), Line::cable()).unwrap();
    let doorman = tokio::spawn(async move {
        drop(listener.accept().await.unwrap());
        let (mut host, _) = listener.accept().await.unwrap();
        let cable = simulator.connect().unwrap();
        cable.set_nonblocking(true).unwrap();
        let mut cable = UnixStream::from_std(cable).unwrap();
        // The host hangs up in the end.
        let _hung_up = copy_bidirectional(&mut host, &mut cable).await;
    });
    let client = open(Access::Tcp(address)).await;
    assert_eq!(client.hello().state, State::Unprovisioned);
    drop(client);
    doorman.await.unwrap();
}

#[tokio::test]
async fn an_absent_device_is_said_to_be_absent() {
    let absent = Client::open(Access::Serial("/dev/no-such-port".into()), |_| {}).await;
    let error = absent.unwrap_err();
    assert!(matches!(error, Error::NoDevice(..)), "{error}");
    assert!(error.to_string().contains("plug it in"), "{error}");
    let absent = Client::open(Access::Tcp("127.0.0.1:1".to_owned()), |_| {}).await;
    assert!(matches!(absent.unwrap_err(), Error::NoDevice(..)));
}

#[tokio::test]
async fn a_port_in_use_is_said_to_be_in_use() {
    let (line, path) = Line::pty().unwrap();
    let _simulator = Simulator::start(board(Press::Confirm), line).unwrap();
    let _client = open(Access::Serial(path.clone())).await;
    let second = Client::open(Access::Serial(path), |_| {}).await.unwrap_err();
    assert!(matches!(second, Error::PortBusy(..)), "{second:?}");
    assert!(second.to_string().contains("end the other program"), "{second}");
}

#[tokio::test]
async fn firmware_of_another_protocol_version_is_named_with_what_is_to_be_updated() {
    for (protocol, remedy) in
        [(PROTOCOL - 1, "update the firmware"), (PROTOCOL + 1, "update this program")]
    {
        let access = Access::Tcp(other_firmware::speaking(protocol).to_string());
        let error = Client::open(access, |_| {}).await.unwrap_err();
        assert!(matches!(error, Error::OtherProtocol { device, .. } if device == protocol));
        let message = error.to_string();
        assert!(message.contains("firmware 9.8.7"), "{message}");
        assert!(message.ends_with(remedy), "{message}");
    }
}

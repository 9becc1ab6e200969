//! A host that never stops talking holds nothing up, and keeps no board alive that hangs.

use core::time::Duration;

use countersign_board_tests::{Chip, END, Host};
use countersign_firmware::Press;
use countersign_link::{PathsRequest, Provision, Reply, Request};
use countersign_tests::onion::with_curve;
use countersign_tests::payer::InFlight;

const PAGES: usize = 4;

/// The watchdog's patience: `Watchdog::PATIENCE` of the board.
const PATIENCE: Duration = Duration::from_secs(4);

/// How many pings are under way at once: far more than the core takes steps for a request.
const FLOOD: u32 = 2_000;

/// What has the core work on an onion, in some steps: the customer is told that there is no way.
const NO_PATHS: Request<'static> = Request::Paths(PathsRequest::None);

/// A shop and a customer's message to it.
fn shop() -> (Host, InFlight) {
    let mut host = Host::boot(&Chip::of_a_shop(PAGES)).unwrap();
    let message = with_curve(|curve| host.open_for(curve)).unwrap();
    (host, message)
}

/// Hands `message` over until the device asks for payment paths, and returns the request's id.
fn up_to_its_paths(host: &mut Host, message: &InFlight) -> u32 {
    let id = host.id();
    host.bring(id, message).unwrap();
    host.tell(id, &END);
    while !matches!(host.answer().unwrap().reply(), Reply::NeedPaymentPaths(_)) {}
    id
}

fn ping(host: &mut Host, count: u32) {
    for _ in 0..count {
        let id = host.id();
        host.tell(id, &Request::Ping);
    }
}

#[test]
fn pings_without_end_do_not_hold_up_the_core() {
    let (mut host, message) = shop();
    let id = up_to_its_paths(&mut host, &message);
    host.tell(id, &NO_PATHS);
    ping(&mut host, FLOOD);
    host.turn().unwrap();
    let mut pongs = 0;
    loop {
        let said = host.heard().expect("the request is answered");
        match said.reply() {
            Reply::Pong => pongs += 1,
            Reply::Busy { .. } => {}
            Reply::Outgoing(_) => break,
            reply => panic!("{reply:?}"),
        }
    }
    assert!((1..FLOOD / 4).contains(&pongs), "{pongs} came first");
}

#[test]
fn pings_without_end_do_not_hold_up_the_buttons() {
    let mut host = Host::boot(&Chip::of_a_shop(PAGES)).unwrap();
    host.hardware.press.set(None);
    host.tell(1, &Request::Provision(Provision::Wipe));
    host.turn().unwrap();
    host.hardware.press.set(Some(Press::Confirm));
    for _ in 0..20 {
        ping(&mut host, 20);
        host.turn().unwrap();
    }
    let said = core::iter::from_fn(|| host.heard());
    assert!(said.into_iter().any(|said| said.reply() == Reply::Done));
}

#[test]
fn nor_those_of_a_prompt_that_was_let_go() {
    let (mut host, message) = shop();
    // Whatever costs more than this is for the merchant to say.
    host.set(&[(12, 1)]).unwrap();
    host.hardware.press.set(None);
    let id = host.id();
    host.bring(id, &message).unwrap();
    host.tell(id, &END);
    host.turn().unwrap();
    let park = host.id();
    host.tell(park, &Request::Park { request: id });
    host.turn().unwrap();
    let asked = host.hardware.log.borrow().len();
    host.hardware.press.set(Some(Press::Confirm));
    for _ in 0..20 {
        ping(&mut host, 20);
        host.turn().unwrap();
    }
    let log = host.hardware.log.borrow();
    assert!(log[asked..].contains(&countersign_firmware::Event::Pressed), "{log:?}");
}

#[test]
fn a_core_that_gets_nowhere_is_not_fed_for_whatever_arrives() {
    for (pace, is_hanging) in [(Duration::ZERO, false), (Duration::from_millis(200), true)] {
        let (mut host, message) = shop();
        let id = up_to_its_paths(&mut host, &message);
        host.hardware.unfed.set(Duration::ZERO);
        host.hardware.pace.set(pace);
        host.tell(id, &NO_PATHS);
        ping(&mut host, FLOOD);
        host.turn().unwrap();
        host.hardware.pace.set(Duration::ZERO);
        host.turn().unwrap();
        let unfed = host.hardware.unfed.get();
        assert_eq!(unfed > PATIENCE, is_hanging, "{pace:?} a look: unfed for {unfed:?}");
    }
}

//! Every part of a board, and what the application makes of it.

use core::time::Duration;

use countersign_board_tests::{Blind, Chip, Hardware, Host, Noise, Seeing};
use countersign_firmware::{Event, Indication, Press};
use countersign_link::{Network, Provision, Reply, Request, ResetReason, Secret, State};
use countersign_tests::onion::with_curve;
use countersign_tests::scene::code;
use countersign_tests::shop::{NOW, Said};

const PAGES: usize = 4;

fn board() -> Hardware {
    Hardware::with(Chip::blank(PAGES))
}

fn seeing(hardware: Hardware) -> Host {
    Host::at::<Seeing>(hardware).unwrap()
}

fn shop() -> Host {
    Host::boot(&Chip::of_a_shop(PAGES)).unwrap()
}

fn generate() -> Request<'static> {
    let entropy = Secret::new(&[0x5a; 32]);
    Request::Provision(Provision::Generate { entropy, network: Network::Regtest })
}

/// Everything said until nothing is said any more.
fn everything(host: &mut Host) -> Vec<Said> {
    let mut said = Vec::new();
    for _ in 0..100 {
        host.turn().unwrap();
        said.extend(core::iter::from_fn(|| host.heard()));
    }
    said
}

#[test]
fn serial_bytes_come_in_pieces_of_any_size() {
    let mut host = shop();
    host.tell(7, &Request::Ping);
    let frame: Vec<u8> = host.hardware.unread();
    for size in 1..=frame.len() {
        for piece in frame.chunks(size) {
            host.send(piece);
            host.turn().unwrap();
        }
        assert_eq!(host.answer().unwrap().reply(), Reply::Pong, "pieces of {size}");
    }
}

#[test]
fn serial_rubbish_is_answered_or_passed_over_and_costs_nothing() {
    let mut host = shop();
    host.send(&[0, 1, 2, 3, 0]);
    assert!((101..=104).contains(&code(&host.answer().unwrap())));
    host.send(&[0x55; 5_000]);
    host.send(&[0]);
    assert_eq!(code(&host.answer().unwrap()), 101);
    // The beginning of a frame, and nothing more for two seconds.
    host.send(&[5, 6, 7]);
    everything(&mut host);
    assert_eq!(host.say(&Request::Ping).unwrap().reply(), Reply::Pong);
}

#[test]
fn a_serial_port_that_closes_ends_the_conversation_and_nothing_else() {
    let mut host = shop();
    host.hardware.press.set(None);
    host.tell(7, &Request::Provision(Provision::Wipe));
    host.turn().unwrap();
    assert_eq!(host.hardware.light.get(), Some(Indication::Asking));
    host.hang_up().unwrap();
    assert_eq!(host.hardware.light.get(), Some(Indication::Idle));
    // A button that nothing waits for.
    host.hardware.press.set(Some(Press::Confirm));
    everything(&mut host);
    assert_eq!(code(&host.rules().unwrap()), 201, "the next host has to greet");
    assert_eq!(host.state(), Ok(State::Ready));
}

#[test]
fn a_random_source_that_is_stuck_leaves_a_board_that_touches_no_key() {
    for noise in [Noise::Stuck(0), Noise::Stuck(0xff), Noise::Biased(7)] {
        let chip = Chip::of_a_shop(PAGES);
        let (image, hardware) = (chip.image(), Hardware::with(chip.clone()));
        hardware.noise.set(noise);
        let mut host = seeing(hardware);
        assert_eq!(host.state(), Ok(State::Faulty), "{noise:?}");
        assert_eq!(host.say(&Request::Ping).unwrap().reply(), Reply::Pong);
        for said in [host.rules().unwrap(), host.provision().unwrap(), host.wipe().unwrap()] {
            assert_eq!(code(&said), 603);
        }
        assert_eq!(host.hardware.light.get(), Some(Indication::Failed));
        assert!(host.hardware.log.borrow().contains(&Event::Refusing(countersign_link::Code(603))));
        assert_eq!(chip.image(), image);
    }
}

#[test]
fn a_random_source_that_sticks_later_ends_the_work() {
    let mut host = seeing(board());
    host.hardware.noise.set(Noise::Stuck(9));
    assert_eq!(code(&host.say(&generate()).unwrap()), 603);
    assert_eq!(host.state(), Ok(State::Faulty));
    assert_eq!(code(&host.provision().unwrap()), 603);
}

#[test]
fn seeds_of_two_boards_and_of_one_board_twice_differ() {
    let node = |noise, dice: Option<&[u8]>| {
        let hardware = board();
        hardware.noise.set(noise);
        let mut host = seeing(hardware);
        if let Some(dice) = dice {
            host.say(&Request::Entropy(Secret::new(dice))).unwrap();
        }
        assert_eq!(host.say(&generate()).unwrap().reply(), Reply::Done);
        host.node().unwrap()
    };
    let good = node(Noise::Good(1), None);
    assert_eq!(good, node(Noise::Good(1), None), "everything that goes in is here");
    assert_ne!(good, node(Noise::Good(2), None));
    assert_ne!(good, node(Noise::Good(1), Some(b"3 1 4 1 5")));
}

#[test]
fn flash_of_two_pages_is_too_little() {
    let mut host = seeing(Hardware::with(Chip::blank(2)));
    assert_eq!(host.state(), Ok(State::Faulty));
    assert_eq!(code(&host.provision().unwrap()), 801);
}

#[test]
fn buttons_say_yes_and_no_and_nothing_too_soon() {
    for (press, expected) in [(Press::Confirm, Reply::Done), (Press::Cancel, not_approved())] {
        let mut host = seeing(board());
        host.hardware.press.set(Some(press));
        // The finger is on it already.
        host.hardware.hesitation.set(Duration::ZERO);
        let before = host.hardware.now.get();
        assert_eq!(host.provision().unwrap().reply(), expected);
        assert!(host.hardware.now.get() >= before + Duration::from_millis(300));
    }
}

fn not_approved() -> Reply<'static> {
    let code = countersign_link::Code::NOT_APPROVED;
    Reply::Error(countersign_link::ErrorReply { code, field: None, offset: None })
}

#[test]
fn a_screen_shows_every_line_of_a_prompt_and_takes_it_away() {
    let mut host = seeing(board());
    assert_eq!(host.say(&generate()).unwrap().reply(), Reply::Done);
    let prompts = host.hardware.prompts.borrow();
    let shown: Vec<_> = prompts.iter().filter(|lines| !lines.is_empty()).collect();
    assert_eq!(shown.len(), 2, "that a seed is made, and its words: {prompts:?}");
    assert!(shown[1].join(" ").split(' ').count() > 24, "{:?}", shown[1]);
    assert_eq!(prompts.last(), Some(&Vec::new()));
    assert_eq!(host.hardware.light.get(), Some(Indication::Idle));
}

#[test]
fn a_yes_is_one_to_the_last_page_of_a_prompt() {
    for pages in 0..4 {
        let mut host = seeing(board());
        host.hardware.pages.set(pages);
        let before = host.hardware.now.get();
        assert_eq!(host.provision().unwrap().reply(), Reply::Done);
        // A press for each page, and the merchant takes their time for each.
        let reading = host.hardware.hesitation.get() * u32::from(pages + 1);
        assert!(host.hardware.now.get() - before >= reading);
        // Each page but the second was read out.
        let read_out = if pages > 1 { usize::from(pages) } else { 1 };
        let prompts = host.hardware.prompts.borrow();
        let shown = prompts.iter().find(|lines| !lines.is_empty()).unwrap();
        assert_eq!(shown.len(), shown[..1].len() * read_out, "{shown:?}");
    }
}

#[test]
fn a_no_is_one_on_any_page() {
    let mut host = seeing(board());
    host.hardware.pages.set(3);
    host.hardware.press.set(Some(Press::Cancel));
    assert_eq!(host.provision().unwrap().reply(), not_approved());
}

#[test]
fn a_screen_is_given_the_text_of_an_offer_that_was_made() {
    let mut host = shop();
    with_curve(|curve| host.open_for(curve)).unwrap();
    let codes = host.hardware.codes.borrow();
    assert!(matches!(&codes[..], [text] if text.starts_with("lno1")), "{codes:?}");
}

#[test]
fn the_host_shows_the_words_only_of_a_board_without_a_screen_and_once() {
    let words = Request::Provision(Provision::ShowWords);
    let mut host = Host::at::<Blind>(board()).unwrap();
    assert_eq!(code(&host.say(&words).unwrap()), 312, "there are none yet");
    host.tell(7, &generate());
    while host.hardware.prompts.borrow().iter().filter(|lines| !lines.is_empty()).count() < 2 {
        host.turn().unwrap();
    }
    host.hardware.press.set(None);
    while host.heard().is_some() {}
    let said = host.say(&words).unwrap();
    assert!(matches!(said.reply(), Reply::Words(_)), "{said:?}");
    host.hardware.press.set(Some(Press::Confirm));
    assert_eq!(host.answer().unwrap().reply(), Reply::Done);
    assert_eq!(code(&host.say(&words).unwrap()), 303);

    let mut host = seeing(board());
    host.hardware.press.set(Some(Press::Confirm));
    host.tell(7, &generate());
    while host.hardware.prompts.borrow().iter().filter(|lines| !lines.is_empty()).count() < 2 {
        host.turn().unwrap();
    }
    host.hardware.press.set(None);
    while host.heard().is_some() {}
    assert_eq!(code(&host.say(&words).unwrap()), 310, "this board shows them itself");
}

#[test]
fn a_board_without_a_screen_takes_only_what_needs_no_reading() {
    let mut host = Host::at::<Blind>(board()).unwrap();
    assert_eq!(host.provision().unwrap().reply(), Reply::Done);
    let refused = 591;
    assert_eq!(code(&host.tell_time(NOW).unwrap()), refused);
    assert_eq!(code(&host.set(&[(12, 1_000)]).unwrap()), refused);
    assert_eq!(host.end_epoch().unwrap().reply(), Reply::Done);
    // The merchant trusts the host's screen from here on.
    assert!(matches!(host.set(&[(91, 1)]).unwrap().reply(), Reply::RulesChanged(_)));
    assert_eq!(host.tell_time(NOW).unwrap().reply(), Reply::Time { now: NOW });
    assert_eq!(host.wipe().unwrap().reply(), Reply::Done);
}

#[test]
fn commands_for_seeds_do_not_exist_until_a_wipe() {
    let mut host = shop();
    let words = Request::Provision(Provision::ShowWords);
    for said in
        [host.provision().unwrap(), host.say(&generate()).unwrap(), host.say(&words).unwrap()]
    {
        assert_eq!(code(&said), 303);
    }
    assert_eq!(host.wipe().unwrap().reply(), Reply::Done);
    assert_eq!(host.say(&generate()).unwrap().reply(), Reply::Done);
}

#[test]
fn the_clock_ends_a_request_whose_next_frame_does_not_come() {
    let mut host = shop();
    let begin = countersign_link::OnionRequest::Begin {
        path_key: countersign_link::Bytes(host.node().unwrap()),
        length: 1_366,
    };
    let before = host.hardware.now.get();
    assert!(matches!(host.say(&Request::Onion(begin)).unwrap().reply(), Reply::Credits { .. }));
    assert_eq!(code(&host.answer().unwrap()), 307);
    let waited = host.hardware.now.get() - before;
    assert!((500..1_000).contains(&waited.as_millis()), "{waited:?}");
}

#[test]
fn the_watchdog_is_on_and_fed_by_turns_of_the_application_only() {
    let mut host = seeing(board());
    let fed = host.hardware.fed.get().expect("it was started");
    assert!(fed > 0);
    everything(&mut host);
    let after = host.hardware.fed.get().unwrap();
    // A hundred ticks of 50 ms: a heartbeat a second.
    assert!((4..=7).contains(&(after - fed)), "{}", after - fed);
    // Nobody turns the application any more.
    host.hardware.now.set(host.hardware.now.get() + Duration::from_secs(60));
    assert_eq!(host.hardware.fed.get(), Some(after));
}

#[test]
fn the_reason_of_the_last_reset_is_told() {
    for reset in
        [ResetReason::PowerOn, ResetReason::Requested, ResetReason::Watchdog, ResetReason::Fault]
    {
        let mut hardware = board();
        hardware.reset = reset;
        let mut host = seeing(hardware);
        let said = host.say(&Request::Status).unwrap();
        let Reply::Status(status) = said.reply() else { panic!("{said:?}") };
        assert_eq!(status.reset, reset);
        assert_eq!(host.hardware.log.borrow().first(), Some(&Event::Started(reset)));
        assert_eq!(host.info().unwrap().stack, 1_234);
    }
}

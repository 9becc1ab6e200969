//! Flash wears out by being erased: a day of ten thousand invoices costs next to nothing.

use core::time::Duration;

use countersign_board_tests::{Chip, Host};
use countersign_crypto::Curve;
use countersign_link::{
    Bytes, Chunk, Destination, ErrorForm, MessageHop, NewOffer, NextHop, OfferRequest,
    OnionRequest, Padding, Part, Reply, Request,
};
use countersign_tests::onion::with_curve;
use countersign_tests::payer::{self, InFlight, Wish};
use countersign_tests::scene::coffee;
use countersign_tests::shop::{LIST, NOW, list};

/// What the goal is of.
const INVOICES: u64 = 10_000;
const DAY: u64 = 86_400;
const ERASED_PAGES: usize = 50;

/// The header's page and three more, so that pages are used again within the day.
const PAGES: usize = 4;

/// Makes the offer `new` with a path over `relay`, and returns its text.
fn offer(host: &mut Host, relay: [u8; 33], new: &NewOffer<'_>) -> String {
    let id = host.id();
    host.tell(id, &Request::Offer(OfferRequest::Create(new.clone())));
    let node = Bytes(relay);
    let hop = MessageHop { node, named: Destination::Node(node), next: NextHop::NodeId };
    let mut buffer = [0; LIST];
    let hops = list(&[hop], &mut buffer);
    host.tell(id, &Request::Offer(OfferRequest::Path { hops, padding: Padding::None }));
    host.tell(id, &Request::Offer(OfferRequest::End));
    let said = host.answer().unwrap();
    let Reply::Created { length, .. } = said.reply() else { panic!("{said:?}") };
    host.tell(id, &Request::Pull { part: Part::Text, offset: 0, length });
    let said = host.answer().unwrap();
    let Reply::Chunk(chunk) = said.reply() else { panic!("{said:?}") };
    String::from_utf8(chunk.data.to_vec()).unwrap()
}

/// A request for `offer` as it comes to the device.
fn message(offer: &str, curve: &Curve<'_>) -> InFlight {
    let offer = payer::records(offer);
    let request = payer::request(curve, &offer, &Wish::default());
    let hops = [payer::relay(), payer::payer()].map(|key| key.public_key(curve));
    let reply_path = payer::reply_path(curve, &hops, 0);
    payer::pass(curve, &payer::relay(), &payer::send(curve, &offer, &request, &reply_path))
}

/// Hands `message` over; an invoice is counted before the host is asked for payment paths.
fn count_an_invoice(host: &mut Host, message: &InFlight) {
    let id = host.id();
    let length = u16::try_from(message.packet.len()).unwrap();
    let path_key = Bytes(message.path_key);
    host.tell(id, &Request::Onion(OnionRequest::Begin { path_key, length }));
    let credits = host.answer().unwrap();
    assert!(matches!(credits.reply(), Reply::Credits { .. }), "{credits:?}");
    let mut offset = 0;
    for data in message.packet.chunks(960) {
        host.tell(id, &Request::Onion(OnionRequest::Chunk(Chunk { offset, data })));
        offset += u32::try_from(data.len()).unwrap();
    }
    let end = OnionRequest::End { invoice_error: ErrorForm::Specification };
    host.tell(id, &Request::Onion(end));
    let wanted = host.answer().unwrap();
    assert!(matches!(wanted.reply(), Reply::NeedPaymentPaths(_)), "{wanted:?}");
    let aside = host.id();
    host.tell(aside, &Request::Cancel { request: id });
    // The end of the request, then of its cancellation.
    assert!(matches!(host.answer().unwrap().reply(), Reply::Error(_) | Reply::Done));
    while host.heard().is_some() {}
}

#[test]
fn ten_thousand_invoices_a_day_erase_at_most_fifty_pages() {
    with_curve(|curve| {
        let chip = Chip::of_a_shop(PAGES);
        let mut host = Host::boot(&chip).unwrap();
        let pin = countersign_link::PairRequest::Recipient {
            node: Bytes(payer::payer().public_key(curve).serialize()),
            receive_auth_key: None,
        };
        assert_eq!(host.say(&Request::Pair(pin)).unwrap().reply(), Reply::Done);
        // The window of unpaid invoices is on: it has a mark of its own in flash.
        host.set(&[(33, 2 * INVOICES), (34, DAY)]).unwrap();
        let text = offer(&mut host, payer::relay().public_key(curve).serialize(), &coffee());
        let message = message(&text, curve);
        // The flash has been in use for long: pages have to be made free.
        for value in 1_000.. {
            if chip.erased_pages() > 2 {
                break;
            }
            host.set(&[(12, value)]).unwrap();
        }
        let (erased, written) = (chip.erased_pages(), chip.operations().len());
        let before = host.info().unwrap().signed;
        for number in 0..INVOICES {
            let since = number * DAY / INVOICES;
            host.hardware.now.set(host.hardware.now.get().max(Duration::from_secs(since)));
            host.tell_time(NOW + since).unwrap();
            count_an_invoice(&mut host, &message);
        }
        let counted = host.info().unwrap().signed - before;
        assert!(counted >= INVOICES, "{counted}");
        let erased = chip.erased_pages() - erased;
        let written = chip.operations().len() - written;
        println!("a day erased {erased} pages and took {written} writes");
        assert!(erased <= ERASED_PAGES, "{erased} pages");
        assert!(written < 1_000, "{written} writes");
    });
}

//! Flash wears out by being erased: a day of ten thousand invoices, each of them paid, costs next to
//! nothing.

use core::time::Duration;

use countersign_board_tests::{Chip, Host};
use countersign_crypto::Curve;
use countersign_link::{Bytes, ClaimRequest, Reply, Request};
use countersign_tests::onion::with_curve;
use countersign_tests::payer::Wish;
use countersign_tests::scene::Scene;
use countersign_tests::shop::NOW;

/// What the goal is of.
const INVOICES: u64 = 10_000;
const DAY: u64 = 86_400;
const ERASED_PAGES: usize = 50;

/// What each of them is paid, in millisatoshis.
const PRICE: u64 = 10_000;

/// One payment more than the device remembers to have released: each is new to it when its turn comes
/// again.
const PAYMENTS: u8 = 17;

/// The header's page and three more, so that pages are used again within the day.
const PAGES: usize = 4;

/// Receipts of the same seed's invoices, and what a payment of each arrives with.
fn payments(curve: &Curve<'_>) -> Vec<(Vec<u8>, [u8; 33])> {
    let mut scene = Scene::open(curve);
    let mut pay = |number| {
        let bought =
            scene.buy(&scene.request(&Wish { metadata: &[number; 16], ..Wish::default() }));
        let path_key = scene.arriving_path_key(&bought.invoice);
        (bought.receipt, path_key)
    };
    (0..PAYMENTS).map(&mut pay).collect()
}

#[test]
fn ten_thousand_paid_invoices_a_day_erase_at_most_fifty_pages() {
    with_curve(|curve| {
        let chip = Chip::of_a_shop(PAGES);
        let mut host = Host::boot(&chip).unwrap();
        let message = host.open_for(curve).unwrap();
        let payments = payments(curve);
        // The windows of money received and of unpaid invoices are on: they have marks of their own
        // in flash.
        let windows = [(30, 2 * INVOICES * PRICE), (31, DAY), (33, 2 * INVOICES), (34, DAY)];
        host.set(&windows).unwrap();
        // The flash has been in use for long: pages have to be made free.
        for value in 1_000.. {
            if chip.erased_pages() > 2 {
                break;
            }
            host.set(&[(12, value)]).unwrap();
        }
        let (erased, written) = (chip.erased_pages(), chip.operations().len());
        let before = host.info().unwrap();
        for (number, (receipt, path_key)) in (0..INVOICES).zip(payments.iter().cycle()) {
            let since = number * DAY / INVOICES;
            host.hardware.now.set(host.hardware.now.get().max(Duration::from_secs(since)));
            host.tell_time(NOW + since).unwrap();
            let said = host.hand_over(&message).unwrap();
            assert!(matches!(said.reply(), Reply::NeedPaymentPaths(_)), "{said:?}");
            host.give_up().unwrap();
            let claim = ClaimRequest::PathKey { receipt, path_key: Bytes(*path_key) };
            let said = host.say(&Request::Claim(claim)).unwrap();
            assert!(matches!(said.reply(), Reply::Claimed { .. }), "{said:?}");
        }
        let after = host.info().unwrap();
        for counted in [after.signed - before.signed, after.released - before.released] {
            assert!(counted >= INVOICES, "{counted}");
        }
        let erased = chip.erased_pages() - erased;
        let written = chip.operations().len() - written;
        println!("a day erased {erased} pages and took {written} writes");
        assert!(erased <= ERASED_PAGES, "{erased} pages");
        assert!(written < 1_000, "{written} writes");
    });
}

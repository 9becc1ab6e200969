//! Flash wears out by being erased: a day of ten thousand invoices costs next to nothing.

use core::time::Duration;

use countersign_board_tests::{Chip, Host};
use countersign_link::Reply;
use countersign_tests::onion::with_curve;
use countersign_tests::shop::NOW;

/// What the goal is of.
const INVOICES: u64 = 10_000;
const DAY: u64 = 86_400;
const ERASED_PAGES: usize = 50;

/// The header's page and three more, so that pages are used again within the day.
const PAGES: usize = 4;

#[test]
fn ten_thousand_invoices_a_day_erase_at_most_fifty_pages() {
    with_curve(|curve| {
        let chip = Chip::of_a_shop(PAGES);
        let mut host = Host::boot(&chip).unwrap();
        let message = host.open_for(curve).unwrap();
        // The window of unpaid invoices is on: it has a mark of its own in flash.
        host.set(&[(33, 2 * INVOICES), (34, DAY)]).unwrap();
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
            let said = host.hand_over(&message).unwrap();
            assert!(matches!(said.reply(), Reply::NeedPaymentPaths(_)), "{said:?}");
            host.give_up().unwrap();
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

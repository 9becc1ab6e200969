//! A board that loses its power, dies or is replaced together with its host keeps serving what is
//! printed already.

use countersign_end_to_end::{Ldk, Merchant, Opening, Shop, verified};

const PRICED: [&str; 4] = ["--description", "a coffee", "--amount", "1000msat"];

#[test]
fn a_device_that_was_unplugged_answers_again() {
    let (mut shop, offer) = Shop::open(&PRICED, Opening::default());
    let before = verified(&shop.ask(Ldk::V0_2, &offer, &[])).clone();
    for ldk in Ldk::ALL {
        shop.merchant.unplug();
        shop.merchant.plug_in();
        let after = verified(&shop.ask(ldk, &offer, &[])).clone();
        assert_ne!(after["payment_hash"], before["payment_hash"], "they are two requests");
    }
}

#[test]
fn a_bridge_started_before_its_device_waits_for_it() {
    let (mut shop, offer) = Shop::open(&PRICED, Opening::default());
    shop.bridge = None;
    shop.merchant.unplug();
    std::thread::scope(|scope| {
        let (device, relay) = (shop.merchant.device.clone(), shop.relays[0].address.clone());
        let mut other = shop.merchant.countersign();
        other.args(["bridge", "--json", "--device", &device, "--peer", &relay]);
        other.arg("--key-file").arg(shop.merchant.path("bridge.key"));
        let log = shop.merchant.path("bridge.log");
        let waiting = scope.spawn(move || countersign_end_to_end::Process::start(&mut other, &log));
        std::thread::sleep(std::time::Duration::from_millis(400));
        assert!(!waiting.is_finished());
        shop.merchant.plug_in();
        drop(waiting.join().unwrap());
    });
    shop.start_bridge(&[]);
    let _ = verified(&shop.ask(Ldk::V0_2, &offer, &[]));
}

#[test]
fn a_new_board_and_a_new_host_serve_the_old_offer() {
    let (mut shop, offer) = Shop::open(&PRICED, Opening::default());
    let _ = verified(&shop.ask(Ldk::V0_2, &offer, &[]));
    shop.bridge = None;
    let export = shop.folder().join("export");
    let export = export.to_str().unwrap();
    let _ = shop.merchant.tell(&["export", export]);
    let bridge_id = shop.merchant.bridge_id.clone();

    // Another folder, another flash; the old ones are gone. Nothing is left but words and export.
    shop.merchant = Merchant::new("regtest");
    let _ = shop.merchant.tell(&["import", export]);
    assert_eq!(shop.merchant.bridge_id, bridge_id, "the words bring the bridge's key back");
    shop.start_bridge(&[]);
    for ldk in Ldk::ALL {
        let _ = verified(&shop.ask(ldk, &offer, &[]));
    }
}

#[test]
fn a_bridge_that_is_killed_has_recorded_what_it_sent() {
    let (mut shop, offer) = Shop::open(&PRICED, Opening::default());
    for ldk in Ldk::ALL {
        let answers = shop.ask(ldk, &offer, &[]);
        // `kill -9`, with the payer's answer as the only warning.
        shop.bridge = None;
        let list = shop.merchant.countersign().args(["invoices", "list", "--json"]).output();
        let list = String::from_utf8(list.unwrap().stdout).unwrap();
        assert!(list.contains(verified(&answers)["payment_hash"].as_str().unwrap()), "{list}");
        shop.start_bridge(&[]);
    }
}

//! Every kind of path to the device serves payers of both releases.

use countersign_end_to_end::{Ldk, Opening, Shop, verified};
use serde_json::Value;

const PRICED: [&str; 4] = ["--description", "a coffee", "--amount", "1000msat"];
/// A channel of the relay's, and the one that the bridge makes up for the device.
const RELAYS_CHANNEL: &str = "700000x1x0";
const VIRTUAL_CHANNEL: &str = "16000000x7x7";

#[test]
fn the_bridge_itself_may_be_the_introduction_node() {
    let mut shop = Shop::prepare(Opening { relays: 0, ..Opening::default() });
    let terms = [&PRICED[..], &["--path", &shop.merchant.bridge_id]].concat();
    let offer = shop.merchant.offer(&terms);
    shop.start_bridge(&[]);
    for ldk in Ldk::ALL {
        let answers =
            Shop::ask_at(&shop.bridge_address(), ldk, &offer, &["--reply-path", "compact"]);
        assert_eq!(sizes(verified(&answers)), short_onions(ldk));
    }
}

#[test]
fn the_smallest_onions_carry_a_request_and_its_invoice() {
    // LDK 0.3's own routers make four hops of every reply path, which fit no such onion; a wallet
    // with a router of its own sends them.
    let mut shop = Shop::prepare(Opening { relays: 0, ..Opening::default() });
    let terms = [&PRICED[..], &["--path", &shop.merchant.bridge_id]].concat();
    let offer = shop.merchant.offer(&terms);
    shop.start_bridge(&[]);
    for ldk in Ldk::ALL {
        let answers = Shop::ask_at(&shop.bridge_address(), ldk, &offer, &["--reply-path", "short"]);
        assert_eq!(sizes(verified(&answers)), [1_366; 2], "{ldk:?}");
    }
}

#[test]
fn an_offer_over_two_relays_outlives_one_of_them() {
    let mut shop = Shop::prepare(Opening { relays: 2, ..Opening::default() });
    let paths = [0, 1].map(|at| format!("{},{}", shop.relays[at].id, shop.merchant.bridge_id));
    let terms = [&PRICED[..], &["--path", &paths[0], "--path", &paths[1]]].concat();
    let offer = shop.merchant.offer(&terms);
    shop.start_bridge(&[]);
    // It is killed when it is dropped.
    drop(shop.relays.remove(0));
    for ldk in Ldk::ALL {
        let _ = verified(&shop.ask(ldk, &offer, &[]));
    }
}

#[test]
fn either_of_two_relays_is_enough() {
    let mut shop = Shop::prepare(Opening { relays: 2, ..Opening::default() });
    let paths = [0, 1].map(|at| format!("{},{}", shop.relays[at].id, shop.merchant.bridge_id));
    let terms = [&PRICED[..], &["--path", &paths[0], "--path", &paths[1]]].concat();
    let offer = shop.merchant.offer(&terms);
    shop.start_bridge(&[]);
    for at in [0, 1] {
        let entrance = shop.relays[at].address.clone();
        for ldk in Ldk::ALL {
            let _ = verified(&Shop::ask_at(&entrance, ldk, &offer, &[]));
        }
    }
}

#[test]
fn a_compact_path_begins_at_a_channel_and_ends_over_a_virtual_one() {
    let mut shop = Shop::prepare(Opening::default());
    let (relay, bridge) = (shop.relays[0].id.clone(), shop.merchant.bridge_id.clone());
    // BOLT 7 orders the ends of a channel by their ids' bytes.
    let direction = u8::from(relay > bridge);
    let path = format!("{RELAYS_CHANNEL}/{direction}={relay},{bridge}@{VIRTUAL_CHANNEL}");
    let offer = shop.merchant.offer(&[&PRICED[..], &["--compact", "--path", &path]].concat());
    assert!(bytes(&offer) <= 360, "{} bytes", bytes(&offer));
    shop.start_bridge(&["--virtual-channel", VIRTUAL_CHANNEL]);
    let number = (700_000_u64 << 40) | (1 << 16);
    let known = format!("{number}={relay},{bridge}");
    for ldk in Ldk::ALL {
        let wish = ["--known-channel", &known, "--reply-path", "compact"];
        let answers = shop.ask(ldk, &offer, &wish);
        assert_eq!(sizes(verified(&answers)), short_onions(ldk));
    }
}

#[test]
fn padded_paths_are_longer_and_work_as_well() {
    let mut shop = Shop::prepare(Opening::default());
    let path = shop.usual_path();
    let [padded, plain] = [&[][..], &["--no-padding"]].map(|padding: &[&str]| {
        shop.merchant.offer(&[&PRICED[..], &["--path", &path], padding].concat())
    });
    assert!(plain.len() < padded.len());
    shop.start_bridge(&[]);
    for ldk in Ldk::ALL {
        let _ = verified(&shop.ask(ldk, &padded, &[]));
        let _ = verified(&shop.ask(ldk, &plain, &[]));
    }
}

#[test]
fn a_mainnet_offer_with_one_unpadded_path_is_at_most_400_bytes() {
    let shop = Shop::prepare(Opening { network: "bitcoin", ..Opening::default() });
    let description = "0123456789012345678901234567890123456789";
    let terms = ["--description", description, "--amount", "1000msat", "--compact", "--path"];
    let offer = shop.merchant.offer(&[&terms[..], &[&shop.usual_path()]].concat());
    assert!(bytes(&offer) <= 400, "{} bytes", bytes(&offer));
}

/// The onions that carried the request and its answer.
fn sizes(answer: &Value) -> [&Value; 2] {
    [&answer["request_bytes"], &answer["reply_bytes"]]
}

/// The shortest onions that there are; 0.3.0-rc3 pads its reply paths even when told not to.
fn short_onions(ldk: Ldk) -> [u64; 2] {
    match ldk {
        Ldk::V0_2 => [1_366; 2],
        Ldk::V0_3 => [32_834; 2],
    }
}

/// How long an offer is before it is written as text: five bits a character after `lno1`.
fn bytes(offer: &str) -> usize {
    (offer.len() - "lno1".len()) * 5 / 8
}

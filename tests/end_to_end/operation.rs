//! What an operator sees of a bridge: when it starts, while it runs, and when it is told to stop.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use countersign_end_to_end::{Ldk, Opening, Shop, verified};

const PRICED: [&str; 4] = ["--description", "a coffee", "--amount", "1000msat"];

#[test]
fn the_counts_can_be_scraped() {
    let metrics = free_port();
    let opening = Opening { bridge: &["--metrics", &metrics], ..Opening::default() };
    let (shop, offer) = Shop::open(&PRICED, opening);
    let _ = verified(&shop.ask(Ldk::V0_2, &offer, &[]));
    let mut connection = TcpStream::connect(&metrics).unwrap();
    connection.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
    let mut page = String::new();
    connection.read_to_string(&mut page).unwrap();
    let count = |name: &str| -> u64 {
        let line = page.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().parse().unwrap()
    };
    assert!(count("countersign_bridge_device_invoices_total") >= 1, "{page}");
    assert!(count("countersign_bridge_onions_received_total") >= 1, "{page}");
    assert_eq!(count("countersign_bridge_device_failures_total"), 0, "{page}");
    assert_eq!(count("countersign_bridge_connected_peers"), 1, "{page}");
}

#[test]
fn a_bridge_that_is_told_to_stop_ends_well() {
    let (mut shop, _) = Shop::open(&PRICED, Opening::default());
    assert!(shop.bridge.take().unwrap().end().success());
}

#[test]
fn a_merchant_who_reads_a_prompt_keeps_no_other_customer_waiting() {
    let (mut shop, offer) = Shop::open(&[], Opening::default());
    shop.bridge = None;
    let _ = shop.merchant.tell(&["rules", "set", "largest-unattended=1000"]);
    shop.merchant.unplug();
    shop.merchant.hesitates = 4;
    shop.merchant.plug_in();
    shop.start_bridge(&[]);
    let ask = |amount: &str| shop.ask(Ldk::V0_2, &offer, &["--amount-msat", amount]);
    thread::scope(|scope| {
        let dear = scope.spawn(|| ask("1001"));
        thread::sleep(Duration::from_secs(2));
        let quick = ask("1000");
        assert!(verified(&quick)["milliseconds"].as_u64().unwrap() < 1_500, "{quick:?}");
        assert!(!dear.is_finished(), "the merchant has not pressed yet");
        let dear = dear.join().unwrap();
        assert!(verified(&dear)["milliseconds"].as_u64().unwrap() > 3_000, "{dear:?}");
    });
}

#[test]
fn a_flood_over_one_relay_holds_nobody_up_who_comes_over_another() {
    let mut shop = Shop::prepare(Opening { relays: 2, ..Opening::default() });
    let paths = [0, 1].map(|at| format!("{},{}", shop.relays[at].id, shop.merchant.bridge_id));
    let terms = [&PRICED[..], &["--path", &paths[0], "--path", &paths[1]]].concat();
    let offer = shop.merchant.offer(&terms);
    // The token bucket is out of the way: here it is the queue's turn.
    shop.start_bridge(&["--peer-rate", "100000"]);
    let entrances = [0, 1].map(|at| shop.relays[at].address.clone());
    let flood = ["--repeat", "10", "--count", "4", "--timeout", "3"];
    thread::scope(|scope| {
        let flooding: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| Shop::ask_at(&entrances[0], Ldk::V0_2, &offer, &flood)))
            .collect();
        thread::sleep(Duration::from_millis(500));
        for _ in 0..3 {
            let answers = Shop::ask_at(&entrances[1], Ldk::V0_2, &offer, &[]);
            assert!(verified(&answers)["milliseconds"].as_u64().unwrap() < 2_000, "{answers:?}");
        }
        assert!(flooding.iter().any(|payer| !payer.is_finished()), "the flood went on");
    });
}

#[test]
fn the_device_is_asked_for_the_bridges_key_once() {
    let (mut shop, offer) = Shop::open(&PRICED, Opening::default());
    std::fs::remove_file(shop.merchant.path("bridge.key")).unwrap();
    for _ in 0..2 {
        shop.start_bridge(&[]);
        assert!(shop.merchant.path("bridge.key").is_file());
        let _ = verified(&shop.ask(Ldk::V0_2, &offer, &[]));
    }
    let asked = shop.bridge_log().matches("asking the device for the bridge's network key").count();
    assert_eq!(asked, 1);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let (mut shop, _) = Shop::open(&PRICED, Opening::default());
    shop.bridge = None;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut bridge = shop.merchant.countersign();
    bridge.args(["bridge", "--device", &shop.merchant.device, "--listen", &address]);
    let output = bridge.arg("--key-file").arg(shop.merchant.path("bridge.key")).output().unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(complaint.contains(&format!("cannot listen on {address}")), "{complaint}");
}

fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

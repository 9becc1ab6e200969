//! Eight payers at once, through one bridge, at a device whose plug is pulled over and over.
//!
//! `SOAK_REQUESTS` says how many requests; 10,000 is the full length.

use core::time::Duration;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use countersign_end_to_end::{Ldk, Opening, Shop};
use serde_json::Value;

const PAYERS: u64 = 8;

#[test]
fn every_request_is_answered_after_at_most_one_retry_whatever_happens_to_the_plug() {
    let requests = std::env::var("SOAK_REQUESTS").map_or(160, |number| number.parse().unwrap());
    let each = (requests / PAYERS).max(1);
    let opening = Opening { bridge: &["--peer-rate", "100000"], ..Opening::default() };
    let terms = ["--description", "a coffee", "--amount", "1000msat"];
    let (mut shop, offer) = Shop::open(&terms, opening);
    let entrance = shop.relays[0].address.clone();

    let warm = pay(&entrance, &offer, Ldk::V0_2, (each / 10).max(1));
    assert!(warm.iter().all(|answer| answer["verified"] == true), "{warm:?}");
    let before = shop.bridge.as_ref().unwrap().resident_kilobytes();
    let (started, done) = (Instant::now(), AtomicBool::new(false));
    let mut unplugged = 0_u64;
    let answers: Vec<Value> = thread::scope(|scope| {
        let payers: Vec<_> = (0..PAYERS)
            .map(|number| {
                let ldk = if number % 2 == 0 { Ldk::V0_2 } else { Ldk::V0_3 };
                let (entrance, offer) = (&entrance, &offer);
                scope.spawn(move || pay(entrance, offer, ldk, each))
            })
            .collect();
        let done = &done;
        let collector = scope.spawn(move || {
            let answers = payers.into_iter().flat_map(|payer| payer.join().unwrap()).collect();
            done.store(true, Ordering::Relaxed);
            answers
        });
        while !done.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(1_500));
            shop.merchant.unplug();
            shop.merchant.plug_in();
            unplugged += 1;
        }
        collector.join().unwrap()
    });
    let elapsed = started.elapsed();
    let after = shop.bridge.as_ref().unwrap().resident_kilobytes();

    let (good, lost): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer["verified"] == true);
    for _ in &lost {
        let retried = pay(&entrance, &offer, Ldk::V0_2, 1);
        assert_eq!(retried[0]["verified"], true, "{retried:?}");
    }
    let mut hashes: Vec<_> = good.iter().map(|answer| answer["payment_hash"].to_string()).collect();
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), good.len(), "two requests share a payment hash");
    let mut waits: Vec<_> =
        good.iter().map(|answer| answer["milliseconds"].as_u64().unwrap()).collect();
    waits.sort_unstable();
    let wait = |share: usize| waits[(waits.len() - 1) * share / 100];
    println!(
        "{} requests in {:.1} s, {unplugged} times unplugged, {} retried; {} ms median, {} ms at \
         95 %, {} ms at most; bridge {before} kB, then {after} kB",
        answers.len(),
        elapsed.as_secs_f32(),
        lost.len(),
        wait(50),
        wait(95),
        wait(100),
    );
    if requests >= 10_000 {
        assert!(unplugged >= 100, "{unplugged}");
        assert!(after <= before + before / 20, "{before} kB grew to {after} kB");
    }
}

fn pay(entrance: &str, offer: &str, ldk: Ldk, count: u64) -> Vec<Value> {
    Shop::ask_at(entrance, ldk, offer, &["--count", &count.to_string()])
}

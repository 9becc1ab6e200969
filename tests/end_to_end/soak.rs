//! Eight payers at once, through one bridge, at a device whose plug is pulled over and over.
//!
//! `SOAK_REQUESTS` says how many requests; 10,000 is the full length, which `cargo xtask soak` runs.
//! `SOAK_SEED` repeats the moments at which the plug was pulled.

use core::time::Duration;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use countersign_end_to_end::{Ldk, Merchant, Opening, Shop, ask};
use serde_json::Value;

const PAYERS: u64 = 8;
/// From here on a run is of full length: the plug is pulled often enough, and memory has settled.
const FULL: u64 = 10_000;
/// Before memory is measured first, a bridge has touched whatever it ever touches.
const SETTLED: u64 = 1_000;
/// What a short run may add: less than if a tenth of its onions were kept.
const SHORT_RUN_KILOBYTES: u64 = 2_048;

#[test]
fn every_request_is_answered_after_at_most_one_retry_whatever_happens_to_the_plug() {
    let requests: u64 =
        std::env::var("SOAK_REQUESTS").map_or(160, |number| number.parse().unwrap());
    let settled = if requests >= FULL { SETTLED } else { requests.div_ceil(4) };
    let mut plug = Plug::new();
    println!("SOAK_SEED={} pulls the plug at the same moments again", plug.seed);
    let opening = Opening { bridge: &["--peer-rate", "100000"], ..Opening::default() };
    let terms = ["--description", "a coffee", "--amount", "1000msat"];
    let (mut shop, offer) = Shop::open(&terms, opening);

    let started = Instant::now();
    let mut answers = round(&mut shop, &offer, settled, &mut plug);
    let before = shop.bridge.as_ref().unwrap().resident_kilobytes();
    answers.extend(round(&mut shop, &offer, requests.saturating_sub(settled), &mut plug));
    let after = shop.bridge.as_ref().unwrap().resident_kilobytes();
    let elapsed = started.elapsed();

    let (good, lost): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer["verified"] == true);
    for _ in &lost {
        let retried = shop.ask(Ldk::V0_2, &offer, &[]);
        assert_eq!(retried[0]["verified"], true, "{retried:?}");
    }
    let asked = answers.len() + lost.len();
    each_request_has_one_hash(&shop.merchant, &good, asked);
    println!(
        "{} requests in {:.1} s ({:.1} a second), {} times unplugged, {} retried; {}; bridge \
         {before} kB after {settled}, then {after} kB",
        answers.len(),
        elapsed.as_secs_f32(),
        answers.len() as f32 / elapsed.as_secs_f32(),
        plug.pulled,
        lost.len(),
        spread(&good),
    );
    if requests >= FULL {
        assert!(plug.pulled >= 100, "{}", plug.pulled);
        assert!(after <= before + before / 20, "{before} kB grew to {after} kB");
    } else {
        assert!(after <= before + SHORT_RUN_KILOBYTES, "{before} kB grew to {after} kB");
    }
}

/// Pulls the plug again and again, at moments that follow from the seed.
struct Plug {
    seed: u64,
    state: u64,
    pulled: u64,
}

impl Plug {
    fn new() -> Self {
        let drawn = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as u64;
        let seed =
            std::env::var("SOAK_SEED").map_or_else(|_| drawn(), |text| text.parse().unwrap());
        // A generator of this kind stays at zero.
        Self { seed, state: seed | 1, pulled: 0 }
    }

    /// The next pause: short enough for a hundred of them on a fast computer too.
    fn pause(&mut self) -> Duration {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        Duration::from_millis(700 + self.state % 700)
    }

    fn pull(&mut self, merchant: &mut Merchant) {
        thread::sleep(self.pause());
        merchant.unplug();
        merchant.plug_in();
        self.pulled += 1;
    }
}

/// All payers at once, `requests` in all, while the plug is pulled.
fn round(shop: &mut Shop, offer: &str, requests: u64, plug: &mut Plug) -> Vec<Value> {
    let entrance = shop.relays[0].address.clone();
    let each = (requests / PAYERS).max(1).to_string();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let payers: Vec<_> = (0..PAYERS)
            .map(|number| {
                let ldk = if number % 2 == 0 { Ldk::V0_2 } else { Ldk::V0_3 };
                let (entrance, each) = (&entrance, &each);
                scope.spawn(move || Shop::ask_at(entrance, ldk, offer, &["--count", each]))
            })
            .collect();
        let collector = scope.spawn(|| {
            let answers = payers.into_iter().flat_map(|payer| payer.join().unwrap()).collect();
            done.store(true, Ordering::Relaxed);
            answers
        });
        while !done.load(Ordering::Relaxed) {
            plug.pull(&mut shop.merchant);
        }
        collector.join().unwrap()
    })
}

/// No two requests share a payment hash, and no request has two: the merchant's record has every
/// hash that a payer saw, and no more hashes than there were requests.
fn each_request_has_one_hash(merchant: &Merchant, good: &[&Value], asked: usize) {
    let seen: HashSet<&str> =
        good.iter().map(|answer| answer["payment_hash"].as_str().unwrap()).collect();
    assert_eq!(seen.len(), good.len(), "two requests share a payment hash");
    let mut list = merchant.countersign();
    let listed = ask(list.args(["invoices", "list", "--json", "--last", "1000000"]));
    let recorded: HashSet<&str> = listed
        .iter()
        .flat_map(|list| list.as_array().unwrap())
        .map(|invoice| invoice["payment_hash"].as_str().unwrap())
        .collect();
    assert!(seen.is_subset(&recorded), "an invoice went out that is not on record");
    assert!(recorded.len() <= asked, "{} hashes for {asked} requests", recorded.len());
}

/// How long payers waited.
fn spread(good: &[&Value]) -> String {
    let mut waits: Vec<_> =
        good.iter().map(|answer| answer["milliseconds"].as_u64().unwrap()).collect();
    waits.sort_unstable();
    let wait = |share: usize| waits[(waits.len() - 1) * share / 100];
    format!("{} ms median, {} ms at 95 %, {} ms at most", wait(50), wait(95), wait(100))
}

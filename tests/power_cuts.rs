//! P5: power may fail before and after every write. No counter goes back, what flash holds is old
//! or new, and half a provisioning is none.

use std::collections::HashMap;

use countersign_link::{
    Chunk, Network, OfferRequest, PairRequest, Provision, Reply, Request, RuleValue, RulesRequest,
    State,
};
use countersign_tests::onion::with_curve;
use countersign_tests::payer::Wish;
use countersign_tests::scene::Scene;
use countersign_tests::shop::{Cut, LIST, NOW, PowerCut, Shop, WORDS, list};

/// More outputs than any script has.
const OUTPUTS: usize = 8;

fn status(shop: &mut Shop) -> State {
    let said = shop.call(&Request::Status);
    let Reply::Status(status) = said.reply() else { panic!("{said:?}") };
    status.state
}

fn now(shop: &mut Shop) -> u64 {
    let said = shop.call(&Request::GetInfo);
    let Reply::Info(info) = said.reply() else { panic!("{said:?}") };
    info.now.unwrap_or(0)
}

fn import() -> Request<'static> {
    let words = countersign_link::Secret::new(WORDS.as_bytes());
    Request::Provision(Provision::Import { words, network: Network::Regtest })
}

/// Says `request` with power that fails after so many outputs; whether it failed, and the shop
/// when power is back.
fn cut(mut shop: Shop, request: &Request<'_>, left: usize, how: Cut) -> (bool, Shop) {
    shop.power = Some((left, how));
    let id = shop.id();
    let failed = shop.say(id, request) == Err(PowerCut);
    (failed, shop.reboot())
}

/// Plays a request with every cut, until none happens, and looks at what is left each time.
fn with_every_cut(
    mut shop: impl FnMut() -> Shop,
    request: &Request<'_>,
    mut look: impl FnMut(&mut Shop),
) {
    for how in [Cut::BeforeStore, Cut::AfterStore] {
        let mut cuts = 0;
        for left in 0..OUTPUTS {
            let (failed, mut after) = cut(shop(), request, left, how);
            look(&mut after);
            cuts += usize::from(failed);
        }
        assert!((1..OUTPUTS).contains(&cuts), "{cuts} cuts: the script ran to its end too");
    }
}

#[test]
fn a_provisioning_cut_short_is_none() {
    let fresh = || {
        let mut shop = Shop::boot(HashMap::new());
        shop.hello();
        shop
    };
    let mut seen = [0, 0];
    with_every_cut(fresh, &import(), |shop| match status(shop) {
        State::Unprovisioned => {
            seen[0] += 1;
            assert_eq!(shop.call(&import()).reply(), Reply::Done, "it can be done again");
        }
        State::Ready => seen[1] += 1,
        other => panic!("{other:?}"),
    });
    assert!(seen[0] >= 4 && seen[1] >= 2, "{seen:?}");
}

#[test]
fn a_seed_made_by_the_device_is_whole_or_none() {
    let fresh = || {
        let mut shop = Shop::boot(HashMap::new());
        shop.hello();
        shop
    };
    let entropy = countersign_link::Secret::new(&[0x5a; 32]);
    let generate = Provision::Generate { entropy, network: Network::Regtest };
    with_every_cut(fresh, &Request::Provision(generate), |shop| {
        assert!(matches!(status(shop), State::Unprovisioned | State::Ready));
    });
}

#[test]
fn rules_are_old_or_new_and_never_a_mix() {
    with_curve(|curve| {
        let recipient = Scene::open(curve).recipient.serialize();
        let open = || Shop::open(Network::Regtest, recipient);
        let mut buffer = [0; LIST];
        let values = [(2, Some(2)), (6, Some(3)), (12, Some(5_000))];
        let values = values.map(|(rule, value)| RuleValue { rule, value });
        let propose = Request::Rules(RulesRequest::Propose(list(&values, &mut buffer)));
        let old = open().rules();
        let mut changed = open();
        changed.call(&propose);
        let new = changed.rules();
        assert_ne!(old, new);
        let mut seen = [0, 0];
        with_every_cut(open, &propose, |shop| {
            let rules = shop.rules();
            assert!(rules == old || rules == new);
            seen[usize::from(rules == new)] += 1;
        });
        assert!(seen.iter().all(|&count| count > 0), "{seen:?}");
    });
}

#[test]
fn a_pinned_recipient_is_the_old_one_or_the_new_one() {
    with_curve(|curve| {
        let scene = Scene::open(curve);
        let (old, new) = (scene.recipient.serialize(), scene.payer_id());
        let pin = PairRequest::Recipient {
            node: countersign_link::Bytes(new),
            receive_auth_key: Some(countersign_link::Bytes([7; 32])),
        };
        with_every_cut(
            || Shop::open(Network::Regtest, old),
            &Request::Pair(pin),
            |shop| {
                let said = shop.call(&Request::Pair(PairRequest::Get));
                let Reply::Pinned { recipient, .. } = said.reply() else { panic!("{said:?}") };
                assert!([old, new].contains(&recipient.unwrap().0));
            },
        );
    });
}

#[test]
fn no_counter_goes_back_and_nothing_is_signed_uncounted() {
    with_curve(|curve| {
        for how in [Cut::BeforeStore, Cut::AfterStore] {
            for left in 0..OUTPUTS {
                let mut scene = Scene::open(curve);
                let request = scene.request(&Wish::default());
                let message = scene.message(&request);
                // The next invoice needs a write: the reservation is used up, as it is after a
                // restart.
                scene.shop = scene.shop.reboot();
                let before = scene.shop.signed();
                let id = scene.shop.id();
                scene.shop.power = Some((left, how));
                let heard = scene.shop.onion(id, message.path_key, &message.packet);
                let may_be_signed =
                    heard.is_ok_and(|said| matches!(said.reply(), Reply::NeedPaymentPaths(_)));
                scene.shop = scene.shop.reboot();
                let after = scene.shop.signed();
                assert!(after >= before + u64::from(may_be_signed), "{how:?} after {left}");
                let bought = scene.buy(&request);
                assert_eq!(bought.request, request);
                assert!(scene.shop.signed() > after);
            }
        }
    });
}

#[test]
fn every_invoice_of_a_reservation_is_counted_over_a_cut() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        let mut last = 0;
        for _ in 0..6 {
            let before = scene.shop.writes;
            for _ in 0..3 {
                scene.buy(&request);
                let counted = scene.shop.signed();
                assert!(counted > last);
                last = counted;
            }
            let writes = scene.shop.writes - before;
            assert!(writes <= 1, "{writes} writes for three invoices");
            scene.shop = scene.shop.reboot();
            assert!(scene.shop.signed() >= last);
        }
    });
}

#[test]
fn the_time_is_at_most_an_hour_behind_and_never_ahead_after_a_cut() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        let mut claim = NOW;
        for step in [1, 600, 3_601, 3_000, 3_000, 7_200] {
            claim += step;
            let said = scene.shop.call(&Request::Time { claim });
            assert!(matches!(said.reply(), Reply::Time { now } if now == claim));
            scene.buy(&request);
            scene.shop = scene.shop.reboot();
            let known = now(&mut scene.shop);
            assert!((claim - 3_600..=claim).contains(&known), "{known} for {claim}");
        }
    });
}

#[test]
fn setting_the_time_with_a_button_holds_or_does_not() {
    with_curve(|curve| {
        let recipient = Scene::open(curve).recipient.serialize();
        let time = Request::Time { claim: NOW + 500_000 };
        with_every_cut(
            || Shop::open(Network::Regtest, recipient),
            &time,
            |shop| {
                assert!([NOW, NOW + 500_000].contains(&now(shop)));
            },
        );
    });
}

#[test]
fn a_restored_backup_cut_short_takes_nothing_back() {
    with_curve(|curve| {
        let recipient = Scene::open(curve).recipient.serialize();
        let mut shop = Shop::open(Network::Regtest, recipient);
        let id = shop.id();
        let said = shop.ask(id, &Request::Export);
        let Reply::Exported { length } = said.reply() else { panic!("{said:?}") };
        let export = shop.pull(id, countersign_link::Part::Export, length.try_into().unwrap());
        let end_epoch = Request::Offer(OfferRequest::RevokeEpoch);
        for how in [Cut::BeforeStore, Cut::AfterStore] {
            for left in 0..OUTPUTS {
                let mut shop = Shop::open(Network::Regtest, recipient);
                assert_eq!(shop.call(&end_epoch).reply(), Reply::Done);
                let before = shop.signed();
                let id = shop.id();
                let total = u32::try_from(export.len()).unwrap();
                for (number, data) in export.chunks(600).enumerate() {
                    let chunk = Chunk { offset: u32::try_from(number * 600).unwrap(), data };
                    shop.ask(id, &Request::Import { total, chunk });
                }
                shop.power = Some((left, how));
                let chunk = Chunk { offset: total, data: &[] };
                let outcome = shop.say(id, &Request::Import { total, chunk });
                assert!(outcome == Err(PowerCut) || left > 1, "{outcome:?} after {left}");
                let mut shop = shop.reboot();
                assert_eq!(status(&mut shop), State::Ready);
                assert!(shop.signed() >= before);
                let said = shop.call(&Request::GetInfo);
                let Reply::Info(info) = said.reply() else { panic!("{said:?}") };
                assert_eq!(info.epoch, 1);
            }
        }
    });
}

#[test]
fn a_wipe_leaves_nothing_of_the_merchant_in_memory_or_flash() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        scene.buy(&request);
        assert_eq!(scene.shop.call(&Request::Provision(Provision::Wipe)).reply(), Reply::Done);
        assert!(scene.shop.flash.is_empty());
        assert_eq!(status(&mut scene.shop), State::Unprovisioned);
        let said = scene.shop.call(&Request::Log { from: 0 });
        let Reply::Log(log) = said.reply() else { panic!("{said:?}") };
        assert_eq!(log.iter().count(), 0);
        let list = scene.shop.call(&Request::Offer(OfferRequest::List { from: 0 }));
        assert_eq!(countersign_tests::scene::code(&list), 302);
        scene.shop = scene.shop.reboot();
        assert_eq!(status(&mut scene.shop), State::Unprovisioned);
    });
}

#[test]
fn a_flash_that_cannot_be_written_changes_nothing() {
    with_curve(|curve| {
        let recipient = Scene::open(curve).recipient.serialize();
        let mut shop = Shop::open(Network::Regtest, recipient);
        let old = shop.rules();
        shop.is_worn_out = true;
        assert_eq!(countersign_tests::scene::code(&shop.propose(&[(6, Some(3))])), 702);
        assert_eq!(shop.rules(), old);
    });
}

#[test]
fn a_host_that_hangs_up_during_a_write_finds_its_outcome() {
    with_curve(|curve| {
        let recipient = Scene::open(curve).recipient.serialize();
        let mut shop = Shop::open(Network::Regtest, recipient);
        shop.hangs_up_during_writes = true;
        let mut buffer = [0; LIST];
        let quantity = list(&[RuleValue { rule: 6, value: Some(3) }], &mut buffer);
        let propose = Request::Rules(RulesRequest::Propose(quantity));
        let id = shop.id();
        assert_eq!(shop.say(id, &propose), Ok(None), "nobody is told");
        shop.hangs_up_during_writes = false;
        shop.hello();
        let in_memory = shop.rules();
        assert_eq!(shop.reboot().rules(), in_memory, "memory and flash say the same");
    });
}

#[test]
fn items_cut_anywhere_ask_for_a_wipe_and_are_never_guessed_at() {
    with_curve(|curve| {
        let flash = Scene::open(curve).shop.flash.clone();
        for slot in ["seed", "settings", "counters"] {
            let whole = flash[slot].clone();
            for len in (0..whole.len()).step_by(7) {
                let mut flash = flash.clone();
                flash.insert(slot, whole[..len].to_vec());
                let mut shop = Shop::boot(flash);
                shop.hello();
                assert_eq!(status(&mut shop), State::WipeNeeded, "{slot} cut to {len}");
                assert_eq!(countersign_tests::scene::code(&shop.call(&Request::Export)), 701);
                assert_eq!(shop.call(&Request::Provision(Provision::Wipe)).reply(), Reply::Done);
                assert_eq!(status(&mut shop), State::Unprovisioned);
            }
        }
    });
}

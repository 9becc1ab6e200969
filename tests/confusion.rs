//! P2: no key serves two purposes. What one key made is tried in every place of another's.

use countersign_crypto::{PublicKey, Secret, SecretKey};
use countersign_link::{Bytes, Chunk, ClaimRequest, Network, PairRequest, Reply, Request};
use countersign_offers::{Invoice, Offer};
use countersign_tests::onion::with_curve;
use countersign_tests::payer::{InFlight, Wish};
use countersign_tests::scene::{Bought, Cargo, Scene, code};
use countersign_tests::shop::{Shop, WORDS};

const NOT_OURS: u16 = 602;
const EVIDENCE: u16 = 571;

fn bought<'c>(curve: &'c countersign_crypto::Curve<'c>) -> (Scene<'c>, Bought) {
    let mut scene = Scene::open(curve);
    let request = scene.request(&Wish::default());
    let bought = scene.buy(&request);
    (scene, bought)
}

fn bridge_key(shop: &mut Shop) -> Secret<32> {
    let said = shop.call(&Request::Pair(PairRequest::BridgeKey));
    let Reply::BridgeKey { key } = said.reply() else { panic!("{said:?}") };
    Secret::new(key.reveal().try_into().expect("a key has 32 bytes"))
}

#[test]
fn an_export_is_no_receipt() {
    with_curve(|curve| {
        let (mut scene, bought) = bought(curve);
        let path_key = Bytes(scene.arriving_path_key(&bought.invoice));
        let export = scene.shop.export();
        for receipt in [&export[..], &export[..bought.receipt.len()]] {
            let claim = Request::Claim(ClaimRequest::PathKey { receipt, path_key });
            assert_eq!(code(&scene.shop.call(&claim)), NOT_OURS);
        }
    });
}

#[test]
fn a_receipt_is_no_export() {
    with_curve(|curve| {
        let (mut scene, bought) = bought(curve);
        let id = scene.shop.id();
        let total = u32::try_from(bought.receipt.len()).unwrap();
        let chunk = Chunk { offset: 0, data: &bought.receipt };
        scene.shop.ask(id, &Request::Import { total, chunk });
        let end = Request::Import { total, chunk: Chunk { offset: total, data: &[] } };
        assert_eq!(code(&scene.shop.ask(id, &end)), NOT_OURS);
    });
}

#[test]
fn the_offers_path_key_claims_no_payment() {
    with_curve(|curve| {
        let (mut scene, bought) = bought(curve);
        let offer = Offer::parse(&scene.offer).unwrap();
        let path = offer.fields().paths.unwrap().iter().next().unwrap();
        let first = *path.first_path_key();
        let message = scene.message(&bought.request);
        for path_key in [first, message.path_key] {
            let path_key = Bytes(path_key);
            let claim = ClaimRequest::PathKey { receipt: &bought.receipt, path_key };
            assert_eq!(code(&scene.shop.call(&Request::Claim(claim))), EVIDENCE);
        }
    });
}

#[test]
fn data_of_a_payment_path_open_no_message() {
    with_curve(|curve| {
        let (mut scene, bought) = bought(curve);
        let invoice = Invoice::parse(&bought.invoice).unwrap();
        let path = invoice.fields().paths.iter().next().unwrap();
        let reply_path = scene.reply_path();
        for hop in path.hops() {
            let data = Some(hop.encrypted_recipient_data);
            let cargo = scene.cargo(&bought.request, &reply_path);
            let cargo = Cargo { recipient_data: data, ..cargo };
            let message = scene.ship(&scene.offer, &cargo);
            let over_payment = InFlight {
                path_key: scene.arriving_path_key(&bought.invoice),
                packet: message.packet.clone(),
            };
            for message in [message, over_payment] {
                let (_, said) = scene.hear(&message);
                assert_eq!(said.reply(), Reply::Ignored);
            }
        }
    });
}

#[test]
fn the_bridges_key_is_none_of_the_devices() {
    with_curve(|curve| {
        let (mut scene, bought) = bought(curve);
        let bridge = SecretKey::parse(&bridge_key(&mut scene.shop)).unwrap().public_key(curve);
        let invoice = Invoice::parse(&bought.invoice).unwrap();
        let device = scene.shop.node();
        let issuer_id = Offer::parse(&scene.offer).unwrap().fields().issuer_id.unwrap();
        let keys = [
            bridge,
            PublicKey::parse(&device).unwrap(),
            PublicKey::parse(issuer_id).unwrap(),
            PublicKey::parse(&scene.arriving_path_key(&bought.invoice)).unwrap(),
        ];
        for (at, key) in keys.iter().enumerate() {
            assert!(keys[..at].iter().all(|earlier| earlier != key));
        }
        assert_eq!(invoice.fields().node_id.serialize(), *issuer_id);
    });
}

#[test]
fn keys_of_one_network_are_none_of_anothers() {
    let mut seen = Vec::new();
    for network in [Network::Bitcoin, Network::Testnet, Network::Signet, Network::Regtest] {
        let mut shop = Shop::of(WORDS, network);
        seen.push(shop.node().to_vec());
        seen.push(bridge_key(&mut shop).expose_secret().to_vec());
    }
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), count);
}

#[test]
fn no_output_has_a_key_of_the_devices_in_it() {
    // The seed as flash has it, and the bridge's key, which has a reply of its own.
    with_curve(|curve| {
        let (mut scene, _) = bought(curve);
        let bridge = bridge_key(&mut scene.shop);
        scene.shop.said.pop();
        let export = scene.shop.export();
        scene.shop.call(&Request::GetInfo);
        scene.shop.call(&Request::Log { from: 0 });
        scene.shop.call(&Request::Pair(PairRequest::Get));
        let seed = scene.shop.flash["seed"].clone();
        let secrets = [&seed[2..34], &seed[34..66], &bridge.expose_secret()[..]];
        let said = scene.shop.said.iter().map(|said| &said.0);
        let others = ["settings", "counters"].map(|slot| scene.shop.flash[slot].clone());
        for bytes in said.chain([&export]).chain(&others) {
            for secret in secrets {
                assert!(!bytes.windows(16).any(|window| window == &secret[..16]));
            }
        }
    });
}

//! P1, P2 and P3 against a host that is taken over: one test an attack.

use countersign_crypto::sha256;
use countersign_link::{Bytes, Chunk, ClaimRequest, ErrorForm, OnionRequest, Reply, Request};
use countersign_offers::Invoice;
use countersign_tests::payer::Wish;
use countersign_tests::scene::{Bought, Scene, need};
use countersign_tests::shop::Said;

#[path = "hostile_host/claims.rs"]
mod claims;
#[path = "hostile_host/conversation.rs"]
mod conversation;
#[path = "hostile_host/onions.rs"]
mod onions;
#[path = "hostile_host/paths.rs"]
mod paths;
#[path = "hostile_host/payments.rs"]
mod payments;
#[path = "hostile_host/rules.rs"]
mod rules;
#[path = "hostile_host/state.rs"]
mod state;

const BUSY: u16 = 301;
const PROVISIONED: u16 = 303;
const ID_REUSED: u16 = 304;
const NOT_OPEN: u16 = 305;
const CHUNK_ORDER: u16 = 306;
const NOT_APPROVED: u16 = 309;
const NOT_DISCLOSED: u16 = 310;
const TOO_LONG: u16 = 402;
const UNREADABLE: u16 = 401;
const NOT_OURS: u16 = 602;

/// An error of rule `n` of the merchant's.
const fn rule(n: u16) -> u16 {
    500 + n
}

fn chunk(offset: usize, data: &[u8]) -> Request<'_> {
    let offset = u32::try_from(offset).unwrap();
    Request::Onion(OnionRequest::Chunk(Chunk { offset, data }))
}

const END: Request<'static> =
    Request::Onion(OnionRequest::End { invoice_error: ErrorForm::Specification });

fn begin(path_key: [u8; 33], len: usize) -> Request<'static> {
    let length = u16::try_from(len).unwrap();
    Request::Onion(OnionRequest::Begin { path_key: Bytes(path_key), length })
}

/// The device waits for payment paths for a cup of coffee under the id that is returned.
fn awaiting_paths<'c>(curve: &'c countersign_crypto::Curve<'c>) -> (Scene<'c>, u32) {
    let mut scene = Scene::open(curve);
    let request = scene.request(&Wish::default());
    let (id, said) = scene.hear(&scene.message(&request));
    assert_eq!(need(&said).amount_msat, 10_000);
    (scene, id)
}

/// The honest rest of a request for which the device waits for payment paths.
fn honest_rest(scene: &mut Scene<'_>, id: u32) -> Bought {
    let said = scene.honest_paths(id);
    let Reply::Outgoing(outgoing) = said.reply() else { panic!("{said:?}") };
    let receipt = outgoing.receipt.expect("an invoice has a receipt").to_vec();
    let (_, invoice) = scene.deliver(id, &said);
    let payment_hash = Invoice::parse(&invoice).unwrap().fields().payment_hash;
    Bought { id, request: Vec::new(), payment_hash, invoice, receipt }
}

/// Claims what was `bought` as an honest host does, and finds the preimages in no reply before:
/// the canary.
fn no_preimage_has_left(scene: &mut Scene<'_>, bought: &[Bought]) {
    let before: Vec<Said> = core::mem::take(&mut scene.shop.said);
    for bought in bought {
        let path_key = Bytes(scene.arriving_path_key(&bought.invoice));
        let claim = ClaimRequest::PathKey { receipt: &bought.receipt, path_key };
        let claimed = scene.shop.call(&Request::Claim(claim));
        is_first_to_say_the_preimage(&claimed, &before, &bought.payment_hash);
    }
}

/// `said` is the preimage of `payment_hash`, and nothing of it was in a reply `before`.
fn is_first_to_say_the_preimage(said: &Said, before: &[Said], payment_hash: &[u8; 32]) {
    let Reply::Claimed { preimage } = said.reply() else { panic!("{said:?}") };
    let preimage = preimage.reveal();
    assert_eq!(sha256(&[preimage]), *payment_hash);
    assert!(!before.is_empty());
    for Said(bytes) in before {
        let sings = bytes.windows(16).any(|window| preimage.windows(16).any(|half| half == window));
        assert!(!sings, "the canary sang");
    }
}

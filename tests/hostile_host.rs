//! P1, P2 and P3 against a host that is taken over: one test an attack.

use countersign_link::{Bytes, Chunk, ErrorForm, OnionRequest, Request};
use countersign_tests::payer::Wish;
use countersign_tests::scene::{Scene, need};

#[path = "hostile_host/conversation.rs"]
mod conversation;
#[path = "hostile_host/onions.rs"]
mod onions;
#[path = "hostile_host/paths.rs"]
mod paths;
#[path = "hostile_host/payments.rs"]
mod payments;
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

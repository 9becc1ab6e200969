//! P1, P2 and P4 against a stranger who sends onions: one test an attack.

use countersign_blinding::{BlindedPaths, EncryptedDataTlv, Hop, Padding, Purpose, Route, Start};
use countersign_crypto::{Curve, PublicKey, Secret};
use countersign_link::{Reply, Request};
use countersign_tests::payer::{InFlight, Wish};
use countersign_tests::scene::{Cargo, Scene};
use countersign_tests::shop::Said;
use countersign_tlv::{Reader, Writer};

#[path = "hostile_payer/offers.rs"]
mod offers;
#[path = "hostile_payer/onions.rs"]
mod onions;
#[path = "hostile_payer/reply_paths.rs"]
mod reply_paths;
#[path = "hostile_payer/requests.rs"]
mod requests;
#[path = "hostile_payer/silence.rs"]
mod silence;

/// What an `invoice_error` has for a type.
const INVOICE_ERROR: u64 = 68;

fn is_met_with_silence(scene: &mut Scene<'_>, message: &InFlight) {
    let (id, said) = scene.hear(message);
    assert_eq!(said, Said::silence());
    let status = scene.shop.call(&Request::Status);
    let Reply::Status(status) = status.reply() else { panic!("{status:?}") };
    assert_eq!(status.working_on, None, "nothing is left of request {id}");
}

/// The request is ours and gets an `invoice_error`: no invoice, and no word about a rule.
fn is_refused(scene: &mut Scene<'_>, request: &[u8]) -> Vec<u8> {
    let (id, said) = scene.hear(&scene.message(request));
    let Reply::Outgoing(outgoing) = said.reply() else { panic!("{:?}", said.reply()) };
    assert_eq!((outgoing.receipt, outgoing.summary), (None, None));
    let (number, error) = scene.deliver(id, &said);
    assert_eq!(number, INVOICE_ERROR);
    error
}

/// There is no invoice: an `invoice_error` or, where the request is not even a well-formed one, silence.
fn gets_no_invoice(scene: &mut Scene<'_>, request: &[u8]) {
    let (id, said) = scene.hear(&scene.message(request));
    if said != Said::silence() {
        assert_eq!(scene.deliver(id, &said).0, INVOICE_ERROR);
    }
}

fn coffee_is_still_sold(scene: &mut Scene<'_>) {
    let request = scene.request(&Wish { metadata: &[77; 16], ..Wish::default() });
    scene.buy(&request);
}

/// A path of one hop to `node`, with `path_id`.
fn own_path<'b>(
    curve: &Curve<'_>,
    node: &[u8; 33],
    path_id: &[u8],
    buffer: &'b mut [u8],
) -> &'b [u8] {
    let mut writer = Writer::new(buffer);
    let data = EncryptedDataTlv { path_id: Some(path_id), ..EncryptedDataTlv::default() };
    let route = Route {
        purpose: Purpose::Message,
        start: Start::NodeId,
        hops: [Hop::plain(PublicKey::parse(node).unwrap(), data)].into_iter(),
        dummy_hops: 0,
        padding: Padding::None,
    };
    route.blind(curve, &Secret::new([0x55; 32]), &mut writer).unwrap();
    writer.finish()
}

/// `cargo` over an encoded path, past none of its hops yet.
fn over(curve: &Curve<'_>, path: &[u8], cargo: &Cargo<'_>) -> InFlight {
    let paths = BlindedPaths::frame(&mut Reader::new(path)).unwrap();
    cargo.over(curve, &paths.iter().next().unwrap())
}

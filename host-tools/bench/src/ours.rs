//! Our merchant's offer, and what a payer asks for it.

use core::num::NonZeroU16;

use countersign_bench_ours::{CHANNEL, Merchant, offer_keys};
use countersign_bench_steps::Inputs;
use countersign_blinding::{BlindedPaths, EncryptedDataTlv, Hop, Padding, Purpose, Route, Start};
use countersign_crypto::{CurveMemory, Secret};
use countersign_ldk_tests::our_node::curve;
use countersign_offers::{
    Amount, ChainHash, Identity, Nonce, OfferTerms, PathPurpose, QuantityMax,
};
use countersign_onion::Peel;
use countersign_tlv::{Reader, Writer};
use countersign_units::Msat;
use lightning::offers::offer::Offer;

use crate::case::{AMOUNT, Case, DESCRIPTION, Party};
use crate::step::Size;

/// The reference case of one size, at our merchant.
pub(crate) fn case(size: Size) -> Case {
    Case::new(size, &Offer::try_from(offer(size)).expect("LDK reads it"))
}

/// The bytes of the invoice for the request of `inputs`.
pub(crate) fn invoice(inputs: &Inputs<'_>) -> Vec<u8> {
    let mut memory = CurveMemory::new();
    let merchant = Merchant::new(inputs.secret, inputs.relay, &mut memory);
    let (mut space, mut whole) = (vec![0; 4_096], vec![0; 4_096]);
    let length = merchant.invoice_bytes(inputs, &mut Peel::new(), &mut space, &mut whole);
    whole.truncate(length);
    whole
}

/// Our offer, with the path relay, merchant.
fn offer(size: Size) -> Vec<u8> {
    let (curve, offers) = (curve(), offer_keys());
    let [node_id, relay] = [Party::Merchant, Party::Relay].map(|party| party.point());
    let nonce = Nonce([7; 16]);
    let path_id = offers.path_id(PathPurpose::Offer, &nonce);
    let own_id = node_id.serialize();
    let onward = match size {
        Size::Small => {
            EncryptedDataTlv { short_channel_id: Some(CHANNEL), ..EncryptedDataTlv::default() }
        }
        Size::Big => {
            EncryptedDataTlv { next_node_id: Some(&own_id), ..EncryptedDataTlv::default() }
        }
    };
    let own = EncryptedDataTlv { path_id: Some(&path_id.0), ..EncryptedDataTlv::default() };
    let padding = match size {
        Size::Small => Padding::None,
        // As LDK pads.
        Size::Big => Padding::EqualMultipleOf(NonZeroU16::new(100).expect("not zero")),
    };
    let route = Route {
        purpose: Purpose::Message,
        start: Start::NodeId,
        hops: [Hop::plain(relay, onward), Hop::plain(node_id, own)].into_iter(),
        dummy_hops: 0,
        padding,
    };
    let mut space = [0; 1_024];
    let mut writer = Writer::new(&mut space);
    route.blind(curve, &Secret::new([0x55; 32]), &mut writer).expect("a path");
    let paths = BlindedPaths::parse(&mut Reader::new(writer.written())).expect("paths");
    let terms = OfferTerms {
        chain: ChainHash::BITCOIN,
        amount: Msat::new(AMOUNT).map(Amount::Bitcoin),
        description: Some(DESCRIPTION),
        absolute_expiry: None,
        paths: Some(paths),
        issuer: None,
        quantity_max: QuantityMax::One,
    };
    let mut buffer = [0; 1_024];
    let offer = offers.issue(curve, &terms, &nonce, Identity::IssuerId, &mut buffer);
    offer.expect("an offer").records().bytes().to_vec()
}

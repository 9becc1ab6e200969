//! The onion rule with payments as LDK makes them: LDK reads the device's invoice, builds the onions,
//! and passes them on; the device, behind LDK's node, opens them.

use bitcoin::secp256k1::SecretKey;
use countersign_crypto::sha256;
use countersign_ldk_tests::node::Node;
use countersign_ldk_tests::payment::{Order, forward, pay_blinded_as};
use countersign_link::Reply;
use countersign_tests::htlc::{self, AMOUNT, Htlc};
use countersign_tests::onion::with_curve;
use countersign_tests::payer::Wish;
use countersign_tests::scene::{Bought, RECIPIENT, code};
use countersign_tests::shop::Said;
use lightning::blinded_path::payment::BlindedPaymentPath;
use lightning::offers::invoice::Bolt12Invoice;
use lightning::types::payment::PaymentHash;

/// Rule 71, as an error.
const EVIDENCE: u16 = 571;

/// The payment paths of `bought`, as LDK reads them.
fn paths(bought: &Bought) -> Vec<BlindedPaymentPath> {
    let invoice = Bolt12Invoice::try_from(bought.invoice.clone()).expect("LDK reads the invoice");
    assert_eq!(invoice.payment_hash(), PaymentHash(bought.payment_hash));
    assert_eq!(invoice.amount_msats(), AMOUNT);
    invoice.payment_paths().to_vec()
}

/// One part of a payment for `hash`, on its way from LDK's payer over LDK's relay and LDK's node.
fn part(amount: u64, hash: [u8; 32], path: &BlindedPaymentPath) -> Htlc {
    let [relay, paid] = [[0x41; 32], RECIPIENT]
        .map(|key| Node::new(SecretKey::from_slice(&key).expect("a key"), u64::from(key[0])));
    let hash = PaymentHash(hash);
    let order = Order { amount, total: AMOUNT, hash };
    let at_relay = pay_blinded_as(&order, &relay, path);
    let at_paid = forward(&at_relay, &relay, &path.blinding_point().serialize(), hash);
    let path_key = at_paid.path_key.expect("a blinded path");
    let behind = forward(&at_paid, &paid, &path_key, hash);
    Htlc {
        onion: behind.onion,
        path_key: behind.path_key.expect("a blinded path"),
        amount: behind.amount,
        expiry: behind.expiry,
    }
}

fn is_preimage_of(said: &Said, bought: &Bought) {
    let Reply::Claimed { preimage } = said.reply() else { panic!("{:?}", said.reply()) };
    assert_eq!(sha256(&[preimage.reveal()]), bought.payment_hash);
}

#[test]
fn a_payment_of_ldks_in_one_part_gets_the_preimage() {
    with_curve(|curve| {
        let mut scene = htlc::open(curve);
        let bought = htlc::buy(&mut scene, &Wish::default(), 1);
        let whole = part(AMOUNT, bought.payment_hash, &paths(&bought)[0]);
        is_preimage_of(&whole.claim(&mut scene.shop, &bought.receipt), &bought);
    });
}

#[test]
fn a_payment_of_ldks_in_parts_over_several_paths_gets_the_preimage_with_the_last() {
    with_curve(|curve| {
        let mut scene = htlc::open(curve);
        let bought = htlc::buy(&mut scene, &Wish::default(), 3);
        let paths = paths(&bought);
        assert_eq!(paths.len(), 3);
        for (amount, path, left) in
            [(5_000, 0, 5_000), (3_000, 1, 2_000), (1_500, 2, 500), (1_500, 2, 500)]
        {
            let part = part(amount, bought.payment_hash, &paths[path]);
            let said = part.claim(&mut scene.shop, &bought.receipt);
            assert_eq!(said.reply(), Reply::PartClaimed { missing_msat: left });
        }
        let last = part(500, bought.payment_hash, &paths[0]);
        is_preimage_of(&last.claim(&mut scene.shop, &bought.receipt), &bought);
    });
}

#[test]
fn a_payment_of_ldks_for_another_hash_or_another_invoice_gets_nothing() {
    with_curve(|curve| {
        let mut scene = htlc::open(curve);
        let bought = htlc::buy(&mut scene, &Wish::default(), 1);
        let wish = Wish { metadata: &[9; 16], ..Wish::default() };
        let other = htlc::buy(&mut scene, &wish, 1);
        let (mine, others) = (paths(&bought).remove(0), paths(&other).remove(0));
        for foreign in [
            part(AMOUNT, other.payment_hash, &mine),
            part(AMOUNT, other.payment_hash, &others),
            part(AMOUNT, bought.payment_hash, &others),
        ] {
            let said = foreign.claim(&mut scene.shop, &bought.receipt);
            assert_eq!(code(&said), EVIDENCE);
        }
    });
}

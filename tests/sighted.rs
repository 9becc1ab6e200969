//! P1, the honest side of it: a customer's request gets the invoice that it should.

use countersign_link::{Bytes, Destination, MessageHop, Network, NextHop, Part, PaymentHop, Reply};
use countersign_tests::onion::with_curve;
use countersign_tests::payer::{self, InFlight, Wish};
use countersign_tests::scene::coffee;
use countersign_tests::shop::Shop;

#[test]
fn a_request_over_the_offers_path_gets_a_signed_invoice() {
    with_curve(|curve| {
        let relay = payer::relay().public_key(curve);
        let recipient = [2; 32].map(|byte: u8| byte);
        let recipient = countersign_tests::onion::secret_key(&recipient).public_key(curve);
        let mut shop = Shop::open(Network::Regtest, recipient.serialize());
        let named = Destination::Node(Bytes(relay.serialize()));
        let hop = MessageHop { node: Bytes(relay.serialize()), named, next: NextHop::NodeId };
        let offer = payer::records(&shop.offer(&coffee(), &[hop]));
        let request = payer::request(curve, &offer, &Wish::default());
        let reply_path = payer::reply_path(curve, &[relay, payer::payer().public_key(curve)], 0);
        let sent = payer::send(curve, &offer, &request, &reply_path);
        let at_device = payer::pass(curve, &payer::relay(), &sent);

        let id = shop.id();
        let said = shop.onion(id, at_device.path_key, &at_device.packet).unwrap();
        let Reply::NeedPaymentPaths(need) = said.reply() else { panic!("{:?}", said.reply()) };
        assert_eq!(need.amount_msat, 10_000);
        let hop = PaymentHop {
            node: Bytes(relay.serialize()),
            short_channel_id: 1,
            cltv_expiry_delta: 40,
            fee_proportional_millionths: 100,
            fee_base_msat: 10,
            htlc_minimum_msat: 1,
            htlc_maximum_msat: 1_000_000_000,
        };
        let said = shop.paths(id, &[hop], recipient.serialize()).unwrap();
        let Reply::Outgoing(outgoing) = said.reply() else { panic!("{:?}", said.reply()) };
        assert_eq!(outgoing.destination, Destination::Node(Bytes(relay.serialize())));
        let packet = shop.pull(id, Part::Onion, outgoing.length.into());
        let answer = InFlight { path_key: outgoing.path_key.0, packet };
        let at_payer = payer::pass(curve, &payer::relay(), &answer);
        let (number, invoice) = payer::receive(curve, &payer::payer(), &at_payer);
        assert_eq!(number, 66);
        let (hash, amount) = payer::verify(curve, &request, &invoice);
        assert_eq!((hash, amount), (need.payment_hash.0, 10_000));
    });
}

//! Payment onions and blinded payment paths: made by one, opened by the other.

use countersign_blinding::{
    BlindedPath, EncryptedDataTlv, ForwardingNode, Invalid, Padding, PaymentPath, Purpose,
    Recipient, Route, Sealing, ShortChannelId, Start, Unblinding,
};
use countersign_crypto::{Secret, SecretKey};
use countersign_ldk_tests::dice::Dice;
use countersign_ldk_tests::keyring::Keyring;
use countersign_ldk_tests::node::Node;
use countersign_ldk_tests::our_node::{build_payment, curve, peel_payment, point, secret};
use countersign_ldk_tests::payment::{
    AMOUNT, HASH, HEIGHT, Incoming, pay, pay_blinded, route_hop, scid,
};
use countersign_onion::{PaymentData, PaymentPayload};
use countersign_tlv::{Reader, Writer};
use countersign_units::Msat;
use lightning::blinded_path::BlindedHop;
use lightning::blinded_path::payment::{
    BlindedPaymentPath, Bolt12RefundContext, ForwardTlvs, PaymentConstraints, PaymentContext,
    PaymentForwardNode, PaymentRelay, UnauthenticatedReceiveTlvs,
};
use lightning::ln::channelmanager::{PendingHTLCInfo, PendingHTLCRouting, RecipientOnionFields};
use lightning::offers::nonce::Nonce;
use lightning::routing::router::Path;
use lightning::sign::NodeSigner;
use lightning::types::features::BlindedHopFeatures;
use lightning::types::payment::PaymentSecret;
use lightning::util::ser::{Readable, Writeable};

/// Blocks that every recipient wants.
const FINAL_DELTA: u16 = 42;
/// The secret that a recipient outside a blinded path knows the payment by.
const PAYMENT_SECRET: [u8; 32] = [9; 32];

/// Nodes in a row; the last one is paid.
fn nodes(count: usize) -> Vec<Node> {
    let keys = Keyring::default();
    (0..count).map(|at| Node::new(keys.nth(at).0, at as u64)).collect()
}

/// The key of an LDK node, as ours.
fn key_of(node: &Node) -> SecretKey {
    secret(node.secret().secret_bytes())
}

/// What the node at some place is paid. LDK wants 48 blocks at least.
fn relay(at: usize) -> countersign_blinding::PaymentRelay {
    let at = u32::try_from(at).expect("few");
    countersign_blinding::PaymentRelay {
        cltv_expiry_delta: u16::try_from(48 + at).expect("small"),
        fee_proportional_millionths: 100 + 7 * at,
        fee_base_msat: 1_000 + 11 * at,
    }
}

/// Our path over `nodes`, as LDK reads it.
fn our_path(nodes: &[Node]) -> BlindedPaymentPath {
    let most = Msat::new(1_000_000_000).expect("below 21 million");
    let forwarding: Vec<ForwardingNode> = nodes[..nodes.len() - 1]
        .iter()
        .enumerate()
        .map(|(at, node)| ForwardingNode {
            node_id: point(&node.id().serialize()),
            short_channel_id: ShortChannelId(scid(at)),
            relay: relay(at),
            htlc_minimum: Msat::ZERO,
            htlc_maximum: most,
        })
        .collect();
    let recipient = Recipient {
        node_id: point(&nodes[nodes.len() - 1].id().serialize()),
        data: EncryptedDataTlv { path_id: Some(b"our payment"), ..EncryptedDataTlv::default() },
        sealing: Sealing::Plain,
        min_final_cltv_expiry_delta: FINAL_DELTA,
        constraints: countersign_blinding::PaymentConstraints {
            max_cltv_expiry: HEIGHT + 1_000,
            htlc_minimum: Msat::ZERO,
        },
        htlc_maximum: most,
    };
    let path = PaymentPath { forwarding: &forwarding, recipient: &recipient };
    let mut space = [0; 2_000];
    let mut writer = Writer::new(&mut space);
    let route = Route {
        purpose: Purpose::Payment,
        start: Start::NodeId,
        hops: path.hops().expect("hops"),
        dummy_hops: 0,
        padding: Padding::Equal,
    };
    route.blind(curve(), &Secret::new([0x77; 32]), &mut writer).expect("a path");
    let blinded = BlindedPath::parse(&mut Reader::new(writer.written())).expect("a path");
    let mut info = [0; 28];
    path.payinfo().expect("payinfo").write(&mut Writer::new(&mut info)).expect("28 bytes");
    let ldk_point =
        |bytes: &[u8]| bitcoin::secp256k1::PublicKey::from_slice(bytes).expect("a point");
    let hops = blinded.hops().map(|hop| BlindedHop {
        blinded_node_id: ldk_point(hop.blinded_node_id),
        encrypted_payload: hop.encrypted_recipient_data.to_vec(),
    });
    BlindedPaymentPath::from_blinded_path_and_payinfo(
        nodes[0].id(),
        ldk_point(blinded.first_path_key()),
        hops.collect(),
        Readable::read(&mut &info[..]).expect("payinfo"),
    )
}

/// LDK's path over `nodes`.
fn ldk_path(nodes: &[Node]) -> BlindedPaymentPath {
    let recipient = &nodes[nodes.len() - 1];
    let constraints = PaymentConstraints { max_cltv_expiry: HEIGHT + 1_000, htlc_minimum_msat: 1 };
    let forwarding: Vec<PaymentForwardNode> = nodes[..nodes.len() - 1]
        .iter()
        .enumerate()
        .map(|(at, node)| PaymentForwardNode {
            tlvs: ForwardTlvs {
                short_channel_id: scid(at),
                payment_relay: PaymentRelay {
                    cltv_expiry_delta: relay(at).cltv_expiry_delta,
                    fee_proportional_millionths: relay(at).fee_proportional_millionths,
                    fee_base_msat: relay(at).fee_base_msat,
                },
                payment_constraints: constraints.clone(),
                features: BlindedHopFeatures::empty(),
                next_blinding_override: None,
            },
            node_id: node.id(),
            htlc_maximum_msat: 1_000_000_000,
        })
        .collect();
    let own = UnauthenticatedReceiveTlvs {
        payment_secret: PaymentSecret(PAYMENT_SECRET),
        payment_constraints: constraints,
        payment_context: PaymentContext::Bolt12Refund(Bolt12RefundContext {}),
    };
    let nonce = Nonce::from_entropy_source(recipient.entropy());
    BlindedPaymentPath::new(
        &forwarding,
        recipient.id(),
        own.authenticate(nonce, &recipient.get_expanded_key()),
        1_000_000_000,
        FINAL_DELTA,
        recipient.entropy(),
        recipient.secp(),
    )
    .expect("a path")
}

#[test]
fn ldk_forwards_a_payment_along_our_blinded_path_to_us() {
    for count in 2..=5 {
        let nodes = nodes(count);
        let mut incoming = pay_blinded(&nodes[0], &our_path(&nodes));
        let mut path_key = our_path(&nodes).blinding_point().serialize();
        for (at, node) in nodes[..count - 1].iter().enumerate() {
            let PendingHTLCInfo {
                routing,
                outgoing_amt_msat: amount,
                outgoing_cltv_value: expiry,
                ..
            } = incoming.peel(node);
            let PendingHTLCRouting::Forward { onion_packet, short_channel_id, blinded, .. } =
                routing
            else {
                panic!("hop {at} forwards");
            };
            assert_eq!(short_channel_id, scid(at));
            assert!(blinded.is_some());
            assert_eq!(expiry, incoming.expiry - u32::from(relay(at).cltv_expiry_delta));
            // What LDK passes on to the next node beside the onion, it computes out of our sight.
            let unblinding = Unblinding::new(&key_of(node), point(&path_key));
            let next = unblinding.next_path_key(curve(), &EncryptedDataTlv::default());
            path_key = next.expect("a key").serialize();
            let onion = onion_packet.encode();
            incoming = Incoming { onion, amount, expiry, path_key: Some(path_key) };
        }
        let key = key_of(&nodes[count - 1]);
        let unblinding = Unblinding::new(&key, point(&path_key));
        let blinded = unblinding.blinded_key(&key).expect("a key");
        let (payload, next) =
            peel_payment(&mut Dice::new(1), &blinded, &incoming.onion, HASH.0).expect("our layer");
        assert_eq!(next, None);
        let payload = PaymentPayload::parse(&payload).expect("a payload");
        assert_eq!(payload.amt_to_forward, Msat::new(AMOUNT));
        assert_eq!(payload.total_amount_msat, Msat::new(AMOUNT));
        // Each hop's fee is rounded up, and its share of a million before that.
        let surplus = incoming.amount.checked_sub(AMOUNT).expect("no less than asked for");
        assert!(surplus <= 2 * count as u64, "{surplus} msat over {count} hops");
        assert_eq!(payload.outgoing_cltv_value, Some(HEIGHT));
        assert_eq!(incoming.expiry, HEIGHT + u32::from(FINAL_DELTA));
        let mut data = payload.encrypted_recipient_data.expect("recipient data").to_vec();
        let data = unblinding.open(&mut data).expect("our data");
        assert_eq!(data.path_id, Some(&b"our payment"[..]));
    }
}

#[test]
fn we_open_every_hop_of_ldks_blinded_payment_path() {
    for count in 2..=5 {
        let nodes = nodes(count);
        let path = ldk_path(&nodes);
        let mut incoming = pay_blinded(&nodes[0], &path).onion;
        let mut path_key = None;
        for (at, node) in nodes.iter().enumerate() {
            let key = key_of(node);
            let unblinding = path_key.map(|path_key| Unblinding::new(&key, path_key));
            let own = unblinding.as_ref().map(|it| it.blinded_key(&key).expect("a key"));
            let (payload, next) =
                peel_payment(&mut Dice::new(1), own.as_ref().unwrap_or(&key), &incoming, HASH.0)
                    .expect("a layer");
            let payload = PaymentPayload::parse(&payload).expect("a payload");
            // The introduction node finds the path key in its payload.
            let unblinding = unblinding.unwrap_or_else(|| {
                Unblinding::new(&key, payload.current_path_key.expect("the first path key"))
            });
            let mut data = payload.encrypted_recipient_data.expect("recipient data").to_vec();
            let Some(next) = next else {
                assert_eq!(at, count - 1);
                // The last hop's records are LDK's own: theirs to read, ours to carry.
                let bytes = unblinding.decrypt(&mut data).expect("LDK seals it plainly");
                assert_eq!(
                    EncryptedDataTlv::parse(bytes),
                    Err(Invalid::UnknownEven { number: 65_536 })
                );
                let own = EncryptedDataTlv::parse_foreign_recipient(bytes).expect("records");
                assert!(own.payment_constraints.is_some());
                break;
            };
            let data = unblinding.open(&mut data).expect("the specification's data");
            assert_eq!(data.short_channel_id, Some(ShortChannelId(scid(at))));
            assert_eq!(data.payment_relay, Some(relay(at)));
            path_key = Some(unblinding.next_path_key(curve(), &data).expect("a key"));
            incoming = next;
        }
    }
}

#[test]
fn both_add_up_the_same_fees_and_blocks() {
    for count in 1..=8 {
        let nodes = nodes(count);
        let (ours, ldk) = (our_path(&nodes).payinfo, ldk_path(&nodes).payinfo);
        assert_eq!(ours.fee_base_msat, ldk.fee_base_msat, "{count} hops");
        assert_eq!(ours.fee_proportional_millionths, ldk.fee_proportional_millionths);
        assert_eq!(ours.cltv_expiry_delta, ldk.cltv_expiry_delta);
        assert!(ours.htlc_minimum_msat <= AMOUNT && AMOUNT <= ours.htlc_maximum_msat);
    }
}

#[test]
fn we_peel_ldks_payment_onions_over_one_to_eight_hops() {
    for count in 1..=8 {
        let nodes = nodes(count);
        let last = count - 1;
        let hops = nodes.iter().enumerate().map(|(at, node)| {
            let (fee, delta) =
                if at == last { (AMOUNT, u32::from(FINAL_DELTA)) } else { (1_000, 40) };
            route_hop(node, at, fee, delta)
        });
        let path = Path { hops: hops.collect(), blinded_tail: None };
        let recipient = RecipientOnionFields::secret_only(PaymentSecret(PAYMENT_SECRET));
        let mut onion = pay(&path, &recipient).onion;
        for (at, node) in nodes.iter().enumerate() {
            let (payload, next) =
                peel_payment(&mut Dice::new(at as u64), &key_of(node), &onion, HASH.0)
                    .expect("a layer");
            let payload = PaymentPayload::parse(&payload).expect("a payload");
            let hops_left = (last - at) as u64;
            let fees = hops_left.saturating_sub(1) * 1_000;
            assert_eq!(payload.amt_to_forward, Msat::new(AMOUNT + fees));
            match next {
                Some(next) => {
                    assert_eq!(payload.short_channel_id, Some(scid(at + 1)));
                    onion = next;
                }
                None => {
                    assert_eq!(at, last);
                    let data = payload.payment_data.expect("payment data");
                    assert_eq!(data.payment_secret, &PAYMENT_SECRET);
                    assert_eq!(data.total_msat.get(), AMOUNT);
                }
            }
        }
    }
}

#[test]
fn ldk_peels_our_payment_onions_over_one_to_eight_hops() {
    let amount = Msat::new(AMOUNT);
    for count in 1..=8 {
        let nodes = nodes(count);
        let last = count - 1;
        let expiry = |at: usize| HEIGHT + 100 + 48 * u32::try_from(last - at).expect("few");
        let payloads: Vec<Vec<u8>> = (0..count)
            .map(|at| {
                let data = PaymentData {
                    payment_secret: &PAYMENT_SECRET,
                    total_msat: amount.expect("below 21 million"),
                };
                let payload = PaymentPayload {
                    amt_to_forward: amount,
                    outgoing_cltv_value: Some(expiry((at + 1).min(last))),
                    short_channel_id: (at < last).then(|| scid(at)),
                    payment_data: (at == last).then_some(data),
                    ..PaymentPayload::default()
                };
                let mut space = [0; 100];
                let mut writer = Writer::new(&mut space);
                payload.write(&mut writer).expect("room");
                writer.finish().to_vec()
            })
            .collect();
        let ids: Vec<_> = nodes.iter().map(|node| point(&node.id().serialize())).collect();
        let mut onion = build_payment(&mut Dice::new(count as u64), &ids, &payloads, HASH.0);
        for (at, node) in nodes.iter().enumerate() {
            let incoming = Incoming { onion, amount: AMOUNT, expiry: expiry(at), path_key: None };
            let PendingHTLCInfo {
                routing,
                outgoing_amt_msat: forwarded,
                outgoing_cltv_value: outgoing,
                ..
            } = incoming.peel(node);
            assert_eq!(forwarded, AMOUNT);
            match routing {
                PendingHTLCRouting::Forward { onion_packet, short_channel_id, .. } => {
                    assert_eq!((short_channel_id, outgoing), (scid(at), expiry(at + 1)));
                    onion = onion_packet.encode();
                }
                PendingHTLCRouting::Receive { payment_data, .. } => {
                    assert_eq!(at, last);
                    assert_eq!(payment_data.payment_secret.0, PAYMENT_SECRET);
                    break;
                }
                _ => panic!("neither forwarded nor received"),
            }
        }
    }
}

//! Onion messages: built by one, peeled by the other, in both sizes, over one to eight hops.

use bitcoin::secp256k1::PublicKey;
use countersign_blinding::{
    EncryptedDataTlv, Hop, Padding, Purpose, Route, Sealing, Start, UnknownRecords,
};
use countersign_crypto::Secret;
use countersign_ldk_tests::corpus::seed;
use countersign_ldk_tests::dice::Dice;
use countersign_ldk_tests::keyring::Keyring;
use countersign_ldk_tests::node::{Node, Parcel, message, parts};
use countersign_ldk_tests::our_node::{Layer, Sent, build, curve, onward, peel, point, secret};
use countersign_ldk_tests::records::Records;
use countersign_onion::{ContentType, PayloadsLen};
use countersign_tlv::{TlvStream, Writer};
use lightning::blinded_path::message::{
    BlindedMessagePath, MessageContext, MessageForwardNode, NextMessageHop,
};
use lightning::onion_message::messenger::{Destination, OnionMessagePath, PeeledOnion};
use lightning::sign::NodeSigner;
use lightning::util::ser::Writeable;

/// Hops of a path, the recipient's included.
const HOPS: core::ops::RangeInclusive<usize> = 1..=8;
/// The messages that make LDK choose each of the two sizes.
const SIZES: [(PayloadsLen, usize); 2] = [(PayloadsLen::SMALL, 20), (PayloadsLen::LARGE, 6_000)];

/// The nodes of every path, in its order: the recipient is the last.
struct Cast {
    nodes: Vec<Node>,
    dice: Dice,
}

impl Cast {
    fn new(hops: usize) -> Self {
        let keys = Keyring::default();
        let dice = Dice::new(seed());
        println!("seed {}", seed());
        let node = |index| Node::new(keys.nth(index).0, seed() + index as u64);
        Self { nodes: (0..hops).map(node).collect(), dice }
    }

    fn recipient(&self) -> &Node {
        self.nodes.last().expect("one hop at least")
    }

    fn sender() -> Node {
        Node::new(Keyring::default().nth(30).0, seed())
    }

    /// LDK's path over all nodes.
    fn path_of_ldk(&self, dummies: usize) -> BlindedMessagePath {
        let recipient = self.recipient();
        let before = &self.nodes[..self.nodes.len() - 1];
        let hop = |node: &Node| MessageForwardNode { node_id: node.id(), short_channel_id: None };
        BlindedMessagePath::new_with_dummy_hops(
            &before.iter().map(hop).collect::<Vec<_>>(),
            recipient.id(),
            dummies,
            recipient.get_receive_auth_key(),
            MessageContext::Custom(b"context".to_vec()),
            recipient.entropy(),
            recipient.secp(),
        )
    }

    /// Our path over all nodes, whose last hop holds `data`.
    fn path_of_ours(
        &mut self,
        dummy_hops: u8,
        data: EncryptedDataTlv<'_>,
        sealing: Sealing<'_>,
    ) -> Vec<u8> {
        let ids: Vec<[u8; 33]> = self.nodes.iter().map(|node| node.id().serialize()).collect();
        let mut hops: Vec<Hop<'_>> = ids
            .iter()
            .zip(ids.iter().skip(1))
            .map(|(id, next)| Hop::plain(point(id), onward(next)))
            .collect();
        hops.push(Hop { node_id: point(&ids[ids.len() - 1]), data, sealing });
        let route = Route {
            purpose: Purpose::Message,
            start: Start::NodeId,
            hops: hops.into_iter(),
            dummy_hops,
            padding: Padding::Equal,
        };
        let mut buffer = vec![0; 4_000];
        let mut writer = Writer::new(&mut buffer);
        let session_key = Secret::new(self.dice.array());
        route.blind(curve(), &session_key, &mut writer).expect("a path");
        writer.finish().to_vec()
    }

    /// Sends LDK's onion to `destination` by way of all nodes but the recipient, when they are not
    /// in the path already.
    fn send(&mut self, destination: Destination, length: usize) -> (PublicKey, Sent, Vec<u8>) {
        let intermediate_nodes = match destination {
            Destination::Node(_) => {
                self.nodes[..self.nodes.len() - 1].iter().map(Node::id).collect()
            }
            Destination::BlindedPath(_) => Vec::new(),
        };
        let contents = self.dice.bytes(length);
        let path =
            OnionMessagePath { intermediate_nodes, destination, first_node_addresses: Vec::new() };
        let parcel = Parcel(contents.clone());
        let (first, sent) = Self::sender().send(path, parcel, None).expect("an onion");
        let (path_key, packet) = parts(&sent);
        (first, Sent { path_key, packet }, contents)
    }

    /// Our peeling of every layer: each must go on to the next node, and the last is returned.
    fn peel_all(&mut self, mut sent: Sent, dummies: usize) -> Layer {
        let last = self.nodes.len() - 1;
        let ids: Vec<_> = self.nodes.iter().map(|node| node.id().serialize()).collect();
        let stops = (0..last).chain(core::iter::repeat_n(last, dummies));
        for (at, next) in stops.zip((1..=last).chain(core::iter::repeat_n(last, dummies))) {
            let key = secret(self.nodes[at].secret().secret_bytes());
            match peel(&mut self.dice, &key, &sent) {
                Some(Layer::Forward { next: id, message }) => {
                    assert_eq!(id, Some(ids[next]), "hop {at}");
                    assert_eq!(message.packet.len(), sent.packet.len());
                    sent = message;
                }
                other => panic!("hop {at}: {other:?}"),
            }
        }
        let key = secret(self.recipient().secret().secret_bytes());
        peel(&mut self.dice, &key, &sent).expect("the last layer")
    }
}

/// LDK's peeling of every layer: each must go on to the next node, and what the last says.
fn peel_all_with_ldk(cast: &Cast, sent: &Sent, our_dummies: usize) -> PeeledOnion<Parcel> {
    let mut sent = message(&sent.bytes());
    let last = cast.nodes.len() - 1;
    let stops = (0..last).chain(core::iter::repeat_n(last, our_dummies));
    for (at, next) in stops.zip((1..=last).chain(core::iter::repeat_n(last, our_dummies))) {
        match cast.nodes[at].peel(&sent).expect("a layer") {
            PeeledOnion::Forward(NextMessageHop::NodeId(id), message) => {
                assert_eq!(id, cast.nodes[next].id());
                sent = message;
            }
            _ => panic!("hop {at} is not the last"),
        }
    }
    cast.recipient().peel(&sent).expect("the last layer")
}

#[test]
fn what_ldk_sends_to_a_node_we_peel_hop_by_hop() {
    for hops in HOPS {
        for (payloads_len, length) in SIZES {
            let mut cast = Cast::new(hops);
            let destination = Destination::Node(cast.recipient().id());
            let (first, sent, contents) = cast.send(destination, length);
            assert_eq!(first, cast.nodes[0].id());
            assert_eq!(sent.packet.len(), payloads_len.packet_len(), "{hops} hops");
            let content = Some((Parcel::NUMBER, contents));
            let expected = Layer::Final { content, reply_path: None, path_id: None };
            assert_eq!(cast.peel_all(sent, 0), expected);
        }
    }
}

#[test]
fn what_ldk_sends_over_our_path_we_peel_and_recognise() {
    for hops in HOPS {
        for dummies in [0, 1, 3] {
            for (payloads_len, length) in SIZES {
                let mut cast = Cast::new(hops);
                let data =
                    EncryptedDataTlv { path_id: Some(b"ours"), ..EncryptedDataTlv::default() };
                let path = cast.path_of_ours(dummies, data, Sealing::Plain);
                let path = read_path(&path);
                let (first, sent, contents) = cast.send(Destination::BlindedPath(path), length);
                assert_eq!(first, cast.nodes[0].id());
                assert_eq!(sent.packet.len(), payloads_len.packet_len(), "{hops} hops");
                assert_eq!(
                    cast.peel_all(sent, dummies.into()),
                    Layer::Final {
                        content: Some((Parcel::NUMBER, contents)),
                        reply_path: None,
                        path_id: Some(b"ours".to_vec()),
                    }
                );
            }
        }
    }
}

#[test]
fn what_we_send_over_ldks_path_ldk_peels_and_recognises() {
    for hops in HOPS {
        for dummies in [0, 1, 3] {
            for (payloads_len, length) in SIZES {
                let mut cast = Cast::new(hops);
                let path = cast.path_of_ldk(dummies);
                if payloads_len == PayloadsLen::SMALL && hops + dummies > 7 {
                    // LDK pads every hop to 100 bytes: eight of them do not fit.
                    continue;
                }
                let contents = cast.dice.bytes(length);
                let number = ContentType::new(Parcel::NUMBER).expect("above 63");
                let content = (number, &contents[..]);
                let sent = build(&mut cast.dice, &path.encode(), content, payloads_len);
                match peel_all_with_ldk(&cast, &sent, 0) {
                    PeeledOnion::Custom(parcel, context, None) => {
                        assert_eq!(parcel, Parcel(contents));
                        assert_eq!(context.as_deref(), Some(&b"context"[..]));
                    }
                    other => panic!("{hops} hops: {other:?}"),
                }
            }
        }
    }
}

#[test]
fn ldk_peels_what_it_sends_over_our_path_and_our_dummy_hops_to_itself() {
    for hops in HOPS {
        for dummies in [0, 1, 3] {
            for (_, length) in SIZES {
                let mut cast = Cast::new(hops);
                let data = EncryptedDataTlv::default();
                let path = cast.path_of_ours(dummies, data, Sealing::Plain);
                let path = Destination::BlindedPath(read_path(&path));
                let (_, sent, contents) = cast.send(path, length);
                match peel_all_with_ldk(&cast, &sent, dummies.into()) {
                    PeeledOnion::Custom(parcel, None, None) => {
                        assert_eq!(parcel, Parcel(contents));
                    }
                    other => panic!("{hops} hops: {other:?}"),
                }
            }
        }
    }
}

#[test]
fn a_path_that_we_seal_with_a_nodes_receive_auth_key_is_that_nodes_own_to_ldk() {
    for hops in HOPS {
        let mut cast = Cast::new(hops);
        // LDK's context: a custom one is variant 1, a length, and the bytes with theirs.
        let mut own = Records::default();
        own.set(65_537, [&[1, 8][..], &[0, 6], b"sealed"].concat());
        let bytes = own.encode();
        let stream = TlvStream::parse(&bytes).expect("records");
        let data =
            EncryptedDataTlv { unknown: UnknownRecords::of(stream), ..EncryptedDataTlv::default() };
        let key = Secret::new(cast.recipient().get_receive_auth_key().0);
        let path = cast.path_of_ours(0, data, Sealing::ReceiveAuthKey(&key));
        let (_, sent, _) = cast.send(Destination::BlindedPath(read_path(&path)), 6_000);
        match peel_all_with_ldk(&cast, &sent, 0) {
            PeeledOnion::Custom(_, context, None) => {
                assert_eq!(context.as_deref(), Some(&b"sealed"[..]));
            }
            other => panic!("{hops} hops: {other:?}"),
        }
    }
}

/// LDK's reading of a path that we wrote, which it must write again byte for byte.
fn read_path(bytes: &[u8]) -> BlindedMessagePath {
    let path: BlindedMessagePath =
        lightning::util::ser::Readable::read(&mut &bytes[..]).expect("a path");
    assert_eq!(path.encode(), bytes);
    path
}

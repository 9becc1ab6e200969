//! LDK's payments: an onion as a payer builds it.

use countersign_blinding::{EncryptedDataTlv, Unblinding};
pub use countersign_ldk_node::incoming::{HASH, HEIGHT, Incoming};
use lightning::blinded_path::payment::BlindedPaymentPath;
use lightning::ln::channelmanager::{PendingHTLCRouting, RecipientOnionFields};
use lightning::ln::onion_utils::create_payment_onion;
use lightning::routing::router::{BlindedTail, Path, RouteHop};
use lightning::sign::EntropySource;
use lightning::types::features::{ChannelFeatures, NodeFeatures};
use lightning::types::payment::PaymentHash;
use lightning::util::ser::Writeable;

use crate::keyring::Keyring;
use crate::node::Node;
use crate::our_node::{curve, point, secret};

/// What every payment is about.
pub const AMOUNT: u64 = 1_234_567;

/// What LDK's node passes on of a payment to the next node of a blinded path, reached by `path_key`
/// itself.
///
/// # Panics
///
/// When LDK refuses it, or does not pass it on.
#[must_use]
pub fn forward(
    incoming: &Incoming,
    node: &Node,
    path_key: &[u8; 33],
    payment_hash: PaymentHash,
) -> Incoming {
    let info = incoming.peel_for(node, payment_hash);
    let PendingHTLCRouting::Forward { onion_packet, .. } = info.routing else {
        panic!("LDK does not pass the payment on");
    };
    // What LDK sends beside the onion, it computes out of our sight.
    let unblinding = Unblinding::new(&secret(node.secret().secret_bytes()), point(path_key));
    let path_key = unblinding.next_path_key(curve(), &EncryptedDataTlv::default());
    Incoming {
        onion: onion_packet.encode(),
        amount: info.outgoing_amt_msat,
        expiry: info.outgoing_cltv_value,
        path_key: Some(path_key.expect("a key").serialize()),
    }
}

/// What a payer pays with one onion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// The onion's amount, in millisatoshis.
    pub amount: u64,
    /// The whole payment's.
    pub total: u64,
    /// What it is paid for.
    pub hash: PaymentHash,
}

impl Default for Order {
    fn default() -> Self {
        Self { amount: AMOUNT, total: AMOUNT, hash: HASH }
    }
}

/// The channel behind the node at some place.
#[must_use]
pub const fn scid(at: usize) -> u64 {
    0x0c35_0000_0000_0000 + at as u64
}

/// LDK's hop to a node of a route.
#[must_use]
pub fn route_hop(node: &Node, at: usize, fee_msat: u64, cltv_expiry_delta: u32) -> RouteHop {
    RouteHop {
        pubkey: node.id(),
        node_features: NodeFeatures::empty(),
        short_channel_id: scid(at),
        channel_features: ChannelFeatures::empty(),
        fee_msat,
        cltv_expiry_delta,
        maybe_announced_channel: true,
    }
}

/// LDK's payment along `path`, of [`AMOUNT`] for [`HASH`].
///
/// # Panics
///
/// When LDK builds no onion for it.
#[must_use]
pub fn pay(path: &Path, recipient: &RecipientOnionFields) -> Incoming {
    pay_as(&Order::default(), path, recipient)
}

fn pay_as(order: &Order, path: &Path, recipient: &RecipientOnionFields) -> Incoming {
    let payer = Node::new(Keyring::default().nth(30).0, 1);
    let seed = payer.entropy().get_secure_random_bytes();
    let (onion, amount, expiry) = create_payment_onion(
        payer.secp(),
        path,
        &payer.secret(),
        order.total,
        recipient,
        HEIGHT,
        &order.hash,
        &None,
        None,
        seed,
    )
    .expect("an onion");
    Incoming { onion: onion.encode(), amount, expiry, path_key: None }
}

/// LDK's payment along a blinded path that begins at `introduction`, of [`AMOUNT`] for [`HASH`].
#[must_use]
pub fn pay_blinded(introduction: &Node, path: &BlindedPaymentPath) -> Incoming {
    pay_blinded_as(&Order::default(), introduction, path)
}

/// LDK's payment along a blinded path that begins at `introduction`.
#[must_use]
pub fn pay_blinded_as(order: &Order, introduction: &Node, path: &BlindedPaymentPath) -> Incoming {
    let info = &path.payinfo;
    let proportional = order.amount * u64::from(info.fee_proportional_millionths);
    let fee = u64::from(info.fee_base_msat) + proportional.div_ceil(1_000_000);
    let tail = BlindedTail {
        trampoline_hops: Vec::new(),
        hops: path.blinded_hops().to_vec(),
        blinding_point: path.blinding_point(),
        excess_final_cltv_expiry_delta: 0,
        final_value_msat: order.amount,
    };
    let hop = route_hop(introduction, 0, fee, u32::from(info.cltv_expiry_delta));
    let path = Path { hops: vec![hop], blinded_tail: Some(tail) };
    pay_as(order, &path, &RecipientOnionFields::spontaneous_empty())
}

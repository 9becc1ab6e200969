//! LDK's payments: an onion as a payer builds it, and what a node makes of it.

use bitcoin::secp256k1::PublicKey;
use countersign_blinding::{EncryptedDataTlv, Unblinding};
use lightning::blinded_path::payment::BlindedPaymentPath;
use lightning::ln::channelmanager::{PendingHTLCInfo, PendingHTLCRouting, RecipientOnionFields};
use lightning::ln::msgs::{OnionPacket, UpdateAddHTLC};
use lightning::ln::onion_payment::peel_payment_onion;
use lightning::ln::onion_utils::create_payment_onion;
use lightning::ln::types::ChannelId;
use lightning::routing::router::{BlindedTail, Path, RouteHop};
use lightning::sign::EntropySource;
use lightning::types::features::{ChannelFeatures, NodeFeatures};
use lightning::types::payment::PaymentHash;
use lightning::util::ser::{Readable, Writeable};

use crate::keyring::Keyring;
use crate::node::{Node, Silence};
use crate::our_node::{curve, point, secret};

/// What every payment is about.
pub const AMOUNT: u64 = 1_234_567;
/// The height of the chain.
pub const HEIGHT: u32 = 800_000;
/// The hash of every payment.
pub const HASH: PaymentHash = PaymentHash([6; 32]);

/// A payment on its way into a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The packet, 1,366 bytes.
    pub onion: Vec<u8>,
    /// The HTLC's amount, in millisatoshis.
    pub amount: u64,
    /// The height at which the HTLC expires.
    pub expiry: u32,
    /// `path_key` of the HTLC's `update_add_htlc`.
    pub path_key: Option<[u8; 33]>,
}

impl Incoming {
    /// What LDK's node makes of it, for [`HASH`].
    ///
    /// # Panics
    ///
    /// When LDK refuses it.
    #[must_use]
    pub fn peel(&self, node: &Node) -> PendingHTLCInfo {
        self.peel_for(node, HASH)
    }

    /// What LDK's node makes of it.
    ///
    /// # Panics
    ///
    /// When LDK refuses it.
    #[must_use]
    pub fn peel_for(&self, node: &Node, payment_hash: PaymentHash) -> PendingHTLCInfo {
        let htlc = UpdateAddHTLC {
            channel_id: ChannelId([0; 32]),
            htlc_id: 0,
            amount_msat: self.amount,
            payment_hash,
            cltv_expiry: self.expiry,
            skimmed_fee_msat: None,
            onion_routing_packet: OnionPacket::read(&mut &self.onion[..]).expect("an onion"),
            blinding_point: self.path_key.map(|key| PublicKey::from_slice(&key).expect("a point")),
            hold_htlc: None,
        };
        peel_payment_onion(&htlc, node, &Silence, node.secp(), HEIGHT, false)
            .unwrap_or_else(|_| panic!("LDK refuses the payment"))
    }
}

impl Incoming {
    /// What LDK's node passes on to the next node of a blinded path, reached by `path_key` itself.
    ///
    /// # Panics
    ///
    /// When LDK refuses it, or does not pass it on.
    #[must_use]
    pub fn forward(&self, node: &Node, path_key: &[u8; 33], payment_hash: PaymentHash) -> Self {
        let info = self.peel_for(node, payment_hash);
        let PendingHTLCRouting::Forward { onion_packet, .. } = info.routing else {
            panic!("LDK does not pass the payment on");
        };
        // What LDK sends beside the onion, it computes out of our sight.
        let unblinding = Unblinding::new(&secret(node.secret().secret_bytes()), point(path_key));
        let path_key = unblinding.next_path_key(curve(), &EncryptedDataTlv::default());
        Self {
            onion: onion_packet.encode(),
            amount: info.outgoing_amt_msat,
            expiry: info.outgoing_cltv_value,
            path_key: Some(path_key.expect("a key").serialize()),
        }
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

//! A payment that reaches a node, and what LDK makes of it.

use alloc::vec::Vec;

use bitcoin::secp256k1::PublicKey;
use lightning::ln::channelmanager::PendingHTLCInfo;
use lightning::ln::msgs::{OnionPacket, UpdateAddHTLC};
use lightning::ln::onion_payment::peel_payment_onion;
use lightning::ln::types::ChannelId;
use lightning::types::payment::PaymentHash;
use lightning::util::ser::Readable;

use crate::node::{Node, Silence};

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

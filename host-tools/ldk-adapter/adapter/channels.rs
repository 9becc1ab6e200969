use core::cmp::Reverse;
use core::ops::Deref;

use countersign_client::{PaymentPath, PaymentPaths, RecipientHop};
use countersign_link::{Bytes, NeedPaymentPaths, PaymentHop};
use lightning::blinded_path::payment::PaymentConstraints;
use lightning::ln::channel_state::ChannelDetails;
use lightning::ln::channelmanager::{AChannelManager, MIN_FINAL_CLTV_EXPIRY_DELTA};
use lightning::sign::{EntropySource, NodeSigner, Recipient};
use lightning::types::payment::PaymentHash;

use crate::release::{SEAL, expect, records};

/// Ways for a payment: one over each of the node's best channels, which from now on expects it.
pub(super) fn ways<M, K>(
    manager: &M,
    keys: &K,
    need: &NeedPaymentPaths,
) -> Result<PaymentPaths, &'static str>
where
    M: AChannelManager + ?Sized,
    K: Deref<Target: NodeSigner + EntropySource>,
{
    let node = keys.get_node_id(Recipient::Node).or(Err("LDK has no node id"))?;
    let mut channels = manager.get_cm().list_usable_channels();
    channels.sort_by_key(|channel| Reverse(channel.inbound_capacity_msat));
    let carries = |channel: &&ChannelDetails| channel.inbound_capacity_msat >= need.amount_msat;
    // In one part while a channel has room for it: every part more is one more that can fail.
    let multipart = !channels.iter().any(|channel| carries(&channel));
    let hops: Vec<_> = channels
        .iter()
        .filter(|channel| multipart || carries(channel))
        .filter_map(hop)
        .take(MOST)
        .collect();
    if hops.is_empty() {
        return Err(
            "no channel is connected and has room for this payment: connect it to its peers, \
                    or get more inbound capacity",
        );
    }
    let hash = PaymentHash(need.payment_hash.0);
    let secret = expect(manager, hash, need.amount_msat, need.relative_expiry)
        .or(Err("LDK does not expect such a payment"))?;
    let height = manager.get_cm().current_best_block().height;
    let blocks = need.relative_expiry.div_ceil(SECONDS_PER_BLOCK).saturating_add(SLACK);
    let max_cltv_expiry = height.saturating_add(blocks);
    let constraints = PaymentConstraints { max_cltv_expiry, htlc_minimum_msat: 1 };
    let recipient = RecipientHop {
        node: Bytes(node.serialize()),
        records: records(keys, secret, constraints),
        seal: SEAL,
        min_final_cltv_expiry_delta: MIN_FINAL_CLTV_EXPIRY_DELTA,
        max_cltv_expiry,
        htlc_minimum_msat: 1,
        htlc_maximum_msat: u64::MAX,
    };
    let path = |hop| PaymentPath { hops: vec![hop], recipient: recipient.clone() };
    Ok(PaymentPaths { paths: hops.into_iter().map(path).collect(), multipart })
}

/// The other end of a channel, which forwards the payment into it.
fn hop(channel: &ChannelDetails) -> Option<PaymentHop> {
    let relay = channel.counterparty.forwarding_info.as_ref()?;
    Some(PaymentHop {
        node: Bytes(channel.counterparty.node_id.serialize()),
        short_channel_id: channel.get_inbound_payment_scid()?,
        cltv_expiry_delta: relay.cltv_expiry_delta,
        fee_proportional_millionths: relay.fee_proportional_millionths,
        fee_base_msat: relay.fee_base_msat,
        htlc_minimum_msat: channel.inbound_htlc_minimum_msat.unwrap_or(0).max(1),
        htlc_maximum_msat: channel
            .inbound_htlc_maximum_msat
            .unwrap_or(u64::MAX)
            .min(channel.inbound_capacity_msat),
    })
}

/// Paths of one invoice.
const MOST: usize = 4;
const SECONDS_PER_BLOCK: u32 = 600;
/// Blocks that a payment may come late by, be it that blocks come fast: two weeks, for what payers add
/// to every expiry so that nobody can tell how far they are.
const SLACK: u32 = 2_016;

use core::slice;
use std::sync::Arc;

use bitcoin::secp256k1::PublicKey;
use lightning::blinded_path::payment::{
    BlindedPaymentPath, ForwardTlvs, PaymentConstraints, PaymentForwardNode,
};
use lightning::ln::channel_state::ChannelDetails;
use lightning::routing::gossip::NetworkGraph;
use lightning::routing::router::{Route, RouteParameters, find_route};
use lightning::routing::scoring::FixedPenaltyScorer;
use lightning::sign::{EntropySource, KeysManager};
use lightning::types::features::BlindedHopFeatures;

use super::log::Log;

/// The payment router: LDK's own for what is paid, and for what LDK's merchant asks for a blinded path
/// over each channel.
///
/// LDK's own router makes such paths with peers of three channels at least. Without a channel the
/// path has one hop: a payment over it would only arrive from a neighbour, but LDK's merchant can
/// write an invoice.
pub(crate) struct Routes {
    pub(crate) entropy: Arc<KeysManager>,
    pub(crate) graph: Arc<NetworkGraph<Arc<Log>>>,
}

impl Routes {
    /// The fewest blocks the recipient asks for; any number that LDK accepts.
    pub(crate) const MIN_FINAL_CLTV_EXPIRY_DELTA: u16 = 18;

    /// LDK's route for a payment, where all channels are equally good.
    pub(crate) fn find(
        &self,
        payer: &PublicKey,
        parameters: &RouteParameters,
        first_hops: Option<&[&ChannelDetails]>,
    ) -> Result<Route, &'static str> {
        let scorer = FixedPenaltyScorer::with_penalty(0);
        let seed = self.entropy.get_secure_random_bytes();
        let log = Arc::new(Log);
        find_route(payer, parameters, &self.graph, first_hops, log, &scorer, &(), &seed)
    }

    /// The ways in over `channels`; `path` makes one over the hops that it is given.
    pub(crate) fn ways_in(
        channels: &[ChannelDetails],
        path: impl Fn(&[PaymentForwardNode]) -> Result<BlindedPaymentPath, ()>,
    ) -> Result<Vec<BlindedPaymentPath>, ()> {
        let entrances: Vec<_> = channels.iter().filter_map(entrance).collect();
        if entrances.is_empty() {
            return path(&[]).map(|path| vec![path]);
        }
        entrances.iter().map(|entrance| path(slice::from_ref(entrance))).collect()
    }
}

/// The other end of a channel, which forwards a payment into it.
fn entrance(channel: &ChannelDetails) -> Option<PaymentForwardNode> {
    let relay = channel.counterparty.forwarding_info.clone()?;
    let htlc_minimum_msat = channel.inbound_htlc_minimum_msat.unwrap_or(0);
    Some(PaymentForwardNode {
        tlvs: ForwardTlvs {
            short_channel_id: channel.get_inbound_payment_scid()?,
            payment_relay: relay.try_into().ok()?,
            payment_constraints: PaymentConstraints {
                max_cltv_expiry: u32::MAX,
                htlc_minimum_msat,
            },
            features: BlindedHopFeatures::empty(),
            next_blinding_override: None,
        },
        node_id: channel.counterparty.node_id,
        htlc_maximum_msat: channel.inbound_htlc_maximum_msat.unwrap_or(u64::MAX),
    })
}

impl EntropySource for Routes {
    fn get_secure_random_bytes(&self) -> [u8; 32] {
        self.entropy.get_secure_random_bytes()
    }
}

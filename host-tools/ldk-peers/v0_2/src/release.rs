//! What only 0.2.7 says in this way.

use bitcoin::Transaction;
use bitcoin::secp256k1::{PublicKey, Secp256k1, Signing, Verification};
use lightning::blinded_path::message::{BlindedMessagePath, MessageContext, MessageForwardNode};
use lightning::blinded_path::payment::{BlindedPaymentPath, ReceiveTlvs};
use lightning::chain::chaininterface::BroadcasterInterface;
use lightning::ln::channel_state::ChannelDetails;
use lightning::routing::router::{InFlightHtlcs, Route, RouteParameters, Router};
use lightning::sign::{KeysManager, ReceiveAuthKey};

use crate::peer::{DeadEnd, OffChain};

pub(crate) use lightning::ln::channelmanager::Retry;

/// The release in the words of its package.
pub(crate) const VERSION: &str = "0.2.7";

/// The newest block that a node knows.
pub(crate) type Tip = lightning::chain::BestBlock;

/// A path over `hops` to `recipient` without dummy hops; this release has no smaller padding.
pub(crate) fn short_path<T: Signing + Verification>(
    hops: &[MessageForwardNode],
    recipient: PublicKey,
    auth: ReceiveAuthKey,
    context: MessageContext,
    keys: &KeysManager,
    secp: &Secp256k1<T>,
) -> BlindedMessagePath {
    BlindedMessagePath::new(hops, recipient, auth, context, keys, secp)
}

impl BroadcasterInterface for OffChain {
    fn broadcast_transactions(&self, _transactions: &[&Transaction]) {}
}

impl Router for DeadEnd {
    fn find_route(
        &self,
        _payer: &PublicKey,
        _parameters: &RouteParameters,
        _first_hops: Option<&[&ChannelDetails]>,
        _in_flight: InFlightHtlcs,
    ) -> Result<Route, &'static str> {
        Err(Self::NO_ROUTE)
    }

    fn create_blinded_payment_paths<T: Signing + Verification>(
        &self,
        recipient: PublicKey,
        _first_hops: Vec<ChannelDetails>,
        records: ReceiveTlvs,
        _amount_msat: Option<u64>,
        secp: &Secp256k1<T>,
    ) -> Result<Vec<BlindedPaymentPath>, ()> {
        let delta = Self::MIN_FINAL_CLTV_EXPIRY_DELTA;
        BlindedPaymentPath::one_hop(recipient, records, delta, &*self.entropy, secp)
            .map(|path| vec![path])
    }
}

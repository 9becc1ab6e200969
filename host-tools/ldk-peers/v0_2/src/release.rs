//! What only 0.2.7 says in this way.

use std::sync::Arc;

use bitcoin::Transaction;
use bitcoin::secp256k1::{PublicKey, Secp256k1, Signing, Verification};
pub(crate) use countersign_ldk_adapter_0_2::Adapter;
use lightning::blinded_path::message::{BlindedMessagePath, MessageContext, MessageForwardNode};
use lightning::blinded_path::payment::{BlindedPaymentPath, ReceiveTlvs};
use lightning::chain::chaininterface::BroadcasterInterface;
use lightning::chain::chainmonitor::ChainMonitor;
use lightning::ln::channel_state::ChannelDetails;
use lightning::routing::router::{InFlightHtlcs, Route, RouteParameters, Router};
use lightning::sign::{KeysManager, NodeSigner as _, ReceiveAuthKey};
use lightning::util::config::UserConfig;
pub(crate) use lightning_persister::fs_store::FilesystemStore;

use crate::peer::{Chain, Log, MonitorParts, Monitors, Routes};

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

/// What a node that was written down says about the newest block.
pub(crate) type ReadTip = bitcoin::BlockHash;

/// What LDK's default is not fit for: channels whose whole balance may move.
pub(crate) fn config() -> UserConfig {
    let mut config = UserConfig { accept_forwards_to_priv_channels: true, ..UserConfig::default() };
    config.channel_handshake_config.max_inbound_htlc_value_in_flight_percent_of_channel = 100;
    config
}

/// The chain monitor, which needs no filter: it is shown every transaction.
pub(crate) fn monitors(parts: MonitorParts) -> Monitors {
    let MonitorParts { chain, store, keys } = parts;
    let (log, storage_key) = (Arc::new(Log), keys.get_peer_storage_key());
    ChainMonitor::new(None, chain.clone(), log, chain, store, keys, storage_key)
}

impl BroadcasterInterface for Chain {
    fn broadcast_transactions(&self, transactions: &[&Transaction]) {
        for transaction in transactions {
            self.mine(transaction);
        }
    }
}

impl Router for Routes {
    fn find_route(
        &self,
        payer: &PublicKey,
        parameters: &RouteParameters,
        first_hops: Option<&[&ChannelDetails]>,
        _in_flight: InFlightHtlcs,
    ) -> Result<Route, &'static str> {
        self.find(payer, parameters, first_hops)
    }

    fn create_blinded_payment_paths<T: Signing + Verification>(
        &self,
        recipient: PublicKey,
        first_hops: Vec<ChannelDetails>,
        records: ReceiveTlvs,
        _amount_msat: Option<u64>,
        secp: &Secp256k1<T>,
    ) -> Result<Vec<BlindedPaymentPath>, ()> {
        let delta = Self::MIN_FINAL_CLTV_EXPIRY_DELTA;
        Self::ways_in(&first_hops, |hops| {
            let (records, entropy) = (records.clone(), &*self.entropy);
            BlindedPaymentPath::new(hops, recipient, records, u64::MAX, delta, entropy, secp)
        })
    }
}

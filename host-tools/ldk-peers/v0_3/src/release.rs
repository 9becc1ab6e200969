//! What only 0.3.0-rc3 says in this way.

use std::sync::Arc;

use bitcoin::Transaction;
use bitcoin::secp256k1::{PublicKey, Secp256k1, Signing, Verification};
pub(crate) use countersign_ldk_adapter_0_3::Adapter;
use lightning::blinded_path::message::{BlindedMessagePath, MessageContext, MessageForwardNode};
use lightning::blinded_path::payment::{BlindedPaymentPath, ReceiveTlvs};
use lightning::chain::chaininterface::{BroadcasterInterface, TransactionType};
use lightning::chain::chainmonitor::ChainMonitor;
use lightning::ln::channel_state::ChannelDetails;
use lightning::routing::router::{InFlightHtlcs, Route, RouteParameters, Router};
use lightning::sign::{KeysManager, NodeSigner as _, ReceiveAuthKey};
use lightning::util::config::UserConfig;
pub(crate) use lightning_persister::fs_store::v1::FilesystemStore;

use crate::peer::{Chain, Log, MonitorParts, Monitors, Routes};

pub(crate) use lightning::ln::outbound_payment::Retry;

/// The release in the words of its package.
pub(crate) const VERSION: &str = "0.3.0-rc3";

/// The newest blocks that a node knows.
pub(crate) type Tip = lightning::chain::BlockLocator;

/// A path over `hops` to `recipient` without dummy hops and with the smallest padding.
pub(crate) fn short_path<T: Signing + Verification>(
    hops: &[MessageForwardNode],
    recipient: PublicKey,
    auth: ReceiveAuthKey,
    context: MessageContext,
    keys: &KeysManager,
    secp: &Secp256k1<T>,
) -> BlindedMessagePath {
    BlindedMessagePath::new(hops, recipient, auth, context, true, keys, secp)
}

/// What a node that was written down says about the newest block.
pub(crate) type ReadTip = lightning::chain::BlockLocator;

/// What LDK's default is not fit for: channels whose whole balance may move, and no reserve of
/// coins for their end.
pub(crate) fn config() -> UserConfig {
    let mut config = UserConfig { accept_forwards_to_priv_channels: true, ..UserConfig::default() };
    let handshake = &mut config.channel_handshake_config;
    handshake.unannounced_channel_max_inbound_htlc_value_in_flight_percentage = 100;
    handshake.negotiate_anchors_zero_fee_htlc_tx = false;
    config
}

/// The chain monitor, which needs no filter: it is shown every transaction.
pub(crate) fn monitors(parts: MonitorParts) -> Monitors {
    let MonitorParts { chain, store, keys } = parts;
    let (log, storage_key) = (Arc::new(Log), keys.get_peer_storage_key());
    ChainMonitor::new(None, chain.clone(), log, chain, store, keys, storage_key, false)
}

impl BroadcasterInterface for Chain {
    fn broadcast_transactions(&self, transactions: &[(&Transaction, TransactionType)]) {
        for (transaction, _) in transactions {
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
        receive_auth_key: ReceiveAuthKey,
        first_hops: Vec<ChannelDetails>,
        records: ReceiveTlvs,
        _amount_msat: Option<u64>,
        secp: &Secp256k1<T>,
    ) -> Result<Vec<BlindedPaymentPath>, ()> {
        let delta = Self::MIN_FINAL_CLTV_EXPIRY_DELTA;
        Self::ways_in(&first_hops, |hops| {
            let (records, entropy) = (records.clone(), &*self.entropy);
            BlindedPaymentPath::new(
                hops,
                recipient,
                receive_auth_key,
                records,
                u64::MAX,
                delta,
                entropy,
                secp,
            )
        })
    }
}

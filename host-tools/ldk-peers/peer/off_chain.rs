use std::sync::Arc;

use bitcoin::secp256k1::PublicKey;
use lightning::chain::chaininterface::{ConfirmationTarget, FeeEstimator};
use lightning::chain::channelmonitor::{ChannelMonitor, ChannelMonitorUpdate, MonitorEvent};
use lightning::chain::transaction::OutPoint;
use lightning::chain::{ChannelMonitorUpdateStatus, Watch};
use lightning::ln::types::ChannelId;
use lightning::sign::{EntropySource, InMemorySigner, KeysManager};
use lightning::util::logger::{Level, Logger, Record};

/// The chain of a node that never has a channel: nothing to watch, to broadcast or to pay fees for.
///
/// Asking for an invoice and answering a request need no chain, but LDK's channel manager, which
/// does both, cannot be had without one.
pub(crate) struct OffChain;

impl Watch<InMemorySigner> for OffChain {
    fn watch_channel(
        &self,
        _channel: ChannelId,
        _monitor: ChannelMonitor<InMemorySigner>,
    ) -> Result<ChannelMonitorUpdateStatus, ()> {
        Err(())
    }

    fn update_channel(
        &self,
        _channel: ChannelId,
        _update: &ChannelMonitorUpdate,
    ) -> ChannelMonitorUpdateStatus {
        ChannelMonitorUpdateStatus::UnrecoverableError
    }

    fn release_pending_monitor_events(
        &self,
    ) -> Vec<(OutPoint, ChannelId, Vec<MonitorEvent>, PublicKey)> {
        Vec::new()
    }
}

impl FeeEstimator for OffChain {
    fn get_est_sat_per_1000_weight(&self, _target: ConfirmationTarget) -> u32 {
        LOWEST_FEE
    }
}

/// The payment router of a node without channels: no routes, and blinded paths of one hop.
///
/// A payment over such a path would not arrive. It lets LDK's merchant write an invoice.
pub(crate) struct DeadEnd {
    pub(crate) entropy: Arc<KeysManager>,
}

impl DeadEnd {
    /// What LDK is told when it looks for a route.
    pub(crate) const NO_ROUTE: &'static str = "this node has no channels";
    /// The fewest blocks the recipient asks for; any number that LDK accepts.
    pub(crate) const MIN_FINAL_CLTV_EXPIRY_DELTA: u16 = 18;
}

impl EntropySource for DeadEnd {
    fn get_secure_random_bytes(&self) -> [u8; 32] {
        self.entropy.get_secure_random_bytes()
    }
}

/// LDK's log, sent to where this process logs.
pub(crate) struct Log;

impl Logger for Log {
    fn log(&self, record: Record<'_>) {
        let (module, text) = (record.module_path, record.args);
        match record.level {
            Level::Gossip | Level::Trace => tracing::trace!(module, "{text}"),
            Level::Debug => tracing::debug!(module, "{text}"),
            Level::Info => tracing::info!(module, "{text}"),
            Level::Warn => tracing::warn!(module, "{text}"),
            Level::Error => tracing::error!(module, "{text}"),
        }
    }
}

/// The relay floor of 1 satoshi per virtual byte, in satoshi per 1,000 weight units.
const LOWEST_FEE: u32 = 253;

use core::mem::take;
use std::sync::{Arc, Mutex, PoisonError};

use lightning::chain::ChannelMonitorUpdateStatus;
use lightning::chain::chainmonitor::Persist;
use lightning::chain::channelmonitor::{ChannelMonitor, ChannelMonitorUpdate};
use lightning::ln::types::ChannelId;
use lightning::sign::InMemorySigner;
use lightning::util::persist::{
    CHANNEL_MONITOR_PERSISTENCE_PRIMARY_NAMESPACE, CHANNEL_MONITOR_PERSISTENCE_SECONDARY_NAMESPACE,
    KVStoreSync as _, MonitorName,
};
use lightning::util::ser::Writeable as _;

use super::node::Monitors;
use crate::release::FilesystemStore;

/// Puts channel monitors into the store after the channel manager that knows of their updates.
///
/// In the other order a node that is killed between the two writes is left with a channel manager
/// that is older than a monitor. LDK calls it stale then, and closes the channel. It sends nothing
/// that depends on an update before it is told that the monitor is in the store.
pub(crate) struct LateMonitors {
    store: Arc<FilesystemStore>,
    waiting: Mutex<Vec<Waiting>>,
}

/// A monitor that is not in the store yet.
pub(super) struct Waiting {
    name: MonitorName,
    channel: ChannelId,
    /// What LDK waits for; it does not wait for what a block has changed.
    update: Option<u64>,
    monitor: Vec<u8>,
}

impl LateMonitors {
    pub(super) fn new(store: Arc<FilesystemStore>) -> Self {
        Self { store, waiting: Mutex::default() }
    }

    /// What waits. The channel manager is to be put into the store next.
    pub(super) fn take(&self) -> Vec<Waiting> {
        take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts what has waited into the store, and lets LDK go on.
    pub(super) fn put_away(&self, waiting: Vec<Waiting>, monitors: &Monitors) {
        for Waiting { name, channel, update, monitor } in waiting {
            let (primary, secondary) = PLACE;
            if let Err(error) = self.store.write(primary, secondary, &name.to_string(), monitor) {
                tracing::error!(%error, "a channel's state is not kept: the channel stands still");
                continue;
            }
            let told = update.map(|update| monitors.channel_monitor_updated(channel, update));
            if let Some(Err(error)) = told {
                tracing::error!(?error, "LDK does not know a channel that it told of");
            }
        }
    }

    fn keep(
        &self,
        name: MonitorName,
        monitor: &ChannelMonitor<InMemorySigner>,
        update: Option<u64>,
    ) -> ChannelMonitorUpdateStatus {
        let (channel, monitor) = (monitor.channel_id(), monitor.encode());
        let waiting = Waiting { name, channel, update, monitor };
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(waiting);
        ChannelMonitorUpdateStatus::InProgress
    }
}

impl Persist<InMemorySigner> for LateMonitors {
    fn persist_new_channel(
        &self,
        name: MonitorName,
        monitor: &ChannelMonitor<InMemorySigner>,
    ) -> ChannelMonitorUpdateStatus {
        self.keep(name, monitor, Some(monitor.get_latest_update_id()))
    }

    fn update_persisted_channel(
        &self,
        name: MonitorName,
        update: Option<&ChannelMonitorUpdate>,
        monitor: &ChannelMonitor<InMemorySigner>,
    ) -> ChannelMonitorUpdateStatus {
        self.keep(name, monitor, update.map(|update| update.update_id))
    }

    fn archive_persisted_channel(&self, name: MonitorName) {
        Persist::<InMemorySigner>::archive_persisted_channel(&*self.store, name);
    }
}

const PLACE: (&str, &str) = (
    CHANNEL_MONITOR_PERSISTENCE_PRIMARY_NAMESPACE,
    CHANNEL_MONITOR_PERSISTENCE_SECONDARY_NAMESPACE,
);

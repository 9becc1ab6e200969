use std::sync::Arc;

use anyhow::Context as _;
use bitcoin::Network;
use lightning::ln::channelmanager::{ChainParameters, ChannelManager, ChannelManagerReadArgs};
use lightning::sign::KeysManager;
use lightning::util::config::UserConfig;
use lightning::util::persist::{
    CHANNEL_MANAGER_PERSISTENCE_KEY, CHANNEL_MANAGER_PERSISTENCE_PRIMARY_NAMESPACE,
    CHANNEL_MANAGER_PERSISTENCE_SECONDARY_NAMESPACE, KVStoreSync as _, read_channel_monitors,
};
use lightning::util::ser::{ReadableArgs as _, Writeable as _};

use super::chain::Chain;
use super::late::LateMonitors;
use super::log::Log;
use super::node::{Manager, MonitorParts, Monitors, unix_seconds};
use super::paths::MessagePaths;
use super::routes::Routes;
use crate::release::{FilesystemStore, ReadTip, Tip, config, monitors};

/// What a channel manager is made of, beside its store and its chain.
pub(super) struct Parts<'p> {
    pub(super) network: Network,
    pub(super) keys: &'p Arc<KeysManager>,
    pub(super) paths: &'p Arc<MessagePaths>,
    pub(super) routes: &'p Arc<Routes>,
}

impl Parts<'_> {
    /// The channel manager that was put into the store, or a new one, and its chain monitor.
    pub(super) fn take_down(
        &self,
        store: &Arc<FilesystemStore>,
        late: &Arc<LateMonitors>,
        chain: &Arc<Chain>,
    ) -> anyhow::Result<(Manager, Arc<Monitors>)> {
        let parts =
            MonitorParts { chain: chain.clone(), store: late.clone(), keys: self.keys.clone() };
        let watched = Arc::new(monitors(parts));
        let (primary, secondary, key) = PLACE;
        let Ok(bytes) = store.read(primary, secondary, key) else {
            return Ok((self.fresh(chain, &watched)?, watched));
        };
        let mut kept = read_channel_monitors(store.clone(), self.keys.clone(), self.keys.clone())
            .context("the channels' states cannot be read")?;
        let arguments = ChannelManagerReadArgs::new(
            self.keys.clone(),
            self.keys.clone(),
            self.keys.clone(),
            chain.clone(),
            watched.clone(),
            chain.clone(),
            self.routes.clone(),
            self.paths.clone(),
            Arc::new(Log),
            by_hand(),
            kept.iter_mut().map(|(_, monitor)| &*monitor).collect(),
        );
        let (_, manager) = <(ReadTip, Manager)>::read(&mut &*bytes, arguments)
            .map_err(|error| anyhow::anyhow!("the channels cannot be read: {error:?}"))?;
        chain.skip(manager.current_best_block().height);
        for (_, monitor) in kept {
            watched
                .load_existing_monitor(monitor.channel_id(), monitor)
                .map_err(|()| anyhow::anyhow!("LDK does not watch a channel that it kept"))?;
        }
        Ok((manager, watched))
    }

    fn fresh(&self, chain: &Arc<Chain>, watched: &Arc<Monitors>) -> anyhow::Result<Manager> {
        Ok(ChannelManager::new(
            chain.clone(),
            watched.clone(),
            chain.clone(),
            self.routes.clone(),
            self.paths.clone(),
            Arc::new(Log),
            self.keys.clone(),
            self.keys.clone(),
            self.keys.clone(),
            by_hand(),
            ChainParameters { network: self.network, best_block: Tip::from_network(self.network) },
            unix_seconds()?,
        ))
    }
}

/// Puts the channel manager into the store.
pub(super) fn put_away(store: &FilesystemStore, manager: &Manager) {
    let (primary, secondary, key) = PLACE;
    if let Err(error) = store.write(primary, secondary, key, manager.encode()) {
        tracing::error!(%error, "the channels are not kept: do not start this node again");
    }
}

/// Invoices are shown before they are paid.
fn by_hand() -> UserConfig {
    UserConfig { manually_handle_bolt12_invoices: true, ..config() }
}

const PLACE: (&str, &str, &str) = (
    CHANNEL_MANAGER_PERSISTENCE_PRIMARY_NAMESPACE,
    CHANNEL_MANAGER_PERSISTENCE_SECONDARY_NAMESPACE,
    CHANNEL_MANAGER_PERSISTENCE_KEY,
);

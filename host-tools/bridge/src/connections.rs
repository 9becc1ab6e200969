use core::net::SocketAddr;
use core::time::Duration;
use std::sync::Arc;

use anyhow::Context;
use countersign_peer_address::PeerAddress;
use lightning::ln::msgs::RoutingMessageHandler;
use lightning::ln::peer_handler::{
    ErroringMessageHandler, IgnoringMessageHandler, MessageHandler, PeerManager,
};
use lightning_net_tokio::{SocketDescriptor, connect_outbound, setup_inbound};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep, timeout};

use crate::NetworkKey;
use crate::forwarder::Forwarder;
use crate::key::random_bytes;
use crate::log::LdkLog;

/// LDK's transport: BOLT 8 handshakes, `init`, pings and their answers, and nothing of channels.
pub(crate) type Peers = PeerManager<
    SocketDescriptor,
    Arc<ErroringMessageHandler>,
    Arc<dyn RoutingMessageHandler + Send + Sync>,
    Arc<Forwarder>,
    Arc<LdkLog>,
    IgnoringMessageHandler,
    Arc<NetworkKey>,
    IgnoringMessageHandler,
>;

/// Builds the transport around the forwarder.
///
/// `ErroringMessageHandler` refuses channels and signals `option_static_remotekey`, without which
/// LDK nodes hang up on us.
pub(crate) fn peers(
    key: Arc<NetworkKey>,
    forwarder: Arc<Forwarder>,
    gossip: Arc<dyn RoutingMessageHandler + Send + Sync>,
    unix_seconds: u32,
) -> anyhow::Result<Peers> {
    let handlers = MessageHandler {
        chan_handler: Arc::new(ErroringMessageHandler::new()),
        route_handler: gossip,
        onion_message_handler: forwarder,
        custom_message_handler: IgnoringMessageHandler {},
        send_only_message_handler: IgnoringMessageHandler {},
    };
    Ok(PeerManager::new(handlers, unix_seconds, &random_bytes()?, Arc::new(LdkLog), key))
}

/// Opens the port that others connect to.
pub(crate) async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}: is another bridge running, or the port taken?")
    })
}

/// Accepts connections, so many at a time.
pub(crate) async fn accept(peers: Arc<Peers>, listener: TcpListener, most: usize) {
    let room = Arc::new(Semaphore::new(most));
    while let Ok(place) = room.clone().acquire_owned().await {
        match listener.accept().await.and_then(|(stream, _)| stream.into_std()) {
            Ok(stream) => {
                let connection = setup_inbound(peers.clone(), stream);
                tokio::spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Stays connected to one peer, with longer and longer pauses while it does not answer.
pub(crate) async fn keep(peers: Arc<Peers>, peer: PeerAddress) {
    let mut pause = SHORTEST_PAUSE;
    loop {
        let started = Instant::now();
        if peers.peer_by_node_id(&peer.node_id).is_some() {
            // It connected to us.
            pause = SHORTEST_PAUSE;
        } else if let Some(connection) =
            connect_outbound(peers.clone(), peer.node_id, peer.address).await
        {
            tracing::info!(%peer, "connected");
            connection.await;
            tracing::info!(%peer, "disconnected");
        } else {
            tracing::warn!(%peer, "cannot be reached");
        }
        if started.elapsed() >= STABLE {
            pause = SHORTEST_PAUSE;
        }
        sleep(pause).await;
        pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
    }
}

/// Connects to the nodes that replies are for, one short connection each.
pub(crate) async fn fetch(peers: Arc<Peers>, mut wanted: mpsc::Receiver<PeerAddress>, most: usize) {
    let room = Arc::new(Semaphore::new(most));
    while let Some(peer) = wanted.recv().await {
        let Ok(place) = room.clone().try_acquire_owned() else {
            tracing::debug!(%peer, "not connected: enough replies are being delivered");
            continue;
        };
        let peers = peers.clone();
        tokio::spawn(async move {
            visit(&peers, peer).await;
            drop(place);
        });
    }
}

/// Connects for long enough to deliver what waits.
async fn visit(peers: &Arc<Peers>, peer: PeerAddress) {
    if peers.peer_by_node_id(&peer.node_id).is_some() {
        return;
    }
    let Some(connection) = connect_outbound(peers.clone(), peer.node_id, peer.address).await else {
        tracing::debug!(%peer, "cannot be reached with a reply");
        return;
    };
    tracing::info!(%peer, "connected for a reply");
    if timeout(VISIT, connection).await.is_err() {
        peers.disconnect_by_node_id(peer.node_id);
    }
}

const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A connection that held this long was a good one.
const STABLE: Duration = Duration::from_secs(60);
const VISIT: Duration = Duration::from_secs(60);

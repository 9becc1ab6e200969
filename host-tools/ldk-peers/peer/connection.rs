use core::net::SocketAddr;
use core::ops::Deref;
use core::time::Duration;

use anyhow::{Context, bail};
use countersign_ldk_peer_interface::PeerAddress;
use lightning::ln::peer_handler::APeerManager;
use lightning_net_tokio::{SocketDescriptor, connect_outbound, setup_inbound};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

/// Accepts connections for as long as the process lives; says where.
pub(super) async fn listen<P>(peers: P, address: SocketAddr) -> anyhow::Result<SocketAddr>
where
    P: Deref + Clone + Send + Sync + 'static,
    P::Target: APeerManager<Descriptor = SocketDescriptor>,
{
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    let bound = listener.local_addr()?;
    tokio::spawn(async move {
        loop {
            match listener.accept().await.and_then(|(stream, _)| stream.into_std()) {
                Ok(stream) => drop(tokio::spawn(setup_inbound(peers.clone(), stream))),
                Err(error) => tracing::warn!(%error, "a connection was not accepted"),
            }
        }
    });
    Ok(bound)
}

/// Connects to a peer and returns once both sides have sent their `init`. One that has not noticed
/// yet that an earlier connection is gone closes the next: it is tried again.
pub(super) async fn connect<P>(peers: P, to: &PeerAddress) -> anyhow::Result<()>
where
    P: Deref + Clone + Send + Sync + 'static,
    P::Target: APeerManager<Descriptor = SocketDescriptor>,
{
    let greeted = async {
        for _ in 0..TRIES {
            let Some(connection) = connect_outbound(peers.clone(), to.node_id, to.address).await
            else {
                bail!("nobody answers at {}", to.address);
            };
            let disconnected = tokio::spawn(connection);
            while !disconnected.is_finished() {
                if peers.as_ref().peer_by_node_id(&to.node_id).is_some() {
                    return Ok(());
                }
                sleep(GREETING_POLL).await;
            }
            sleep(RECONNECT).await;
        }
        bail!("{to} closed the connection before it said who it is")
    };
    timeout(GREETING_LIMIT, greeted).await.with_context(|| format!("{to} does not greet"))?
}

/// Connects to a peer again whenever it is gone.
pub(super) async fn stay<P>(peers: P, to: PeerAddress)
where
    P: Deref + Clone + Send + Sync + 'static,
    P::Target: APeerManager<Descriptor = SocketDescriptor>,
{
    loop {
        sleep(RECONNECT).await;
        if peers.as_ref().peer_by_node_id(&to.node_id).is_none()
            && let Err(error) = connect(peers.clone(), &to).await
        {
            tracing::debug!("{error:#}");
        }
    }
}

const RECONNECT: Duration = Duration::from_millis(250);
/// How often somebody is tried who closes the connection at once.
const TRIES: u8 = 8;
const GREETING_LIMIT: Duration = Duration::from_secs(10);
const GREETING_POLL: Duration = Duration::from_millis(2);

use core::time::Duration;

use anyhow::Context as _;
use bitcoin::secp256k1::PublicKey;
use countersign_ldk_peer_interface::ChannelSize;
use tokio::time::{sleep, timeout};

use super::node::Node;

/// Opens channels with a peer, as many as the node does not have yet, and waits until payments can
/// go through all of them.
pub(super) async fn open(
    node: &Node,
    peer: &PublicKey,
    wanted: &[ChannelSize],
) -> anyhow::Result<()> {
    let there = node.manager.list_channels_with_counterparty(peer).len();
    for (number, ChannelSize { satoshi, given }) in wanted.iter().enumerate().skip(there) {
        let given_msat = given.checked_mul(1_000).context("a channel gives too much away")?;
        node.manager
            .create_channel(*peer, *satoshi, given_msat, u128::try_from(number)?, None, None)
            .map_err(|error| anyhow::anyhow!("LDK opens no such channel: {error:?}"))?;
    }
    let usable = async {
        while usable(node) < wanted.len() {
            sleep(POLL).await;
        }
    };
    timeout(PATIENCE, usable).await.context("the channels do not become usable")
}

/// How many channels there are that payments can go through, at a price that is known.
fn usable(node: &Node) -> usize {
    let channels = node.manager.list_usable_channels();
    channels.iter().filter(|channel| channel.counterparty.forwarding_info.is_some()).count()
}

const POLL: Duration = Duration::from_millis(10);
const PATIENCE: Duration = Duration::from_secs(30);

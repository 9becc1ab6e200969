//! The merchant takes money that somebody offers them: an invoice for an `lnr…`.

use core::time::Duration;

use anyhow::{Context as _, bail};
use bitcoin::secp256k1::PublicKey;
use countersign_blinding::{Direction, Introduction};
use countersign_bridge::{Bridge, ChannelEnd, Destination};
use countersign_link::Summary;
use countersign_offers::Refund;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

use super::board::{Acceptance, Board};

/// Has the device sign an invoice for a refund, and sends it. While the merchant thinks, the device
/// is free for others.
///
/// # Errors
/// It is no refund, nobody can be sent the invoice, or the merchant or their rules refuse.
pub(crate) async fn accept(
    refund: &[u8],
    bridge: &Bridge,
    board: &Mutex<Board>,
) -> anyhow::Result<Summary> {
    let skip = first_reachable(refund, bridge).await?;
    let begin = Instant::now();
    loop {
        if let Acceptance::Invoice(outgoing, summary) =
            board.lock().await.accept(refund, skip).await?
        {
            bridge.send(&outgoing);
            return Ok(*summary);
        }
        while !board.lock().await.has_decided().await {
            sleep(LOOK).await;
        }
        if begin.elapsed() > LONGEST {
            bail!("the merchant has not decided in {} minutes: ask again", LONGEST.as_secs() / 60);
        }
    }
}

/// How many of the refund's paths begin at nodes that this bridge cannot reach, before the first
/// that does not.
async fn first_reachable(refund: &[u8], bridge: &Bridge) -> anyhow::Result<u8> {
    let refund = Refund::parse(refund).context("this refund cannot be taken")?;
    let Some(paths) = refund.fields().paths else {
        let payer = destination(Introduction::NodeId(&refund.payer_id().serialize()))?;
        return if bridge.reaches(payer).await { Ok(0) } else { bail!("{UNREACHABLE}") };
    };
    for (skip, path) in (0..=u8::MAX).zip(paths.iter()) {
        if bridge.reaches(destination(path.introduction())?).await {
            return Ok(skip);
        }
    }
    bail!("{UNREACHABLE}")
}

/// Where a path begins, as the bridge has it.
fn destination(introduction: Introduction<'_>) -> anyhow::Result<Destination> {
    Ok(match introduction {
        Introduction::NodeId(node) => Destination::Node(PublicKey::from_slice(node)?),
        Introduction::ShortChannelId { direction, id } => Destination::ChannelEnd {
            short_channel_id: id.0,
            end: match direction {
                Direction::NodeOne => ChannelEnd::One,
                Direction::NodeTwo => ChannelEnd::Two,
            },
        },
    })
}

const UNREACHABLE: &str = "no path of this refund begins at a node that the bridge can reach: start \
     it with --known-address NODE_ID@ADDRESS:PORT, or --gossip, for one of them";
/// How often a merchant who is being asked is looked after.
const LOOK: Duration = Duration::from_secs(1);
/// By then the device has forgotten.
const LONGEST: Duration = Duration::from_secs(600);

use core::fmt;

use countersign_ldk_peer_interface::{Ground, MerchantArguments, Seed};
use lightning::offers::offer::Offer;
use lightning::offers::parse::Bolt12SemanticError;

use super::node::{Hearing, Node, Settings, random_bytes};

/// LDK's own merchant: an offer, and a node that answers requests for it with signed invoices.
///
/// Its invoices cannot be paid, since it has no channel for the payment to arrive through.
pub struct Merchant {
    /// What customers scan.
    pub offer: Offer,
    _node: Node,
}

impl Merchant {
    /// Starts a merchant behind a relay, which becomes the introduction node of its offer.
    ///
    /// # Errors
    /// The relay cannot be reached, or LDK refuses to make such an offer.
    pub async fn start(arguments: &MerchantArguments) -> anyhow::Result<Self> {
        let node = Node::start(
            &Settings {
                network: arguments.network,
                seed: arguments.key.map_or_else(|| random_bytes().map(Seed), Ok)?,
                path_shape: arguments.offer_path,
                known_channels: &[],
                ground: &Ground::default(),
            },
            Hearing::Manager,
        )?;
        node.connect(&arguments.peer).await?;
        let mut builder = node
            .manager
            .create_offer_builder()
            .map_err(|error| refused(&error))?
            .description(arguments.description.clone());
        if let Some(amount_msat) = arguments.amount_msat {
            builder = builder.amount_msats(amount_msat);
        }
        Ok(Self { offer: builder.build().map_err(|error| refused(&error))?, _node: node })
    }
}

impl fmt::Debug for Merchant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Merchant").field("offer", &self.offer).finish_non_exhaustive()
    }
}

fn refused(error: &Bolt12SemanticError) -> anyhow::Error {
    anyhow::anyhow!("LDK makes no such offer: {error:?}")
}

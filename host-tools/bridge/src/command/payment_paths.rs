use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use countersign_client::{PaymentPaths, PaymentPathsSource};
use countersign_link::NeedPaymentPaths;
use countersign_merchant_node::{MerchantNode as _, Proposal, Remote};
use countersign_policy::Rule;

use super::arguments::Arguments;

/// Who knows how a payment reaches the merchant's node.
#[derive(Clone, Debug)]
pub(crate) enum Ways {
    /// The node itself.
    Node(Arc<Remote>),
    /// The merchant, who has written it down once and for all.
    Written(PaymentPaths),
}

impl Ways {
    /// The ways that the command line names.
    ///
    /// # Errors
    /// The file cannot be read or does not say what it should.
    pub(crate) fn read(arguments: &Arguments) -> anyhow::Result<Self> {
        if let Some(socket) = &arguments.node {
            return Ok(Self::Node(Arc::new(Remote::at(socket.clone()))));
        }
        let proposal = match &arguments.payment_paths {
            Some(path) => from_file(path)?,
            None => Proposal { paths: arguments.payment_path.clone(), multipart: false },
        };
        (&proposal).try_into().map(Self::Written).map_err(|error: &str| anyhow::anyhow!(error))
    }

    /// The node, if it can be asked.
    pub(crate) fn node(&self) -> Option<Arc<Remote>> {
        match self {
            Self::Node(node) => Some(node.clone()),
            Self::Written(_) => None,
        }
    }
}

impl PaymentPathsSource for Ways {
    async fn payment_paths(&mut self, need: NeedPaymentPaths) -> Option<PaymentPaths> {
        let ways = match self {
            Self::Written(paths) if paths.paths.is_empty() => Err(UNWRITTEN.to_owned()),
            Self::Written(paths) => Ok(paths.clone()),
            Self::Node(node) => node.payment_paths(need).await.map_err(|error| error.to_string()),
        };
        // The payer is told that there is no invoice, and the merchant why.
        let rule = Rule::Paths;
        ways.inspect_err(|why| tracing::warn!("no way for a payment, {rule} refuses: {why}")).ok()
    }
}

fn from_file(path: &Path) -> anyhow::Result<Proposal> {
    let name = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("{name} cannot be read"))?;
    serde_json::from_str(&text).with_context(|| format!("{name} does not say payment paths"))
}

const UNWRITTEN: &str = "start the bridge with --node, or with a way to the merchant's node: \
                         --payment-path or --payment-paths";

use std::sync::Arc;

use bitcoin::secp256k1::PublicKey;
use lightning::ln::channel_state::ChannelDetails;
use lightning::routing::gossip::NetworkGraph;
use lightning::routing::router::{Route, RouteParameters, find_route};
use lightning::routing::scoring::FixedPenaltyScorer;
use lightning::sign::{EntropySource, KeysManager};

use super::log::Log;

/// The payment router: LDK's own for what is paid, and blinded paths of one hop for what LDK's
/// merchant asks for.
///
/// A payment over such a path would only arrive from a neighbour. It lets LDK's merchant write an
/// invoice without channels.
pub(crate) struct Routes {
    pub(crate) entropy: Arc<KeysManager>,
    pub(crate) graph: Arc<NetworkGraph<Arc<Log>>>,
}

impl Routes {
    /// The fewest blocks the recipient asks for; any number that LDK accepts.
    pub(crate) const MIN_FINAL_CLTV_EXPIRY_DELTA: u16 = 18;

    /// LDK's route for a payment, where all channels are equally good.
    pub(crate) fn find(
        &self,
        payer: &PublicKey,
        parameters: &RouteParameters,
        first_hops: Option<&[&ChannelDetails]>,
    ) -> Result<Route, &'static str> {
        let scorer = FixedPenaltyScorer::with_penalty(0);
        let seed = self.entropy.get_secure_random_bytes();
        let log = Arc::new(Log);
        find_route(payer, parameters, &self.graph, first_hops, log, &scorer, &(), &seed)
    }
}

impl EntropySource for Routes {
    fn get_secure_random_bytes(&self) -> [u8; 32] {
        self.entropy.get_secure_random_bytes()
    }
}

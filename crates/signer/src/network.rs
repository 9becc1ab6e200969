use countersign_link::Network;
use countersign_offers::ChainHash;

/// The chain of `network`, which is also mixed into every key, so that the same words give other
/// keys on another network.
pub(crate) const fn chain(network: Network) -> ChainHash {
    match network {
        Network::Bitcoin => ChainHash::BITCOIN,
        Network::Testnet => ChainHash::TESTNET,
        Network::Signet => ChainHash::SIGNET,
        Network::Regtest => ChainHash::REGTEST,
    }
}

use countersign_crypto::{Secret, SecretKey, hkdf_sha256};

use countersign_link::Network;
use countersign_tlv::{Full, Writer};

use crate::network::chain;
use crate::store::{self, Unreadable};

/// What a derived secret is for. No secret serves two purposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The device's Lightning node key: the last hop of the offers' paths.
    Node,
    /// Offers' signing keys, their metadata and path ids.
    Offers,
    /// The preimages of payments.
    Preimages,
    /// What the device draws in place of random numbers, together with fresh entropy.
    Draws,
    /// Sealing what is exported.
    Export,
    /// The payer's keys of the merchant's own refunds.
    Refunds,
    /// Signing the invoices for refunds of others, each with a key of its own.
    Withdrawals,
    /// Sealing the receipts that the host keeps for claims.
    Receipts,
    /// The bridge's own node key, which the device hands out at pairing so that another host can
    /// take its place.
    Bridge,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Node => b"node key",
            Self::Offers => b"offers",
            Self::Preimages => b"preimages",
            Self::Draws => b"draws",
            Self::Export => b"export",
            Self::Refunds => b"refunds",
            Self::Withdrawals => b"withdrawals",
            Self::Receipts => b"receipts",
            Self::Bridge => b"bridge node key",
        }
    }
}

/// The 64 bytes that BIP 39 makes of the words.
const WORDS: u64 = 2;
const NETWORK: u64 = 4;

/// The seed of one network, from which everything else is derived.
#[derive(Debug)]
pub(crate) struct Seed {
    words: Secret<64>,
    network: Network,
}

impl Seed {
    pub(crate) const fn new(words: Secret<64>, network: Network) -> Self {
        Self { words, network }
    }

    pub(crate) const fn network(&self) -> Network {
        self.network
    }

    /// Writes the seed for flash.
    pub(crate) fn write(&self, writer: &mut Writer<'_>) -> Result<(), Full> {
        writer.record(WORDS, self.words.expose_secret())?;
        let network = match self.network {
            Network::Bitcoin => 0,
            Network::Testnet => 1,
            Network::Signet => 2,
            Network::Regtest => 3,
        };
        writer.record(NETWORK, &[network])?;
        writer.record(store::COMPLETE, &[])
    }

    /// Reads what [`Seed::write`] wrote.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        let item = store::whole(bytes)?;
        let value = |number| item.find(number).map(|record| record.value).ok_or(Unreadable::Seed);
        let words: &[u8; 64] = value(WORDS)?.try_into().or(Err(Unreadable::Seed))?;
        let network = match value(NETWORK)? {
            [0] => Network::Bitcoin,
            [1] => Network::Testnet,
            [2] => Network::Signet,
            [3] => Network::Regtest,
            _ => return Err(Unreadable::Newer),
        };
        Ok(Self::new(Secret::new(*words), network))
    }

    /// The secret for one purpose: HKDF-SHA256 with the network as its salt.
    pub(crate) fn derive(&self, purpose: Purpose) -> Secret<32> {
        hkdf_sha256(&chain(self.network).0, self.words.expose_secret(), purpose.label())
    }

    /// The secret for one purpose as a key of the curve. `None` for one seed in 2¹²⁷, which
    /// provisioning refuses.
    pub(crate) fn derive_key(&self, purpose: Purpose) -> Option<SecretKey> {
        SecretKey::parse(&self.derive(purpose)).ok()
    }
}

#[cfg(test)]
mod tests {
    use countersign_crypto::Secret;

    use super::{Purpose, Seed};
    use countersign_link::Network;

    const PURPOSES: [Purpose; 9] = [
        Purpose::Node,
        Purpose::Offers,
        Purpose::Preimages,
        Purpose::Draws,
        Purpose::Export,
        Purpose::Refunds,
        Purpose::Withdrawals,
        Purpose::Receipts,
        Purpose::Bridge,
    ];

    #[test]
    fn no_secret_serves_two_purposes_or_two_networks() {
        let mut secrets = [[0; 32]; 36];
        let all = [Network::Bitcoin, Network::Testnet, Network::Signet, Network::Regtest]
            .into_iter()
            .flat_map(|network| {
                let seed = Seed::new(Secret::new([7; 64]), network);
                PURPOSES.map(|purpose| *seed.derive(purpose).expose_secret())
            });
        for (place, secret) in secrets.iter_mut().zip(all) {
            *place = secret;
        }
        secrets.sort_unstable();
        assert!(secrets.iter().zip(&secrets[1..]).all(|(one, next)| one != next));
        assert_ne!(secrets[0], [0; 32]);
    }
}

//! What the bridge's and the LDK peers' command lines both read: where a Lightning node is reached,
//! `NODE_ID@ADDRESS:PORT`, and which nodes a channel joins, `SCID=NODE_ID,NODE_ID`.
//!
//! It refuses to resolve names: a lookup would tell a stranger whom the merchant connects to.

mod known_channel;

use core::fmt;
use core::net::SocketAddr;
use core::str::FromStr;

use bitcoin::secp256k1::PublicKey;

pub use known_channel::{KnownChannel, short_channel_id};

/// Where a Lightning node listens and who it is: `NODE_ID@ADDRESS:PORT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddress {
    /// The node id, which BOLT 8 authenticates.
    pub node_id: PublicKey,
    /// The TCP address; names are not resolved.
    pub address: SocketAddr,
}

impl FromStr for PeerAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (node_id, address) = text.split_once('@').ok_or(AddressError::Separator)?;
        let Ok(node_id) = node_id.parse() else { return Err(AddressError::NodeId) };
        let Ok(address) = address.parse() else { return Err(AddressError::Address) };
        Ok(Self { node_id, address })
    }
}

impl fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.node_id, self.address)
    }
}

/// Why a text is not a [`PeerAddress`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressError {
    /// There is no `@` between node id and address.
    Separator,
    /// The part before the `@` is not a compressed public key in hex.
    NodeId,
    /// The part after the `@` is not an IP address with a port.
    Address,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Separator => "expected NODE_ID@ADDRESS:PORT",
            Self::NodeId => "the node id is not a public key of 33 bytes in hex",
            Self::Address => "the address is not an IP address with a port",
        })
    }
}

impl core::error::Error for AddressError {}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE_ID: &str = "02eec7245d6b7d2ccb30380bfbe2a3648cd7a942653f5aa340edcea1f283686619";

    #[test]
    fn an_address_reads_back_as_written() {
        let text = format!("{NODE_ID}@127.0.0.1:9735");
        assert_eq!(text.parse::<PeerAddress>().unwrap().to_string(), text);
    }

    #[test]
    fn each_part_is_named_when_it_is_wrong() {
        for (text, error) in [
            (NODE_ID.to_owned(), AddressError::Separator),
            ("02ee@127.0.0.1:9735".to_owned(), AddressError::NodeId),
            (format!("{NODE_ID}@localhost"), AddressError::Address),
        ] {
            assert_eq!(text.parse::<PeerAddress>(), Err(error), "{text}");
        }
    }
}

use core::net::SocketAddr;
use core::num::NonZeroU32;
use core::str::FromStr;
use std::path::PathBuf;

use bitcoin::Network;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{KnownChannel, PeerAddress, Seed};

/// The whole command line of an LDK peer.
#[derive(Debug, Parser)]
#[command(about = "An unmodified LDK node as a relay, a payer or a merchant", version)]
pub struct Arguments {
    /// What this process is to be.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What one process of an LDK peer is.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Accept connections and forward messages and payments between them, until standard input closes
    Relay(RelayArguments),
    /// Ask for the invoice of an offer, once or often, and say whether LDK accepts it
    Payer(Box<PayerArguments>),
    /// Make an offer and answer requests for it, until standard input closes
    Merchant(MerchantArguments),
    /// Make a refund, say whether LDK accepts the invoice that comes for it, and pay it if told to
    Refund(RefundArguments),
    /// Send an invoice for somebody's refund, take the money, and stay until standard input closes
    Withdraw(WithdrawArguments),
    /// Be the node of a merchant who has a device, until standard input closes
    Node(NodeArguments),
}

/// Where a node's channels are, and what it keeps.
#[derive(Clone, Debug, Default, Args)]
pub struct Ground {
    /// The chain: a file that all nodes of one play share, a transaction on each line
    #[arg(long, value_name = "FILE")]
    pub chain: Option<PathBuf>,
    /// The folder that the node finds its channels in when it is started again [default: none]
    #[arg(long, value_name = "DIRECTORY", requires = "key")]
    pub state: Option<PathBuf>,
    /// Open a channel of this size with the peer, and give it so much of it
    #[arg(long, value_name = "SATOSHI[:GIVEN]", requires = "chain")]
    pub channel: Vec<ChannelSize>,
}

/// How large a channel is, and what of it belongs to the other side at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelSize {
    /// All of it, in satoshi.
    pub satoshi: u64,
    /// The other side's share, in satoshi.
    pub given: u64,
}

impl FromStr for ChannelSize {
    type Err = core::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (satoshi, given) = text.split_once(':').unwrap_or((text, "0"));
        Ok(Self { satoshi: satoshi.parse()?, given: given.parse()? })
    }
}

/// A node that forwards onion messages, and payments where it has channels.
#[derive(Debug, Args)]
pub struct RelayArguments {
    /// Where to accept connections; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: SocketAddr,
    /// 32 bytes in hex that the node's keys follow from [default: drawn]
    #[arg(long, value_name = "HEX")]
    pub key: Option<Seed>,
    /// Its channels.
    #[command(flatten)]
    pub ground: Ground,
}

/// A wallet that asks for invoices, and pays them if told to.
#[derive(Debug, Args)]
pub struct PayerArguments {
    /// The offer to ask for, `lno1…`
    #[arg(long)]
    pub offer: String,
    /// The node to connect to: the offer's introduction node
    #[arg(long, value_name = "NODE_ID@ADDRESS:PORT")]
    pub peer: PeerAddress,
    /// The amount to pay, when the offer leaves it open or more is meant to be paid
    #[arg(long, value_name = "MSAT")]
    pub amount_msat: Option<u64>,
    /// How many items to ask for
    #[arg(long, value_name = "ITEMS", conflicts_with = "bip353")]
    pub quantity: Option<u64>,
    /// A note to the merchant
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// The human-readable name that the offer is said to come from; needs an amount
    #[arg(long, value_name = "NAME@DOMAIN", requires = "amount_msat")]
    pub bip353: Option<String>,
    /// The network of the payer's wallet
    #[arg(long, default_value = "regtest", value_parser = network)]
    pub network: Network,
    /// 32 bytes in hex that the node's keys follow from [default: drawn]
    #[arg(long, value_name = "HEX")]
    pub key: Option<Seed>,
    /// How long to wait for each answer
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub timeout: u64,
    /// How many copies of each request to send, each in an onion of its own
    #[arg(long, value_name = "COPIES", default_value = "1")]
    pub repeat: NonZeroU32,
    /// How many different requests to send, one after the other
    #[arg(long, value_name = "REQUESTS", default_value = "1")]
    pub count: NonZeroU32,
    /// How the payer's reply paths look
    #[arg(long, value_enum, default_value_t = PathShape::Padded)]
    pub reply_path: PathShape,
    /// A channel that the payer has heard of, so that it can find a compact introduction point
    #[arg(long, value_name = "SCID=NODE_ID,NODE_ID")]
    pub known_channel: Vec<KnownChannel>,
    /// Pay the invoice
    #[arg(long, requires = "channel")]
    pub pay: bool,
    /// Its channels.
    #[command(flatten)]
    pub ground: Ground,
    /// Print one JSON object per answer instead of a sentence
    #[arg(long)]
    pub json: bool,
}

/// A merchant whose keys are in its own process, as LDK's are.
#[derive(Debug, Args)]
pub struct MerchantArguments {
    /// The node to connect to: the offer's introduction node
    #[arg(long, value_name = "NODE_ID@ADDRESS:PORT")]
    pub peer: PeerAddress,
    /// The offer's price; without it the payer chooses
    #[arg(long, value_name = "MSAT")]
    pub amount_msat: Option<u64>,
    /// What is sold
    #[arg(long, value_name = "TEXT", default_value = "a test")]
    pub description: String,
    /// How the offer's path looks
    #[arg(long, value_enum, default_value_t = PathShape::Padded)]
    pub offer_path: PathShape,
    /// The offer's network
    #[arg(long, default_value = "regtest", value_parser = network)]
    pub network: Network,
    /// 32 bytes in hex that the node's keys follow from [default: drawn]
    #[arg(long, value_name = "HEX")]
    pub key: Option<Seed>,
}

/// A wallet that owes somebody money.
#[derive(Debug, Args)]
pub struct RefundArguments {
    /// The node to connect to: the refund's introduction node
    #[arg(long, value_name = "NODE_ID@ADDRESS:PORT")]
    pub peer: PeerAddress,
    /// What is owed
    #[arg(long, value_name = "MSAT")]
    pub amount_msat: u64,
    /// What for
    #[arg(long, value_name = "TEXT", default_value = "a refund")]
    pub description: String,
    /// How the refund's path looks
    #[arg(long, value_enum, default_value_t = PathShape::Padded)]
    pub refund_path: PathShape,
    /// The refund's network
    #[arg(long, default_value = "regtest", value_parser = network)]
    pub network: Network,
    /// 32 bytes in hex that the node's keys follow from [default: drawn]
    #[arg(long, value_name = "HEX")]
    pub key: Option<Seed>,
    /// How long to wait for the invoice, and for its payment
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    pub timeout: u64,
    /// Pay the invoice
    #[arg(long, requires = "channel")]
    pub pay: bool,
    /// Its channels.
    #[command(flatten)]
    pub ground: Ground,
}

/// A node that wants the money of a refund.
#[derive(Debug, Args)]
pub struct WithdrawArguments {
    /// The refund, `lnr1…`
    #[arg(long)]
    pub refund: String,
    /// The node to connect to: the refund's introduction node
    #[arg(long, value_name = "NODE_ID@ADDRESS:PORT")]
    pub peer: PeerAddress,
    /// The node's network
    #[arg(long, default_value = "regtest", value_parser = network)]
    pub network: Network,
    /// 32 bytes in hex that the node's keys follow from [default: drawn]
    #[arg(long, value_name = "HEX")]
    pub key: Option<Seed>,
    /// Its channels.
    #[command(flatten)]
    pub ground: Ground,
}

/// The node of a merchant whose keys for offers and invoices are in a device.
#[derive(Debug, Args)]
pub struct NodeArguments {
    /// The node to connect to, and to have channels with
    #[arg(long, value_name = "NODE_ID@ADDRESS:PORT")]
    pub peer: PeerAddress,
    /// The Unix socket at which bridges ask: whoever can open it can have payments given back
    #[arg(long, value_name = "FILE")]
    pub socket: PathBuf,
    /// The node's network
    #[arg(long, default_value = "regtest", value_parser = network)]
    pub network: Network,
    /// 32 bytes in hex that the node's keys follow from [default: drawn]
    #[arg(long, value_name = "HEX")]
    pub key: Option<Seed>,
    /// Its channels.
    #[command(flatten)]
    pub ground: Ground,
}

/// How a node builds the message paths that lead to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PathShape {
    /// Four hops whatever the real distance: onions of 32,834 bytes
    Padded,
    /// As short as the release's own router makes them: small messages of 0.2's fit onions of 1,366
    /// bytes, and 0.3 makes four hops of a reply path all the same
    Compact,
    /// One peer and no padding, as a wallet's own router can have it: onions of 1,366 bytes
    Short,
}

fn network(text: &str) -> Result<Network, &'static str> {
    match text {
        "mainnet" | "bitcoin" => Ok(Network::Bitcoin),
        "testnet" => Ok(Network::Testnet),
        "signet" => Ok(Network::Signet),
        "regtest" => Ok(Network::Regtest),
        _ => Err("expected mainnet, testnet, signet or regtest"),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}

use core::net::SocketAddr;
use core::num::NonZeroU32;
use std::env;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Parser, ValueEnum};
use countersign_bridge::{Forwarding, KnownChannel, Limits, PeerAddress};
use countersign_client::{DeviceAddress, Rate};
use countersign_link::ErrorForm;
use countersign_merchant_node::ProposedPath;
use countersign_peer_address::short_channel_id;

use super::rate::RateSource;

/// Relay onion messages between the Lightning Network and the device
///
/// Runs until it is interrupted. It opens the device, waiting for it if need be, tells it the time,
/// and connects to the peers that the merchant's offers lead through. It sees sealed messages only.
#[derive(Debug, Parser)]
#[command(name = "countersign bridge", bin_name = "countersign bridge", version)]
pub(crate) struct Arguments {
    /// The device: sim, sim:FILE, tcp:HOST:PORT, unix:PATH, or the path of a serial port
    #[arg(long, value_name = "DEVICE", default_value = "sim")]
    pub(crate) device: DeviceAddress,
    /// Accept connections here; without it, the bridge only connects to its peers
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<SocketAddr>,
    /// Stay connected to this node: the introduction node of an offer
    #[arg(long, value_name = "NODE_ID@ADDRESS:PORT")]
    pub(crate) peer: Vec<PeerAddress>,
    /// Where a node listens that replies may be for
    #[arg(long, value_name = "NODE_ID@ADDRESS:PORT")]
    pub(crate) known_address: Vec<PeerAddress>,
    /// A channel that replies may be addressed by
    #[arg(long, value_name = "SCID=NODE_ID,NODE_ID")]
    pub(crate) known_channel: Vec<KnownChannel>,
    /// Learn channels and addresses from peers; hundreds of megabytes on mainnet
    #[arg(long)]
    pub(crate) gossip: bool,
    /// The short channel id that stands for the device in compact offers
    #[arg(long, value_name = "SCID", value_parser = short_channel_id)]
    pub(crate) virtual_channel: Option<u64>,
    /// Forward onion messages of others as well
    #[arg(long)]
    forward: bool,
    /// Onion messages a second from one peer; five times as many from all
    #[arg(long, value_name = "MESSAGES", default_value = "20")]
    peer_rate: NonZeroU32,
    /// A way for payments to the merchant's node, offered to the device for every invoice
    #[arg(long, value_name = "NODE_ID:SCID[,NODE_ID:SCID],RECIPIENT")]
    pub(crate) payment_path: Vec<ProposedPath>,
    /// A JSON file with such ways, fees and limits included
    #[arg(long, value_name = "FILE", conflicts_with = "payment_path")]
    pub(crate) payment_paths: Option<PathBuf>,
    /// The socket of the merchant's node, which is asked for ways instead, and whose payments are
    /// taken to the device: what `countersign node --socket` names
    #[arg(long, value_name = "SOCKET", conflicts_with_all = ["payment_path", "payment_paths"])]
    pub(crate) node: Option<PathBuf>,
    /// What a currency is worth, for offers in that currency: such as EUR=1050sat
    #[arg(long, value_name = "CURRENCY=WORTH")]
    rate: Option<Rate>,
    /// A file with such a line, read again and again: let it be written whenever the rate changes
    #[arg(long, value_name = "FILE", conflicts_with = "rate")]
    rate_file: Option<PathBuf>,
    /// How an `invoice_error` is written: as the specification says, or as LDK payers can read it
    #[arg(long, value_enum, default_value_t = InvoiceError::Spec)]
    pub(crate) invoice_error: InvoiceError,
    /// The file with the bridge's network key; made from the device's answer when it is not there
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// The record of what was issued, which `countersign invoices` reads
    #[arg(long, alias = "record", value_name = "FILE")]
    pub(crate) records: Option<PathBuf>,
    /// Where `countersign refund accept` finds this bridge
    #[arg(long, value_name = "SOCKET")]
    pub(crate) control: Option<PathBuf>,
    /// Post what becomes of invoices and refunds to this shop, again until it takes it
    #[arg(long, value_name = "URL")]
    pub(crate) webhook: Option<String>,
    /// A file with the secret that the shop knows us by
    #[arg(long, value_name = "FILE", requires = "webhook")]
    pub(crate) webhook_secret: Option<PathBuf>,
    /// Serve counts in Prometheus' text form here
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) metrics: Option<SocketAddr>,
    /// Print one JSON object when ready
    #[arg(long)]
    pub(crate) json: bool,
}

/// The two ways to write an `invoice_error`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum InvoiceError {
    /// A TLV stream
    Spec,
    /// With its length in front
    Ldk,
}

impl From<InvoiceError> for ErrorForm {
    fn from(form: InvoiceError) -> Self {
        match form {
            InvoiceError::Spec => Self::Specification,
            InvoiceError::Ldk => Self::Ldk,
        }
    }
}

impl Arguments {
    pub(crate) const fn forwarding(&self) -> Forwarding {
        if self.forward { Forwarding::Everyone } else { Forwarding::DeviceOnly }
    }

    pub(crate) fn limits(&self) -> Limits {
        let peer_rate = burst(self.peer_rate);
        let total_rate = burst(peer_rate.per_second.saturating_mul(FIVE));
        Limits { peer_rate, total_rate, ..Limits::default() }
    }

    pub(crate) fn rate_source(&self) -> Option<RateSource> {
        let file = || self.rate_file.clone().map(RateSource::File);
        self.rate.map(RateSource::Fixed).or_else(file)
    }

    /// A file in the folder that `countersign bridge` says, where none was named.
    ///
    /// # Errors
    /// There is no such folder.
    pub(crate) fn at_home(named: Option<&PathBuf>, usual: &str) -> anyhow::Result<PathBuf> {
        let at_home = || Some(PathBuf::from(env::var_os(HOME)?).join(usual));
        let path = named.cloned().or_else(at_home);
        path.with_context(|| {
            format!("nowhere to keep {usual}: run `countersign bridge`, or set {HOME}")
        })
    }
}

/// Set by `countersign bridge`.
const HOME: &str = "COUNTERSIGN_HOME";

/// Five seconds' worth may come at once.
const fn burst(per_second: NonZeroU32) -> countersign_bridge::Rate {
    countersign_bridge::Rate { per_second, burst: per_second.saturating_mul(FIVE) }
}

const FIVE: NonZeroU32 = NonZeroU32::MIN.saturating_add(4);

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_usual_rate_is_that_of_the_library() {
        let arguments = Arguments::parse_from(["", "--device", "sim"]);
        let (limits, usual) = (arguments.limits(), Limits::default());
        assert_eq!(limits.peer_rate, usual.peer_rate);
        assert_eq!(limits.total_rate.per_second, usual.total_rate.per_second);
    }
}

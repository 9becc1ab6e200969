use core::fmt;
use core::net::SocketAddr;
use std::io;
use std::sync::Arc;
use std::thread;

use countersign_bridge::{Bridge, Counts};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use tiny_http::{Header, Request, Response, Server};

use super::tally::Tally;

/// Answers every HTTP request to `address` with the bridge's counts, in Prometheus' text form.
///
/// # Errors
/// The port is taken.
pub(crate) fn serve(
    address: SocketAddr,
    bridge: Arc<Bridge>,
    tally: Arc<Tally>,
) -> anyhow::Result<()> {
    let server = Server::http(address)
        .map_err(|error| anyhow::anyhow!("metrics cannot be served at {address}: {error}"))?;
    let mut registry = Registry::with_prefix("countersign_bridge");
    registry.register_collector(Box::new(Scrape { bridge, tally }));
    let scraped = move || {
        for request in server.incoming_requests() {
            if let Err(error) = answer(request, &registry) {
                tracing::debug!(%error, "metrics were not read to their end");
            }
        }
    };
    thread::Builder::new().name("metrics".to_owned()).spawn(scraped)?;
    Ok(())
}

fn answer(request: Request, registry: &Registry) -> io::Result<()> {
    let mut text = String::new();
    encode(&mut text, registry).map_err(io::Error::other)?;
    let kind = "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8";
    let kind: Header = kind.parse().map_err(|()| io::ErrorKind::InvalidData)?;
    request.respond(Response::from_string(text).with_header(kind))
}

/// Reads the counts when they are asked for.
#[derive(Debug)]
struct Scrape {
    bridge: Arc<Bridge>,
    tally: Arc<Tally>,
}

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let counts = self.bridge.counts();
        for (name, help, count) in of_bridge(&counts).into_iter().chain(of_device(&self.tally)) {
            let counter = ConstCounter::new(count);
            let metric = encoder.encode_descriptor(name, help, None, counter.metric_type())?;
            counter.encode(metric)?;
        }
        let peers = self.bridge.connected().len();
        let peers = ConstGauge::new(u64::try_from(peers).unwrap_or(u64::MAX));
        let (name, help) = ("connected_peers", "Lightning nodes that are connected");
        peers.encode(encoder.encode_descriptor(name, help, None, peers.metric_type())?)
    }
}

type Named = (&'static str, &'static str, u64);

fn of_bridge(counts: &Counts) -> [Named; 9] {
    let Counts { received, limited, unreadable, queued_for_device, dropped_before_device, .. } =
        *counts;
    let Counts { given_to_device, queued_for_peers, unroutable, given_up, .. } = *counts;
    [
        ("onions_received", "Onion messages from peers", received),
        ("onions_limited", "Not looked at: their peer or the whole sent too many", limited),
        ("onions_unreadable", "Too large, damaged, or for nobody here", unreadable),
        ("onions_queued_for_device", "Put into the device's queue", queued_for_device),
        ("onions_dropped_before_device", "Refused by the device's queue", dropped_before_device),
        ("onions_given_to_device", "Given to the device", given_to_device),
        ("onions_queued_for_peers", "Put into a peer's outbox", queued_for_peers),
        ("onions_unroutable", "For a node that is not known, or too many for one", unroutable),
        ("onions_given_up", "For a node that did not come", given_up),
    ]
}

fn of_device(tally: &Tally) -> [Named; 5] {
    let Tally { invoices, other_answers, silences, failures, reopened } = tally;
    [
        ("device_invoices", "Invoices that the device signed", invoices.get()),
        ("device_other_answers", "Answers that are no invoices", other_answers.get()),
        ("device_silences", "Messages that the device let pass", silences.get()),
        ("device_failures", "Messages lost at the device", failures.get()),
        ("device_reopened", "Times that the device was opened again", reopened.get()),
    ]
}

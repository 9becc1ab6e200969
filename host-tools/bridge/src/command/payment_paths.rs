use core::str::FromStr;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use bitcoin::secp256k1::PublicKey;
use countersign_client::{PaymentPath, PaymentPaths, RecipientHop};
use countersign_link::{Bytes, PaymentHop, Seal};
use countersign_peer_address::short_channel_id;
use serde::Deserialize;

use super::arguments::Arguments;

/// The ways for payments that the command line names, until a node is attached that knows them.
///
/// # Errors
/// The file cannot be read or does not say what it should.
pub(crate) fn read(arguments: &Arguments) -> anyhow::Result<PaymentPaths> {
    let paths = match &arguments.payment_paths {
        Some(path) => from_file(path)?,
        None => StaticPaths { paths: arguments.payment_path.clone(), multipart: false },
    };
    let StaticPaths { paths, multipart } = paths;
    let paths: Result<_, &str> = paths.iter().map(PaymentPath::try_from).collect();
    Ok(PaymentPaths { paths: paths.map_err(anyhow::Error::msg)?, multipart })
}

fn from_file(path: &Path) -> anyhow::Result<StaticPaths> {
    let name = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("{name} cannot be read"))?;
    serde_json::from_str(&text).with_context(|| format!("{name} does not say payment paths"))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StaticPaths {
    paths: Vec<StaticPath>,
    #[serde(default)]
    multipart: bool,
}

/// A node id in hex.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
struct Node(PublicKey);

impl TryFrom<String> for Node {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for Node {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).or(Err("a node id is a public key of 33 bytes in hex"))
    }
}

/// A way for payments that does not depend on the payment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StaticPath {
    /// The nodes before the recipient, the introduction node first.
    hops: Vec<StaticHop>,
    recipient: StaticRecipient,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StaticHop {
    node: Node,
    short_channel_id: TypedChannel,
    cltv_expiry_delta: Option<u16>,
    fee_base_msat: Option<u32>,
    fee_proportional_millionths: Option<u32>,
    htlc_minimum_msat: Option<u64>,
    htlc_maximum_msat: Option<u64>,
}

/// A short channel id, as a number or as text.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum TypedChannel {
    Number(u64),
    Text(String),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StaticRecipient {
    node: Node,
    /// The recipient's own records in hex.
    records: Option<String>,
    seal: Option<StaticSeal>,
    min_final_cltv_expiry_delta: Option<u16>,
    max_cltv_expiry: Option<u32>,
    htlc_minimum_msat: Option<u64>,
    htlc_maximum_msat: Option<u64>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum StaticSeal {
    Plain,
    ReceiveAuth,
}

// What holds where nothing is said: LDK's defaults, and no limit.
const HOP_CLTV_EXPIRY_DELTA: u16 = 72;
const MIN_FINAL_CLTV_EXPIRY_DELTA: u16 = 24;
/// A path that is written down once cannot name a block that is near. From here on a lock time is no
/// block any more but a moment.
const MAX_CLTV_EXPIRY: u32 = 499_999_999;
const HTLC_MINIMUM_MSAT: u64 = 1;
/// All bitcoin that there will ever be.
const HTLC_MAXIMUM_MSAT: u64 = 2_100_000_000_000_000_000;

/// The short form of the command line: `NODE_ID:SCID,NODE_ID:SCID,RECIPIENT`.
impl FromStr for StaticPath {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (hops, recipient) = text.rsplit_once(',').ok_or("expected NODE_ID:SCID,RECIPIENT")?;
        let recipient = StaticRecipient {
            node: recipient.parse()?,
            records: None,
            seal: None,
            min_final_cltv_expiry_delta: None,
            max_cltv_expiry: None,
            htlc_minimum_msat: None,
            htlc_maximum_msat: None,
        };
        let hops = hops.split(',').map(hop).collect::<Result<_, _>>()?;
        Ok(Self { hops, recipient })
    }
}

fn hop(text: &str) -> Result<StaticHop, &'static str> {
    let (node, channel) = text.split_once(':').ok_or("expected NODE_ID:SCID for each hop")?;
    Ok(StaticHop {
        node: node.parse()?,
        short_channel_id: TypedChannel::Number(short_channel_id(channel)?),
        cltv_expiry_delta: None,
        fee_base_msat: None,
        fee_proportional_millionths: None,
        htlc_minimum_msat: None,
        htlc_maximum_msat: None,
    })
}

impl TryFrom<&StaticPath> for PaymentPath {
    type Error = &'static str;

    fn try_from(path: &StaticPath) -> Result<Self, Self::Error> {
        let hops = path.hops.iter().map(PaymentHop::try_from).collect::<Result<_, _>>()?;
        Ok(Self { hops, recipient: (&path.recipient).try_into()? })
    }
}

impl TryFrom<&StaticHop> for PaymentHop {
    type Error = &'static str;

    fn try_from(hop: &StaticHop) -> Result<Self, Self::Error> {
        Ok(Self {
            node: Bytes(hop.node.0.serialize()),
            short_channel_id: match &hop.short_channel_id {
                TypedChannel::Text(text) => short_channel_id(text)?,
                TypedChannel::Number(number) => *number,
            },
            cltv_expiry_delta: hop.cltv_expiry_delta.unwrap_or(HOP_CLTV_EXPIRY_DELTA),
            fee_proportional_millionths: hop.fee_proportional_millionths.unwrap_or(0),
            fee_base_msat: hop.fee_base_msat.unwrap_or(0),
            htlc_minimum_msat: hop.htlc_minimum_msat.unwrap_or(HTLC_MINIMUM_MSAT),
            htlc_maximum_msat: hop.htlc_maximum_msat.unwrap_or(HTLC_MAXIMUM_MSAT),
        })
    }
}

impl TryFrom<&StaticRecipient> for RecipientHop {
    type Error = &'static str;

    fn try_from(recipient: &StaticRecipient) -> Result<Self, Self::Error> {
        let records = recipient.records.as_deref().unwrap_or_default();
        let final_delta = recipient.min_final_cltv_expiry_delta;
        Ok(Self {
            node: Bytes(recipient.node.0.serialize()),
            records: hex::decode(records).or(Err("the recipient's records are not hex"))?,
            seal: match recipient.seal {
                None | Some(StaticSeal::Plain) => Seal::Plain,
                Some(StaticSeal::ReceiveAuth) => Seal::ReceiveAuth,
            },
            min_final_cltv_expiry_delta: final_delta.unwrap_or(MIN_FINAL_CLTV_EXPIRY_DELTA),
            max_cltv_expiry: recipient.max_cltv_expiry.unwrap_or(MAX_CLTV_EXPIRY),
            htlc_minimum_msat: recipient.htlc_minimum_msat.unwrap_or(HTLC_MINIMUM_MSAT),
            htlc_maximum_msat: recipient.htlc_maximum_msat.unwrap_or(HTLC_MAXIMUM_MSAT),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "02eec7245d6b7d2ccb30380bfbe2a3648cd7a942653f5aa340edcea1f283686619";
    const TWO: &str = "0324653eac434488002cc06bbfb7f10fe18991e35f9fe4302dbea6d2353dc0ab1c";

    fn of(path: &StaticPath) -> PaymentPath {
        path.try_into().unwrap()
    }

    #[test]
    fn the_short_form_and_the_file_say_the_same() {
        let short: StaticPath = format!("{ONE}:1x2x3,{TWO}").parse().unwrap();
        let file = format!(
            r#"{{"paths":[{{"hops":[{{"node":"{ONE}","short_channel_id":"1x2x3"}}],
            "recipient":{{"node":"{TWO}"}}}}]}}"#
        );
        let file: StaticPaths = serde_json::from_str(&file).unwrap();
        assert_eq!(file.paths.iter().map(of).collect::<Vec<_>>(), [of(&short)]);
    }

    #[test]
    fn a_file_says_fees_and_limits() {
        let hop = format!(
            r#"{{"node":"{ONE}","short_channel_id":42,"fee_base_msat":7,"cltv_expiry_delta":9}}"#
        );
        let hop: StaticHop = serde_json::from_str(&hop).unwrap();
        let hop = PaymentHop::try_from(&hop).unwrap();
        assert_eq!((hop.short_channel_id, hop.fee_base_msat, hop.cltv_expiry_delta), (42, 7, 9));
    }

    #[test]
    fn what_is_misspelt_is_named() {
        for wrong in [ONE.to_owned(), format!("{ONE},{TWO}"), format!("{ONE}:x,{TWO}")] {
            assert!(wrong.parse::<StaticPath>().is_err(), "{wrong}");
        }
        let misspelt = format!(r#"{{"node":"{ONE}","short_chanel_id":42}}"#);
        let error = serde_json::from_str::<StaticHop>(&misspelt).unwrap_err();
        assert!(error.to_string().contains("short_chanel_id"), "{error}");
    }
}

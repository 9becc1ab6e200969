use core::str::FromStr;

use bitcoin::secp256k1::PublicKey;
use countersign_client::{PaymentPath, PaymentPaths, RecipientHop};
use countersign_link::{Bytes, NodeId, PaymentHop, Seal};
use countersign_peer_address::short_channel_id;
use serde::{Deserialize, Serialize};

/// Ways for a payment, as they are written in JSON: by a node, or by a merchant whose node cannot be
/// asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// The paths, the best first.
    pub paths: Vec<ProposedPath>,
    /// Whether the recipient takes the payment in several parts.
    #[serde(default)]
    pub multipart: bool,
}
/// A node id in hex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Node(PublicKey);

impl From<Node> for String {
    fn from(Node(key): Node) -> Self {
        key.to_string()
    }
}

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

/// One way for a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProposedPath {
    /// The nodes before the recipient, the introduction node first.
    hops: Vec<ProposedHop>,
    recipient: ProposedRecipient,
}

/// A node that forwards the payment; what is not said is LDK's default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProposedHop {
    node: Node,
    short_channel_id: Channel,
    cltv_expiry_delta: Option<u16>,
    fee_base_msat: Option<u32>,
    fee_proportional_millionths: Option<u32>,
    htlc_minimum_msat: Option<u64>,
    htlc_maximum_msat: Option<u64>,
}

/// A short channel id, as a number or as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Channel {
    Number(u64),
    Text(String),
}

/// The merchant's node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProposedRecipient {
    node: Node,
    /// The recipient's own records in hex.
    records: Option<String>,
    seal: Option<ProposedSeal>,
    min_final_cltv_expiry_delta: Option<u16>,
    max_cltv_expiry: Option<u32>,
    htlc_minimum_msat: Option<u64>,
    htlc_maximum_msat: Option<u64>,
}

/// How the recipient's records are sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ProposedSeal {
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
impl FromStr for ProposedPath {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (hops, recipient) = text.rsplit_once(',').ok_or("expected NODE_ID:SCID,RECIPIENT")?;
        let recipient = ProposedRecipient {
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

fn hop(text: &str) -> Result<ProposedHop, &'static str> {
    let (node, channel) = text.split_once(':').ok_or("expected NODE_ID:SCID for each hop")?;
    Ok(ProposedHop {
        node: node.parse()?,
        short_channel_id: Channel::Number(short_channel_id(channel)?),
        cltv_expiry_delta: None,
        fee_base_msat: None,
        fee_proportional_millionths: None,
        htlc_minimum_msat: None,
        htlc_maximum_msat: None,
    })
}

impl TryFrom<&ProposedPath> for PaymentPath {
    type Error = &'static str;

    fn try_from(path: &ProposedPath) -> Result<Self, Self::Error> {
        let hops = path.hops.iter().map(PaymentHop::try_from).collect::<Result<_, _>>()?;
        Ok(Self { hops, recipient: (&path.recipient).try_into()? })
    }
}

impl TryFrom<&ProposedHop> for PaymentHop {
    type Error = &'static str;

    fn try_from(hop: &ProposedHop) -> Result<Self, Self::Error> {
        Ok(Self {
            node: Bytes(hop.node.0.serialize()),
            short_channel_id: match &hop.short_channel_id {
                Channel::Text(text) => short_channel_id(text)?,
                Channel::Number(number) => *number,
            },
            cltv_expiry_delta: hop.cltv_expiry_delta.unwrap_or(HOP_CLTV_EXPIRY_DELTA),
            fee_proportional_millionths: hop.fee_proportional_millionths.unwrap_or(0),
            fee_base_msat: hop.fee_base_msat.unwrap_or(0),
            htlc_minimum_msat: hop.htlc_minimum_msat.unwrap_or(HTLC_MINIMUM_MSAT),
            htlc_maximum_msat: hop.htlc_maximum_msat.unwrap_or(HTLC_MAXIMUM_MSAT),
        })
    }
}

impl TryFrom<&ProposedRecipient> for RecipientHop {
    type Error = &'static str;

    fn try_from(recipient: &ProposedRecipient) -> Result<Self, Self::Error> {
        let records = recipient.records.as_deref().unwrap_or_default();
        let final_delta = recipient.min_final_cltv_expiry_delta;
        Ok(Self {
            node: Bytes(recipient.node.0.serialize()),
            records: hex::decode(records).or(Err("the recipient's records are not hex"))?,
            seal: match recipient.seal {
                None | Some(ProposedSeal::Plain) => Seal::Plain,
                Some(ProposedSeal::ReceiveAuth) => Seal::ReceiveAuth,
            },
            min_final_cltv_expiry_delta: final_delta.unwrap_or(MIN_FINAL_CLTV_EXPIRY_DELTA),
            max_cltv_expiry: recipient.max_cltv_expiry.unwrap_or(MAX_CLTV_EXPIRY),
            htlc_minimum_msat: recipient.htlc_minimum_msat.unwrap_or(HTLC_MINIMUM_MSAT),
            htlc_maximum_msat: recipient.htlc_maximum_msat.unwrap_or(HTLC_MAXIMUM_MSAT),
        })
    }
}

impl TryFrom<&Proposal> for PaymentPaths {
    type Error = &'static str;

    fn try_from(proposal: &Proposal) -> Result<Self, Self::Error> {
        let paths = proposal.paths.iter().map(PaymentPath::try_from).collect::<Result<_, _>>()?;
        Ok(Self { paths, multipart: proposal.multipart })
    }
}

impl TryFrom<&PaymentPaths> for Proposal {
    type Error = &'static str;

    fn try_from(paths: &PaymentPaths) -> Result<Self, Self::Error> {
        let PaymentPaths { paths, multipart } = paths;
        let paths = paths.iter().map(ProposedPath::try_from).collect::<Result<_, _>>()?;
        Ok(Self { paths, multipart: *multipart })
    }
}

impl TryFrom<&PaymentPath> for ProposedPath {
    type Error = &'static str;

    fn try_from(path: &PaymentPath) -> Result<Self, Self::Error> {
        let hops = path.hops.iter().map(ProposedHop::try_from).collect::<Result<_, _>>()?;
        Ok(Self { hops, recipient: (&path.recipient).try_into()? })
    }
}

impl TryFrom<&PaymentHop> for ProposedHop {
    type Error = &'static str;

    fn try_from(hop: &PaymentHop) -> Result<Self, Self::Error> {
        Ok(Self {
            node: hop.node.try_into()?,
            short_channel_id: Channel::Number(hop.short_channel_id),
            cltv_expiry_delta: Some(hop.cltv_expiry_delta),
            fee_base_msat: Some(hop.fee_base_msat),
            fee_proportional_millionths: Some(hop.fee_proportional_millionths),
            htlc_minimum_msat: Some(hop.htlc_minimum_msat),
            htlc_maximum_msat: Some(hop.htlc_maximum_msat),
        })
    }
}

impl TryFrom<&RecipientHop> for ProposedRecipient {
    type Error = &'static str;

    fn try_from(recipient: &RecipientHop) -> Result<Self, Self::Error> {
        Ok(Self {
            node: recipient.node.try_into()?,
            records: Some(hex::encode(&recipient.records)),
            seal: Some(match recipient.seal {
                Seal::Plain => ProposedSeal::Plain,
                Seal::ReceiveAuth => ProposedSeal::ReceiveAuth,
            }),
            min_final_cltv_expiry_delta: Some(recipient.min_final_cltv_expiry_delta),
            max_cltv_expiry: Some(recipient.max_cltv_expiry),
            htlc_minimum_msat: Some(recipient.htlc_minimum_msat),
            htlc_maximum_msat: Some(recipient.htlc_maximum_msat),
        })
    }
}

impl TryFrom<NodeId> for Node {
    type Error = &'static str;

    fn try_from(id: NodeId) -> Result<Self, Self::Error> {
        PublicKey::from_slice(&id.0).map(Self).or(Err("a node id is no public key"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "02eec7245d6b7d2ccb30380bfbe2a3648cd7a942653f5aa340edcea1f283686619";
    const TWO: &str = "0324653eac434488002cc06bbfb7f10fe18991e35f9fe4302dbea6d2353dc0ab1c";

    fn of(path: &ProposedPath) -> PaymentPath {
        path.try_into().unwrap()
    }

    #[test]
    fn the_short_form_and_the_file_say_the_same() {
        let short: ProposedPath = format!("{ONE}:1x2x3,{TWO}").parse().unwrap();
        let file = format!(
            r#"{{"paths":[{{"hops":[{{"node":"{ONE}","short_channel_id":"1x2x3"}}],
            "recipient":{{"node":"{TWO}"}}}}]}}"#
        );
        let file: Proposal = serde_json::from_str(&file).unwrap();
        assert_eq!(file.paths.iter().map(of).collect::<Vec<_>>(), [of(&short)]);
    }

    #[test]
    fn what_a_node_proposes_reads_back_as_it_was() {
        let path: ProposedPath = format!("{ONE}:1x2x3,{TWO}").parse().unwrap();
        let paths = PaymentPaths { paths: vec![of(&path)], multipart: true };
        let text = serde_json::to_string(&Proposal::try_from(&paths).unwrap()).unwrap();
        let read: Proposal = serde_json::from_str(&text).unwrap();
        assert_eq!(PaymentPaths::try_from(&read), Ok(paths));
    }

    #[test]
    fn a_file_says_fees_and_limits() {
        let hop = format!(
            r#"{{"node":"{ONE}","short_channel_id":42,"fee_base_msat":7,"cltv_expiry_delta":9}}"#
        );
        let hop: ProposedHop = serde_json::from_str(&hop).unwrap();
        let hop = PaymentHop::try_from(&hop).unwrap();
        assert_eq!((hop.short_channel_id, hop.fee_base_msat, hop.cltv_expiry_delta), (42, 7, 9));
    }

    #[test]
    fn what_is_misspelt_is_named() {
        for wrong in [ONE.to_owned(), format!("{ONE},{TWO}"), format!("{ONE}:x,{TWO}")] {
            assert!(wrong.parse::<ProposedPath>().is_err(), "{wrong}");
        }
        let misspelt = format!(r#"{{"node":"{ONE}","short_chanel_id":42}}"#);
        let error = serde_json::from_str::<ProposedHop>(&misspelt).unwrap_err();
        assert!(error.to_string().contains("short_chanel_id"), "{error}");
    }
}

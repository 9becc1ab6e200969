use core::str::FromStr;

use countersign_link::{Destination, MessageHop, NextHop};

use crate::hexadecimal;

/// A way to the device, as people write it: the nodes before the device, the first first, with
/// commas between them.
///
/// `NODE@SCID` says the next hop by a short channel id, which may be one that only that node knows.
/// `SCID/DIRECTION=NODE` in front names the first node by one end of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypedPath(pub(crate) Vec<MessageHop>);

impl FromStr for TypedPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (named, nodes) = match text.split_once('=') {
            Some((channel, nodes)) => (Some(channel_end(channel)?), nodes),
            None => (None, text),
        };
        let mut hops = nodes.split(',').map(hop).collect::<Result<Vec<_>, _>>()?;
        if let (Some(named), Some(first)) = (named, hops.first_mut()) {
            first.named = named;
        }
        Ok(Self(hops))
    }
}

fn hop(text: &str) -> Result<MessageHop, String> {
    let (node, next) = match text.split_once('@') {
        Some((node, channel)) => (node, NextHop::ShortChannelId(short_channel_id(channel)?)),
        None => (text, NextHop::NodeId),
    };
    let node = hexadecimal::node(node)?;
    Ok(MessageHop { node, named: Destination::Node(node), next })
}

fn channel_end(text: &str) -> Result<Destination, String> {
    let (channel, direction) = match text.split_once('/') {
        Some((channel, "0")) => (channel, 0),
        Some((channel, "1")) => (channel, 1),
        Some(_) | None => return Err("one end of a channel is SCID/0 or SCID/1".to_owned()),
    };
    Ok(Destination::Channel { direction, short_channel_id: short_channel_id(channel)? })
}

/// Reads `BLOCKxTRANSACTIONxOUTPUT` or a plain number.
fn short_channel_id(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is no short channel id such as 800000x12x1");
    let parts: Vec<&str> = text.split('x').collect();
    match parts.as_slice() {
        [number] => number.parse().ok(),
        [block, transaction, output] => packed(block, transaction, output),
        _ => None,
    }
    .ok_or_else(wrong)
}

fn packed(block: &str, transaction: &str, output: &str) -> Option<u64> {
    let below = |text: &str, limit| text.parse::<u64>().ok().filter(|number| *number < limit);
    let (block, transaction) = (below(block, 1 << 24)?, below(transaction, 1 << 24)?);
    Some((block << 40) | (transaction << 16) | below(output, 1 << 16)?)
}

#[cfg(test)]
mod tests {
    use countersign_link::{Destination, NextHop};

    use super::{TypedPath, short_channel_id};

    const NODE: &str = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

    #[test]
    fn a_path_is_read_hop_by_hop() {
        let path: TypedPath = format!("7x8x9/1={NODE},{NODE}@0x0x1").parse().unwrap();
        let [first, last] = path.0.as_slice() else { panic!("two hops") };
        let short_channel_id = (7 << 40) | (8 << 16) | 9;
        assert_eq!(first.named, Destination::Channel { direction: 1, short_channel_id });
        assert_eq!(first.next, NextHop::NodeId);
        assert_eq!(
            (last.named, last.next),
            (Destination::Node(last.node), NextHop::ShortChannelId(1))
        );
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["", ",", "02", "1x2=", &format!("{NODE},"), &format!("1x2x3={NODE}")] {
            assert!(text.parse::<TypedPath>().is_err(), "{text}");
        }
        assert_eq!(short_channel_id("16777215x16777215x65535"), Ok(u64::MAX));
        assert!(short_channel_id("16777216x0x0").is_err());
        assert!(short_channel_id("1x2").is_err());
    }
}

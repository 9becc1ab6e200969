use core::str::FromStr;

use bitcoin::secp256k1::PublicKey;

/// A public channel between two nodes, as gossip would have told of it: `SCID=NODE_ID,NODE_ID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownChannel {
    /// Block, transaction and output in 64 bits.
    pub short_channel_id: u64,
    /// The nodes that it joins, in the order of their bytes.
    pub ends: [PublicKey; 2],
}

impl FromStr for KnownChannel {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (channel, ends) = text.split_once('=')?;
            let (one, other) = ends.split_once(',')?;
            let mut ends: [PublicKey; 2] = [one.parse().ok()?, other.parse().ok()?];
            ends.sort_unstable_by_key(PublicKey::serialize);
            Some(Self { short_channel_id: short_channel_id(channel).ok()?, ends })
        };
        read().ok_or("expected SCID=NODE_ID,NODE_ID")
    }
}

/// Reads a short channel id, as a number or as `BLOCKxTRANSACTIONxOUTPUT`.
///
/// # Errors
/// The text is neither.
pub fn short_channel_id(text: &str) -> Result<u64, &'static str> {
    let parts = || -> Option<u64> {
        let mut parts = text.split('x');
        let (block, transaction, output) = (parts.next()?, parts.next()?, parts.next()?);
        let (block, transaction) = (block.parse::<u32>().ok()?, transaction.parse::<u32>().ok()?);
        let output = output.parse::<u16>().ok()?;
        let fits = parts.next().is_none() && block < 1 << 24 && transaction < 1 << 24;
        fits.then(|| u64::from(block) << 40 | u64::from(transaction) << 16 | u64::from(output))
    };
    text.parse().ok().or_else(parts).ok_or("a short channel id is a number, or 800000x1x0")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "02eec7245d6b7d2ccb30380bfbe2a3648cd7a942653f5aa340edcea1f283686619";
    const TWO: &str = "0324653eac434488002cc06bbfb7f10fe18991e35f9fe4302dbea6d2353dc0ab1c";

    #[test]
    fn both_ways_to_write_a_short_channel_id_are_read() {
        for (text, number) in [("42", 42), ("0x0x42", 42), ("1x2x3", 1 << 40 | 2 << 16 | 3)] {
            assert_eq!(short_channel_id(text), Ok(number), "{text}");
        }
        for wrong in ["", "x", "1x2", "1x2x3x4", "16777216x0x0", "0x16777216x0", "0x0x65536"] {
            assert!(short_channel_id(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_channel_puts_its_ends_in_order() {
        let channel: KnownChannel = format!("1x2x3={TWO},{ONE}").parse().unwrap();
        assert_eq!(channel.ends.map(|end| end.to_string()), [ONE, TWO]);
        for wrong in ["42".to_owned(), format!("42={ONE}"), format!("42={ONE},03")] {
            assert!(wrong.parse::<KnownChannel>().is_err(), "{wrong}");
        }
    }
}

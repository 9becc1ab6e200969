use core::fmt;
use core::str::FromStr;

/// The 32 bytes that a peer's node id and all its other keys follow from.
///
/// It belongs to a test peer: it guards nothing, but it still is not printed.
#[derive(Clone, Copy)]
pub struct Seed(pub [u8; 32]);

impl FromStr for Seed {
    type Err = SeedError;

    fn from_str(text: &str) -> Result<Self, SeedError> {
        let mut bytes = [0; 32];
        match hex::decode_to_slice(text, &mut bytes) {
            Ok(()) => Ok(Self(bytes)),
            Err(_) => Err(SeedError),
        }
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

/// The text is not 32 bytes in hex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeedError;

impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key is 32 bytes in hex")
    }
}

impl core::error::Error for SeedError {}

//! Copies into private buffers.
//!
//! Byte by byte: `heapless` appends a slice by adding to a length in a way that only an overflow
//! check can rule out, and a check that can fail is a panic in the image.

use heapless::{String, Vec};

/// `bytes`, if there is room for them.
pub(crate) fn bytes<const N: usize>(bytes: &[u8]) -> Option<Vec<u8, N>> {
    let mut buffer = Vec::new();
    bytes.iter().try_for_each(|&byte| buffer.push(byte)).ok()?;
    Some(buffer)
}

/// `text`, if there is room for it.
pub(crate) fn text<const N: usize>(text: &str) -> Option<String<N>> {
    String::from_utf8(bytes(text.as_bytes())?).ok()
}

/// Appends `bytes`, for which there is room.
pub(crate) fn append<const N: usize>(buffer: &mut Vec<u8, N>, bytes: &[u8]) {
    let taken = bytes.iter().try_for_each(|&byte| buffer.push(byte));
    debug_assert!(taken.is_ok());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_not_copied() {
        assert_eq!(bytes::<3>(&[1, 2, 3]).as_deref(), Some(&[1, 2, 3][..]));
        assert_eq!(bytes::<3>(&[1, 2, 3, 4]), None);
        assert_eq!(text::<3>("\u{20ac}").as_deref(), Some("\u{20ac}"));
        assert_eq!(text::<2>("\u{20ac}"), None);
    }
}

/// A bitmap of features: bit 0 is the lowest bit of the last byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features<'a>(&'a [u8]);

impl<'a> Features<'a> {
    /// `invoice_features`: the payer must pay in parts.
    pub const MPP_COMPULSORY: u32 = 16;
    /// `invoice_features`: the payer may pay in parts.
    pub const MPP_OPTIONAL: u32 = 17;

    /// Takes the bytes of the bitmap.
    #[must_use]
    pub const fn new(bitmap: &'a [u8]) -> Self {
        Self(bitmap)
    }

    /// The bytes of the bitmap.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.0
    }

    /// The positions of the bits that are set, in ascending order.
    pub fn bits(&self) -> impl Iterator<Item = u32> + 'a {
        self.0.iter().rev().zip(0..u32::MAX).flat_map(|(&byte, place)| {
            (0..u8::BITS).filter(move |&bit| byte.unbounded_shr(bit) & 1 == 1).map(move |bit| {
                // A record is shorter than 2²⁹ bytes, so this saturates on no real bitmap.
                place.saturating_mul(8).saturating_add(bit)
            })
        })
    }

    /// Whether the bit at `position` is set.
    #[must_use]
    pub fn has(&self, position: u32) -> bool {
        self.bits().any(|bit| bit == position)
    }

    /// Whether a bit of an even position is set that is not among `known`: whoever reads this must
    /// refuse, while an odd one is to be ignored.
    #[must_use]
    pub fn requires_other_than(&self, known: &[u32]) -> bool {
        self.bits().any(|bit| bit.is_multiple_of(2) && !known.contains(&bit))
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::vec::Vec;

    use super::Features;

    #[test]
    fn bits_count_from_the_last_byte() {
        let features = Features::new(&[0x80, 0x00, 0x01]);
        assert_eq!(features.bits().collect::<Vec<_>>(), [0, 23]);
        assert!(features.has(23) && !features.has(22));
    }

    #[test]
    fn only_an_even_bit_is_required() {
        // R-IR-03, R-OR-01, R-VR-01
        assert!(!Features::new(&[]).requires_other_than(&[]));
        assert!(!Features::new(&[0xaa, 0xaa]).requires_other_than(&[]));
        assert!(Features::new(&[0x40, 0x00]).requires_other_than(&[]));
        let mpp = Features::new(&[0x03, 0x00, 0x00]);
        assert!(!mpp.requires_other_than(&[Features::MPP_COMPULSORY]));
        assert!(mpp.requires_other_than(&[]));
        assert!(mpp.has(Features::MPP_OPTIONAL));
    }
}

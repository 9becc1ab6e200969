use core::num::NonZeroU16;

use countersign_tlv::bigsize_len;

use crate::{CreateError, Field};

/// How long the data of a path's hops are made before they are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// As long as they are: a sender can tell hops apart by their lengths.
    None,
    /// All as long as the longest (R-BP-03).
    Equal,
    /// All equally long, and a multiple of so many bytes.
    EqualMultipleOf(NonZeroU16),
}

/// No padding record is so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unfillable;

impl Padding {
    /// The length to which all of `lens` are to be padded, if they are.
    pub(crate) fn target(
        self,
        lens: &(impl Iterator<Item = usize> + Clone),
    ) -> Result<Option<usize>, CreateError> {
        let step = match self {
            Self::None => return Ok(None),
            Self::Equal => 1,
            Self::EqualMultipleOf(step) => usize::from(step.get()),
        };
        let longest = lens.clone().max().unwrap_or(0);
        if longest > u16::MAX.into() {
            return Err(CreateError::TooLong);
        }
        let mut target = longest.checked_next_multiple_of(step).ok_or(CreateError::TooLong)?;
        // Five gaps cannot be filled, so each hop raises the target five times at most.
        while lens.clone().any(|len| fill(target.saturating_sub(len)).is_err()) {
            target = target.checked_add(step).ok_or(CreateError::TooLong)?;
        }
        Ok(Some(target))
    }
}

/// Length of the value with which a padding record fills `gap` bytes; no record fills none.
///
/// A record has a type and a length, so it fills at least 2 bytes; and when its value outgrows a
/// length of one byte, the next length takes three, so that 255 and 256 cannot be filled either,
/// and so once more at 65,540.
pub(crate) fn fill(gap: usize) -> Result<Option<usize>, Unfillable> {
    if gap == 0 {
        return Ok(None);
    }
    let after_type = gap.checked_sub(bigsize_len(Field::Padding.number())).ok_or(Unfillable)?;
    [1, 3, 5]
        .into_iter()
        .filter_map(|len_len| Some((len_len, after_type.checked_sub(len_len)?)))
        .find(|&(len_len, len)| u64::try_from(len).is_ok_and(|len| bigsize_len(len) == len_len))
        .map(|(_, len)| Some(len))
        .ok_or(Unfillable)
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::{vec, vec::Vec};

    use countersign_tlv::Writer;

    use super::{Padding, fill};
    use crate::EncryptedDataTlv;

    fn target(padding: Padding, lens: &[usize]) -> usize {
        padding.target(&lens.iter().copied()).unwrap().unwrap()
    }

    #[test]
    fn every_gap_but_three_is_filled_exactly() {
        // R-BP-03
        let unfillable: Vec<_> = (0..1000).filter(|&gap| fill(gap).is_err()).collect();
        assert_eq!(unfillable, [1, 255, 256]);
        for gap in (0..1000).filter(|gap| !unfillable.contains(gap)) {
            let mut buffer = vec![0xff; 1000];
            let mut writer = Writer::new(&mut buffer);
            EncryptedDataTlv::default().write(fill(gap).unwrap(), &mut writer).unwrap();
            assert_eq!(writer.len(), gap);
        }
        let beyond: Vec<_> = (1000..200_000).filter(|&gap| fill(gap).is_err()).collect();
        assert_eq!(beyond, [65_540, 65_541]);
    }

    #[test]
    fn a_gap_that_cannot_be_filled_raises_every_hop() {
        // R-BP-03
        assert_eq!(target(Padding::Equal, &[]), 0);
        assert_eq!(target(Padding::Equal, &[51, 51]), 51);
        assert_eq!(target(Padding::Equal, &[51, 49]), 51);
        assert_eq!(target(Padding::Equal, &[51, 50]), 53);
        assert_eq!(target(Padding::Equal, &[51, 50, 49]), 53);
        assert_eq!(target(Padding::Equal, &[300, 45]), 302);
        assert_eq!(target(Padding::Equal, &[300, 44]), 302);
        assert_eq!(target(Padding::Equal, &[300, 44, 43]), 302);
        assert_eq!(target(Padding::Equal, &[300, 43]), 300);
    }

    #[test]
    fn a_multiple_stays_one_however_far_it_is_raised() {
        let to = |step| Padding::EqualMultipleOf(core::num::NonZeroU16::new(step).unwrap());
        assert_eq!(target(to(30), &[51, 35]), 60);
        assert_eq!(target(to(30), &[60, 60]), 60);
        assert_eq!(target(to(30), &[60, 59]), 90);
        assert_eq!(target(to(1), &[51, 50]), 53);
        assert_eq!(Padding::None.target(&[51, 50].into_iter()), Ok(None));
    }
}

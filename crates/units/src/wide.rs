//! Products and quotients of up to 128 bits.
//!
//! A processor of 32 bits takes hundreds of bytes of code for each, so each is a function that is
//! never inlined.

/// Fees, shares and tolerances are in millionths.
pub const MILLION: u64 = 1_000_000;

/// `number` times `factor`; [`u128::MAX`] if it does not fit.
#[inline(never)]
#[must_use]
pub fn product(number: u128, factor: u64) -> u128 {
    number.saturating_mul(factor.into())
}

/// `number` by `divisor`, rounded down; `None` by zero.
#[inline(never)]
#[must_use]
pub fn quotient(number: u128, divisor: u64) -> Option<u128> {
    number.checked_div(divisor.into())
}

/// `number` by `divisor`, rounded up; `None` by zero, and if `number + divisor - 1` does not fit.
#[inline(never)]
#[must_use]
pub fn quotient_up(number: u128, divisor: u64) -> Option<u128> {
    // The standard library's would keep two divisions and their panics.
    quotient(number.checked_add(divisor.checked_sub(1)?.into())?, divisor)
}

#[cfg(test)]
mod tests {
    use super::{product, quotient, quotient_up};

    #[test]
    fn a_product_is_exact_or_the_largest_number() {
        assert_eq!(product(u64::MAX.into(), u64::MAX), u128::from(u64::MAX).pow(2));
        assert_eq!(product(u128::MAX, 1), u128::MAX);
        assert_eq!(product(u128::MAX, 2), u128::MAX);
        assert_eq!(product(u128::MAX, 0), 0);
    }

    #[test]
    fn a_quotient_is_rounded_as_its_name_says() {
        assert_eq!((quotient(7, 2), quotient_up(7, 2)), (Some(3), Some(4)));
        assert_eq!((quotient(8, 2), quotient_up(8, 2)), (Some(4), Some(4)));
        assert_eq!((quotient(0, 1), quotient_up(0, 1)), (Some(0), Some(0)));
        assert_eq!((quotient(1, 0), quotient_up(1, 0)), (None, None));
        assert_eq!(quotient(u128::MAX, u64::MAX), Some((1 << 64) + 1));
        assert_eq!(quotient_up(u128::MAX, 1), Some(u128::MAX));
        assert_eq!(quotient_up(u128::MAX, 2), None);
    }
}

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
    if divisor == 0 {
        return None;
    }
    // Long division, bit by bit: the compiler's own is seven times as large.
    let mut number = number;
    let mut rest = 0;
    for _ in 0..u128::BITS {
        // The number's highest bit moves into the rest, and a bit of the quotient into its place.
        let beyond = rest > u64::MAX >> 1;
        rest = rest << 1 | u64::from(number > u128::MAX >> 1);
        number <<= 1;
        if beyond || rest >= divisor {
            rest = rest.wrapping_sub(divisor);
            number |= 1;
        }
    }
    Some(number)
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
    use proptest::prelude::*;

    use super::{product, quotient, quotient_up};

    proptest! {
        #[test]
        fn a_quotient_is_the_compilers(
            high in any::<u64>(),
            low in any::<u64>(),
            divisor in any::<u64>(),
            shifts in (0u32..128, 0u32..64),
        ) {
            let number = (u128::from(high) << 64 | u128::from(low)) >> shifts.0;
            let divisor = divisor >> shifts.1;
            prop_assert_eq!(quotient(number, divisor), number.checked_div(divisor.into()));
        }
    }

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

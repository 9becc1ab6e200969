//! Products of scalars, modulo the order of the curve.
//!
//! libsecp256k1 writes out each of their 64 products of words, and each of another 60 that reduce
//! them: 5 KB on a Cortex-M0+. These are loops, over words that do not depend on the numbers.

/// 2^256 less the order of the curve, in words, the lowest first.
const COMPLEMENT: [u32; 5] = [0x2fc9_bebf, 0x402d_a173, 0x50b7_5fc4, 0x4551_2319, 1];

/// Writes `first * second` to `product`, all in words, the lowest first. libsecp256k1 is led here by
/// `include/countersign_small.h`.
#[expect(unsafe_code, reason = "a name that C calls")]
#[unsafe(no_mangle)]
pub extern "C" fn countersign_scalar_product(
    product: &mut [u32; 16],
    first: &[u32; 8],
    second: &[u32; 8],
) {
    product.fill(0);
    add_product(product, first, second);
}

/// Writes `product` modulo the order to `remainder`, all in words, the lowest first.
#[expect(unsafe_code, reason = "a name that C calls")]
#[unsafe(no_mangle)]
pub extern "C" fn countersign_scalar_remainder(remainder: &mut [u32; 8], product: &[u32; 16]) {
    let mut sum = *product;
    // What is from 2^256 on counts its complement to the order. It has 256 bits, then 130, then 4, and
    // then the sum is less than twice the order.
    for words in [8, 5, 1] {
        let mut high = [0; 8];
        for (place, word) in high.iter_mut().zip(sum.iter_mut().skip(8)).take(words) {
            *place = core::mem::take(word);
        }
        add_product(&mut sum, high.get(..words).unwrap_or_default(), &COMPLEMENT);
    }
    // The order is subtracted if that leaves something: what is added then reaches 2^256.
    let mut less = sum;
    add_product(&mut less, &[1], &COMPLEMENT);
    let is_less = less.get(8).map_or(0, |&word| 0_u32.wrapping_sub(word));
    for ((place, word), less) in remainder.iter_mut().zip(&sum).zip(&less) {
        *place = word & !is_less | less & is_less;
    }
}

/// Adds `first * second` to `sum`, modulo its length.
fn add_product(sum: &mut [u32; 16], first: &[u32], second: &[u32]) {
    let mut rest = sum.as_mut_slice();
    for &word in first {
        let mut carry = 0_u64;
        let mut others = second.iter();
        for place in &mut *rest {
            let other = others.next().map_or(0, |&other| u64::from(other));
            // All three together are less than 2^64.
            let product = u64::from(word).wrapping_mul(other);
            let sum = carry.wrapping_add((*place).into()).wrapping_add(product);
            carry = sum >> 32;
            *place = low(sum);
        }
        rest = rest.split_first_mut().map_or(&mut [], |(_, rest)| rest);
    }
}

/// The low word of a number.
fn low(number: u64) -> u32 {
    let [a, b, c, d, ..] = number.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

//! Multiplication and squaring in the field of the curve, on a Cortex-M0+.
//!
//! libsecp256k1's own takes a hundred products of 32 by 32 bits to 64, which the processor has no
//! instruction for, and is written out in 5.8 KB. It can be left to somebody else
//! (`USE_EXTERNAL_ASM`). Here a limb of 26 bits is two digits of 13, so that a whole column of
//! products of digits fits into a register, and everything is a loop. No branch and no address
//! depends on a number, so the time says nothing about it.

#![expect(unsafe_code, reason = "functions in assembly")]

/// Limbs of 26 bits of a field element, the lowest first; up to 30 bits each before they are
/// multiplied (magnitude 8), and at most one over 26 after it.
type Element = [u32; 10];

unsafe extern "C" {
    /// Writes `first * second` to `product`, which may be where a factor is.
    fn countersign_field_product(product: *mut u32, first: *const u32, second: *const u32);

    /// Writes `root * root` to `square`, which may be where it is.
    fn countersign_field_square(square: *mut u32, root: *const u32);
}

/// The product of two field elements, as libsecp256k1 computes it in this image.
#[must_use]
pub fn product(first: &Element, second: &Element) -> Element {
    let mut product = [0; 10];
    // SAFETY: it reads ten words of each factor and writes ten.
    unsafe {
        countersign_field_product(product.as_mut_ptr(), first.as_ptr(), second.as_ptr());
    }
    product
}

/// The square of a field element, as libsecp256k1 computes it in this image.
#[must_use]
pub fn square(root: &Element) -> Element {
    let mut square = [0; 10];
    // SAFETY: it reads ten words and writes ten.
    unsafe { countersign_field_square(square.as_mut_ptr(), root.as_ptr()) };
    square
}

// On the stack, in words: 20 digits of the first factor, the lowest first; ten pairs of digits of the
// second, the highest pair first; and the low half of the product. Its high half takes the place of
// the first factor's digits, each when it has been used for the last time.
core::arch::global_asm!(
    ".pushsection .text.countersign_field_product, \"ax\", %progbits",
    ".syntax unified",
    ".thumb_func",
    ".type countersign_field_square, %function",
    ".global countersign_field_square",
    ".balign 4",
    "countersign_field_square:",
    "movs r2, r1",
    "movs r3, #1",
    "b 1f",
    ".thumb_func",
    ".type countersign_field_product, %function",
    ".global countersign_field_product",
    "countersign_field_product:",
    "movs r3, #0",
    "1:",
    "push {{r0, r4, r5, r6, r7, lr}}",
    "mov r4, r8",
    "mov r5, r9",
    "mov r6, r10",
    "mov r7, r11",
    "push {{r3, r4, r5, r6, r7}}",
    "sub sp, #240",
    // The digits of both factors.
    "movs r0, r2",
    "mov r2, sp",
    "movs r3, #8",
    "bl 8f",
    "movs r1, r0",
    "add r2, sp, #152",
    "movs r3, #0",
    "subs r3, #8",
    "bl 8f",
    // Columns: r12 is 8 times the column's number, and r11 what the columns before it carry.
    "movs r6, #0",
    "mov r11, r6",
    "2:",
    "mov r12, r6",
    // From r0 on are the first factor's digits, up to r7; from r1 on the second's.
    "mov r0, sp",
    "add r1, sp, #80",
    "adds r0, r6",
    "subs r0, #72",
    "movs r7, r1",
    "cmp r6, #72",
    "bhs 3f",
    "mov r0, sp",
    "adds r1, #72",
    "subs r1, r6",
    "movs r7, r0",
    "adds r7, r6",
    "adds r7, #8",
    "3:",
    "movs r6, #0",
    "mov r8, r6",
    "mov r9, r6",
    "mov r10, r6",
    // A square has all but its middle product twice: the first half of them is enough.
    "ldr r6, [sp, #240]",
    "mov lr, r6",
    "cmp r6, #0",
    "beq 5f",
    "subs r7, r0",
    "lsrs r7, #4",
    "lsls r7, #3",
    "adds r7, r0",
    "b 5f",
    "4:",
    "ldmia r0!, {{r2, r3}}",
    "ldmia r1!, {{r4, r5}}",
    "movs r6, r2",
    "muls r6, r4",
    "add r8, r6",
    "muls r2, r5",
    "add r9, r2",
    "muls r4, r3",
    "add r9, r4",
    "muls r3, r5",
    "add r10, r3",
    "5:",
    "cmp r0, r7",
    "bne 4b",
    "mov r6, lr",
    "cmp r6, #0",
    "beq 6f",
    "add r8, r8",
    "add r9, r9",
    "add r10, r10",
    "movs r6, #0",
    "mov lr, r6",
    // Columns of an even number have a middle.
    "mov r6, r12",
    "lsls r6, #28",
    "bmi 6f",
    "adds r7, #8",
    "b 4b",
    "6:",
    // Two digits of the product.
    "mov r2, r11",
    "add r2, r8",
    "lsls r3, r2, #19",
    "lsrs r3, #19",
    "lsrs r2, #13",
    "add r2, r9",
    "lsls r4, r2, #19",
    "lsrs r4, #19",
    "lsrs r2, #13",
    "add r2, r10",
    "mov r11, r2",
    "mov r6, r12",
    "add r5, sp, #160",
    "adds r5, r6",
    "cmp r6, #72",
    "bls 7f",
    "subs r5, #240",
    "7:",
    "stmia r5!, {{r3, r4}}",
    "adds r6, #8",
    "cmp r6, #160",
    "bne 2b",
    // 2^260 is 2^36 + 0x3d10: digits 0x1d10, 1 and 0x400. The high half is added times that.
    "mov r0, sp",
    "add r1, sp, #160",
    "mov r8, r1",
    "movs r2, #0",
    "movs r3, #0",
    "movs r4, #0",
    "movs r5, #0xd1",
    "lsls r5, #4",
    "movs r6, #1",
    "lsls r6, #12",
    "adds r5, r6",
    "2:",
    "ldmia r0!, {{r7}}",
    "ldr r6, [r1]",
    "adds r2, r6",
    "movs r6, r7",
    "muls r6, r5",
    "adds r2, r6",
    "adds r2, r3",
    "lsls r6, r4, #10",
    "adds r2, r6",
    "movs r4, r3",
    "movs r3, r7",
    "lsls r6, r2, #19",
    "lsrs r6, #19",
    "stmia r1!, {{r6}}",
    "lsrs r2, #13",
    "add r6, sp, #80",
    "cmp r0, r6",
    "bne 2b",
    // What is from 2^260 on now: r6, 13 bits of it, and r2.
    "lsls r4, #10",
    "adds r2, r4",
    "adds r2, r3",
    "lsls r6, r2, #19",
    "lsrs r6, #19",
    "lsrs r2, #13",
    "lsls r3, #10",
    "adds r2, r3",
    // What is from 2^256 on, and out of the product: digits r5, r6 and r4.
    "subs r1, #4",
    "ldr r4, [r1]",
    "lsrs r5, r4, #9",
    "lsls r4, #23",
    "lsrs r4, #23",
    "str r4, [r1]",
    "lsls r4, r6, #23",
    "lsrs r4, #19",
    "adds r5, r4",
    "lsrs r6, #9",
    "lsls r2, #4",
    "adds r6, r2",
    "lsrs r4, r6, #13",
    "lsls r6, #19",
    "lsrs r6, #19",
    // 2^256 is 2^32 + 0x3d1: digits 0x3d1, 0 and 0x40.
    "mov r1, r8",
    "movs r3, #0xf4",
    "lsls r3, #2",
    "adds r3, #1",
    "ldr r7, [r1, #0]",
    "movs r2, r5",
    "muls r2, r3",
    "adds r7, r2",
    "str r7, [r1, #0]",
    "ldr r7, [r1, #4]",
    "movs r2, r6",
    "muls r2, r3",
    "adds r7, r2",
    "str r7, [r1, #4]",
    "ldr r7, [r1, #8]",
    "muls r3, r4",
    "adds r7, r3",
    "lsls r5, #6",
    "adds r7, r5",
    "str r7, [r1, #8]",
    "ldr r7, [r1, #12]",
    "lsls r6, #6",
    "adds r7, r6",
    "str r7, [r1, #12]",
    "ldr r7, [r1, #16]",
    "lsls r4, #6",
    "adds r7, r4",
    "str r7, [r1, #16]",
    // Limbs, of two digits each.
    "ldr r0, [sp, #260]",
    "movs r2, #0",
    "movs r3, #10",
    "2:",
    "ldmia r1!, {{r4, r5}}",
    "adds r4, r2",
    "lsls r6, r4, #19",
    "lsrs r6, #19",
    "lsrs r4, #13",
    "adds r5, r4",
    "lsls r7, r5, #19",
    "lsrs r7, #6",
    "adds r6, r7",
    "stmia r0!, {{r6}}",
    "lsrs r2, r5, #13",
    "subs r3, #1",
    "bne 2b",
    "add sp, #240",
    "pop {{r3, r4, r5, r6, r7}}",
    "mov r8, r4",
    "mov r9, r5",
    "mov r10, r6",
    "mov r11, r7",
    "pop {{r0, r4, r5, r6, r7, pc}}",
    // The digits of the limbs from r1 on, to r2 on, a pair every r3 bytes.
    "8:",
    "movs r4, #0",
    "movs r5, #10",
    "9:",
    "ldmia r1!, {{r6}}",
    "adds r6, r4",
    "lsls r7, r6, #19",
    "lsrs r7, #19",
    "str r7, [r2, #0]",
    "lsls r7, r6, #6",
    "lsrs r7, #19",
    "str r7, [r2, #4]",
    "lsrs r4, r6, #26",
    "adds r2, r3",
    "subs r5, #1",
    "bne 9b",
    "bx lr",
    ".size countersign_field_product, . - countersign_field_product",
    ".popsection",
);

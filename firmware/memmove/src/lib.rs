//! Copying memory onto itself, byte by byte. What is taken out of the middle of a list is short, and
//! the compiler's own function, which takes whole words wherever they lie, is 0.7 KB. An image links
//! this crate by naming it.

#![no_std]
#![expect(unsafe_code, reason = "a function in assembly")]

// The names are the run-time ABI's for Arm. It begins at the end where the other way would overwrite
// what is still to be copied.
core::arch::global_asm!(
    ".pushsection .text.__aeabi_memmove, \"ax\", %progbits",
    ".syntax unified",
    ".thumb_func",
    ".type __aeabi_memmove, %function",
    ".global __aeabi_memmove, __aeabi_memmove4, __aeabi_memmove8",
    ".balign 4",
    "__aeabi_memmove:",
    ".thumb_set __aeabi_memmove4, __aeabi_memmove",
    ".thumb_set __aeabi_memmove8, __aeabi_memmove",
    "push {{r4, lr}}",
    "movs r3, #0",
    "cmp r0, r1",
    "bls 2f",
    "1:",
    "subs r2, #1",
    "bmi 3f",
    "ldrb r4, [r1, r2]",
    "strb r4, [r0, r2]",
    "b 1b",
    "2:",
    "cmp r3, r2",
    "bhs 3f",
    "ldrb r4, [r1, r3]",
    "strb r4, [r0, r3]",
    "adds r3, #1",
    "b 2b",
    "3:",
    "pop {{r4, pc}}",
    ".size __aeabi_memmove, . - __aeabi_memmove",
    ".popsection",
);

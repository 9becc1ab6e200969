//! What libsecp256k1 is given on a board: a SHA-256 that is small and, where the processor has no
//! instruction for it, a product of two 64-bit numbers. An image links this crate by naming it.

#![no_std]

#[cfg(all(target_arch = "arm", target_abi = "eabi"))]
mod product;
mod sha256;

//! What libsecp256k1 is given on a board: a SHA-256 and products of scalars that are small and, where
//! the processor has no instruction for long products, arithmetic in the field of the curve. An image
//! links this crate by naming it.

#![no_std]

#[cfg(all(target_arch = "arm", target_abi = "eabi"))]
pub mod field;
pub mod scalar;
mod sha256;

//! The whole public interface of every portable crate, as functions to link.
//!
//! Each module lists one crate's functions by their addresses. An address that escapes keeps its
//! function in the image, compiled for arguments of which nothing is known: stronger than any
//! call. `cargo xtask no-panic` compares these lists with the crates' sources, so that a function
//! cannot be forgotten.

#![no_std]
#![forbid(unsafe_code)]
#![expect(
    clippy::as_conversions,
    reason = "a function's address is had by `as` only, and is never used as a number"
)]

mod blinding;
mod crypto;
mod link;
mod mnemonic;
mod offers;
mod onion;
mod policy;
mod signer;
mod tlv;
mod units;

pub use blinding::blinding;
pub use crypto::crypto;
pub use link::link;
pub use mnemonic::mnemonic;
pub use offers::offers;
pub use onion::onion;
pub use policy::policy;
pub use signer::signer;
pub use tlv::tlv;
pub use units::units;

/// Everything at once.
pub fn everything() {
    units();
    tlv();
    crypto();
    mnemonic();
    blinding();
    onion();
    offers();
    policy();
    link();
    signer();
}

/// Lets the functions escape to where the optimiser cannot follow.
fn keep<const N: usize>(functions: [*const (); N]) {
    core::hint::black_box(functions);
}

/// Lets everything that an iterator yields escape.
fn walk<T>(items: impl Iterator<Item = T>) {
    items.for_each(|item| {
        core::hint::black_box(item);
    });
}

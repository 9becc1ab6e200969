//! What the promise tests and the fuzzers share: property bodies and the loader of the
//! specification's test vectors.

pub mod dearest;
pub mod htlc;
pub mod merchant;
pub mod model;
pub mod onion;
pub mod other_firmware;
pub mod payer;
pub mod properties;
pub mod prover;
pub mod records;
pub mod scene;
pub mod shop;
pub mod vectors;

//! LDK beside our crates, on the same bytes.
//!
//! Two things live here: a corpus of generated and mutated messages, and LDK as the oracle that
//! judges them ([`ldk`]), builds onions and peels them ([`node`]). The tests put our crates beside it.
//! It refuses to know which of the two is right: where they differ, [`deviation`] names the rule and
//! the sentence of the specification that decides it, and nothing else may differ.

pub mod comparison;
pub mod corpus;
pub mod deviation;
pub mod keyring;
pub mod ldk;
pub mod merkle;
pub mod mutation;
pub mod our_node;
pub mod ours;
pub mod payment;
pub mod records;
pub mod shape;
pub mod text;
pub mod verdict;

pub use countersign_ldk_node::{dice, node};

//! BOLT 12: offers, invoice requests, invoices, refunds and what surrounds them.
//!
//! Bytes become a typed message that borrows from them and has passed every check that needs
//! nothing but the message; checks that need the time, our chain or our keys are steps of their own,
//! each of which yields the value that proves it. An invoice is written around the request that it
//! answers, record by record, without a copy of either.
//!
//! The crate knows no onion and no transport, keeps no state, and decides nothing that is the
//! merchant's to decide.
//!
//! Specification: BOLT 12. Deviations and refinements: `DECISIONS.md`.

#![no_std]
#![forbid(unsafe_code)]

mod bip353;
mod error;
mod escape;
mod field;
pub mod invoice_error;
mod merkle;
pub mod text;

pub use bip353::Bip353Name;
pub use error::{Invalid, Rejected};
pub use escape::{Excerpt, Untrusted};
pub use field::Field;
pub use invoice_error::InvoiceError;
pub use merkle::{MerkleRoot, MerkleTree, Signed};

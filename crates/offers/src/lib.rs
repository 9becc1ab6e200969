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

mod amount;
mod authentic;
mod bip353;
pub mod capacity;
mod chain;
mod error;
mod escape;
mod features;
mod field;
mod invoice;
pub mod invoice_error;
mod invoice_request;
mod keys;
mod merkle;
mod offer;
mod payer_proof;
mod refund;
pub mod text;
mod value;

pub use amount::{Amount, Currency, Rate};
pub use authentic::Authentic;
pub use bip353::Bip353Name;
pub use chain::{ChainHash, Chains};
pub use error::Unwritable;
pub use error::{Invalid, Rejected};
pub use escape::{Excerpt, Untrusted};
pub use features::Features;
pub use field::Field;
pub use invoice::{
    Answerable, Arrival, CheckedInvoice, FallbackAddress, Fallbacks, Invoice, InvoiceFields,
    InvoiceTerms, InvoiceWriter, PaymentParts, SignedInvoice, UnsignedInvoice,
};
pub use invoice_error::InvoiceError;
pub use invoice_request::{
    CheckedRequest, Here, InvoiceRequest, InvoiceRequestFields, OurRequest, Price, RequestTerms,
    Suspended,
};
pub use keys::{Identity, NONCE_LEN, Nonce, NotOurs, OfferKeys, PATH_ID_LEN, PathId, PathPurpose};
pub use merkle::{MerkleRoot, MerkleTree, Signed};
pub use offer::{Offer, OfferFields, OfferTerms, PayableOffer, QuantityMax};
pub use payer_proof::{PayerProof, PayerProofFields};
pub use refund::{CheckedRefund, Refund, RefundTerms};

//! BOLT 1: `BigSize`, truncated integers and TLV streams over borrowed bytes.
//!
//! Bytes become a [`TlvStream`] once; after that no walk over its records can fail. Every record
//! keeps its raw bytes, because BOLT 12 signs and mirrors records that a reader does not know.
//! Writing goes into a buffer of the caller's.
//!
//! The crate knows no record by its number: which types a message has, and which unknown ones are
//! fatal, is for the crate of that message to say ([`Record::is_even`]).
//!
//! Specification: BOLT 1 §Type-Length-Value Format, §Fundamental Types, Appendix A and B.

#![no_std]
#![forbid(unsafe_code)]

mod error;
mod reader;
mod stream;
mod writer;

pub use error::{DecodeError, Malformed};
pub use reader::Reader;
pub use stream::{Record, Records, TlvStream};
pub use writer::{Full, Writer, bigsize_len, record_len, tu64_len};

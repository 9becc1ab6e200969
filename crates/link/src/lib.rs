//! What host and device say to each other, and its framing.
//!
//! The same crate is used at both ends. It knows no transport: bytes from a serial port, a socket
//! or a test go into a [`FrameDecoder`], and a [`FrameEncoder`] makes the bytes that go out.
//! `PROTOCOL.md` says everything that a client in another language needs.
//!
//! ```
//! use countersign_link::{FrameDecoder, FrameEncoder, Message, Reply, Request};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (mut host, mut device) = (FrameEncoder::new(), FrameDecoder::new());
//! let mut wire = host.encode(7, &Message { id: 1, body: Request::Ping })?;
//! let frame = device.next(&mut wire).expect("a whole frame")?;
//! assert_eq!(frame.sequence, 7);
//! assert_eq!(frame.message::<Request>()?, Message { id: 1, body: Request::Ping });
//! # assert!(frame.message::<Reply>().is_err());
//! # Ok(())
//! # }
//! ```

#![no_std]
#![forbid(unsafe_code)]

mod assembler;
mod bytes;
mod code;
mod course;
mod decoder;
mod encoder;
mod frame;
mod message;
mod packed;
mod reader;
mod records;
mod reply;
mod request;
mod room;

pub use assembler::{Assembler, AssemblyError, Placed};
pub use bytes::{Bytes, Chunk, NodeId, Secret};
pub use code::Code;
pub use decoder::FrameDecoder;
pub use encoder::{EncodeError, FrameEncoder};
pub use frame::{
    Frame, FrameError, MAX_BODY, MAX_FRAME, MAX_WIRE, SHORT_FRAME, SHORT_WIRE, VERSION,
};
pub use message::{Body, BodyError, Kind, Message};
pub use packed::{Malformed, Packed, Packer};
pub use records::{
    Destination, ErrorForm, LogRecord, MessageHop, Network, NextHop, OfferEntry, Padding, Part,
    PaymentHop, Price, PromptLine, ResetReason, RuleChange, RuleValue, Seal, SeedAtRest, Source,
    Standing, State, Summary,
};
pub use reply::{
    Capacities, ErrorReply, HelloAck, Info, NeedPaymentPaths, Outgoing, Pay, Reply, Status,
};
pub use request::{
    ClaimRequest, NewOffer, OfferRequest, OnionRequest, PairRequest, PathsRequest, Provision,
    RefundRequest, Request, RulesRequest, Urgent,
};

/// The protocol's version, in [`Request::Hello`] and [`HelloAck`].
pub const PROTOCOL: u16 = 1;

/// The most bytes that a [`Chunk`] carries.
pub const MAX_CHUNK: usize = 600;

/// How many chunks the device takes before it answers with [`Reply::Credits`].
pub const WINDOW: u8 = 4;

/// How long the next frame of a request may take, in milliseconds; after that the request is lost.
pub const INTER_CHUNK_MS: u32 = 500;

/// How often a busy device says so at least, in milliseconds ([`Reply::Busy`]).
pub const BUSY_MS: u32 = 250;

//! What host and device say to each other, and its framing.
//!
//! The same crate is used at both ends. It knows no transport: bytes from a serial port, a socket
//! or a test go into a [`FrameDecoder`], and a [`FrameEncoder`] makes the bytes that go out.
//! `PROTOCOL.md` says everything that a client in another language needs.

#![no_std]
#![forbid(unsafe_code)]

mod assembler;
mod bytes;
mod code;
mod decoder;
mod encoder;
mod frame;
mod message;

pub use assembler::{Assembler, AssemblyError, Placed};
pub use bytes::{Bytes, Chunk, NodeId, Secret};
pub use code::Code;
pub use decoder::FrameDecoder;
pub use encoder::{EncodeError, FrameEncoder};
pub use frame::{Frame, FrameError, MAX_BODY, MAX_FRAME, MAX_WIRE, VERSION};
pub use message::{Body, BodyError, Kind, Message};

/// The protocol's version.
pub const PROTOCOL: u16 = 1;

/// The most bytes that a [`Chunk`] carries.
pub const MAX_CHUNK: usize = 960;

/// How many chunks the device takes before it answers with credits.
pub const WINDOW: u8 = 4;

/// How long the next frame of a request may take, in milliseconds; after that the request is lost.
pub const INTER_CHUNK_MS: u32 = 500;

/// How often a busy device says so at least, in milliseconds.
pub const BUSY_MS: u32 = 250;

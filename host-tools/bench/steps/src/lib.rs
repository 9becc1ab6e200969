//! What is measured, and the bytes that it is measured on: the same on a computer and on a board.
//!
//! It refuses to know who does it: `countersign-bench-ours` and `countersign-bench-ldk` do.

#![no_std]

use serde::{Deserialize, Serialize};

/// When every invoice is made, in seconds since 1970.
pub const CREATED_AT: u64 = 1_760_000_000;
/// Bytes of the largest onion message packet.
pub const LARGEST_PACKET: usize = 32_834;
/// Most bytes of [`Inputs`] as they are handed to a board.
pub const INPUTS_BYTES: usize = 48 * 1_024;

/// One thing to do, from the bytes of a request to those of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Task {
    /// Peeling our layer of a packet.
    Peel,
    /// Parsing an `invoice_request` and verifying its signature.
    Request,
    /// Deriving the offer's key again from the request's records.
    OfferCheck,
    /// Blinding a payment path of two hops.
    PaymentPath,
    /// Peeling the recipient's layer of a payment onion that came over a blinded path, and opening
    /// what the path holds for them.
    PaymentOnion,
    /// Writing an invoice, signing it, and verifying the signature.
    Invoice,
    /// Building the onion of a reply.
    Reply,
    /// All of it, from the bytes of a request to the bytes of a reply.
    Whole,
}

/// What a merchant does a task with. Made on a computer, where the payer and the other nodes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs<'b> {
    /// What is done.
    pub task: Task,
    /// The merchant's node key.
    pub secret: [u8; 32],
    /// The id of the node before the merchant.
    pub relay: &'b [u8],
    /// An onion message for the merchant as a peer sends it: type, path key, length, packet.
    pub message: &'b [u8],
    /// An `invoice_request`.
    pub request: &'b [u8],
    /// Where a reply goes.
    pub reply_path: &'b [u8],
    /// Bytes of the reply's packet.
    pub reply_bytes: u32,
    /// A payment for the merchant.
    pub payment: Payment<'b>,
}

/// A payment on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment<'b> {
    /// The onion's packet.
    pub onion: &'b [u8],
    /// The path key beside it.
    pub path_key: &'b [u8],
    /// The payment hash.
    pub hash: [u8; 32],
    /// The HTLC's amount, in millisatoshis.
    pub amount: u64,
    /// The height at which the HTLC expires.
    pub expiry: u32,
}

impl<'b> Inputs<'b> {
    /// Reads what [`Inputs::write`] wrote; `None` when it is something else.
    #[must_use]
    pub fn read(bytes: &'b [u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }

    /// Writes the inputs at the front of `space`; `None` when they are longer than that.
    #[must_use]
    pub fn write<'s>(&self, space: &'s mut [u8; INPUTS_BYTES]) -> Option<&'s [u8]> {
        postcard::to_slice(self, space).ok().map(|written| &*written)
    }
}

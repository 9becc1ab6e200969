//! Every size of the crate, in bytes unless it says otherwise.

/// A packet's version byte and its public key: what precedes the payloads.
pub const HEADER_LEN: usize = 1 + 33;

/// A MAC: behind the payloads of a packet, and behind each payload in them.
pub const HMAC_LEN: usize = 32;

/// What a packet adds to its payloads.
pub const PACKET_OVERHEAD: usize = HEADER_LEN + HMAC_LEN;

/// The least that can be a layer: a length of one byte, a payload of two, a MAC (R-OD-04).
pub const MIN_PAYLOADS_LEN: usize = 1 + 2 + 32;

/// Payloads of the small packet that BOLT 4 suggests, 1,366 bytes in all (R-OX-01).
pub const SMALL_PAYLOADS_LEN: usize = 1_300;

/// Payloads of the large packet that BOLT 4 suggests, 32,834 bytes in all (R-OX-01). LDK's padded
/// reply paths make it the usual one. Larger packets are not read.
pub const LARGE_PAYLOADS_LEN: usize = 32_768;

/// The largest packet.
pub const MAX_PACKET_LEN: usize = 32_834;

/// The longest payload that [`Peel`](crate::Peel) keeps. It holds an `invoice_request` (4,096), a
/// reply path (2,400) and our own `encrypted_recipient_data` (512).
pub const MAX_PAYLOAD_LEN: usize = 8_192;

/// The most layers of an onion that we build, a count: a reply path of 12 hops and two of our own
/// before it.
pub const MAX_LAYERS: usize = 14;

/// What peeling keeps: the length of the longest payload, that payload, and the MAC behind it.
pub(crate) const KEPT_LEN: usize = 3 + MAX_PAYLOAD_LEN + HMAC_LEN;

/// What [`Peel`](crate::Peel) leaves to its caller behind the longest payload. Behind any other it is
/// as much more as that one is shorter.
pub const FREE_LEN: usize = 989;

/// The memory of [`Peel`](crate::Peel): a payload, and what its caller makes of it.
pub(crate) const MEMORY_LEN: usize = KEPT_LEN + FREE_LEN;

/// What building hashes at a time: 17 blocks of ChaCha20. The layers begin anywhere, so at each end
/// one block is split; the 16 between are a multiple of what vector units make at once.
pub(crate) const BLOCK_LEN: usize = 17 * 64;

const _: () = {
    assert!(HEADER_LEN + SMALL_PAYLOADS_LEN + HMAC_LEN == 1_366, "as BOLT 4 says");
    assert!(MAX_PACKET_LEN == PACKET_OVERHEAD + LARGE_PAYLOADS_LEN);
    assert!(MAX_PAYLOAD_LEN >= 4_096 + 2_400 + 512);
    assert!(KEPT_LEN < LARGE_PAYLOADS_LEN);
    assert!(MEMORY_LEN == 9_216);
};

//! Every size of the device, and where it comes from.

/// Offers that can be revoked one by one before the epoch has to be ended.
pub const REVOKED_OFFERS: usize = 32;

/// Introduction nodes that the merchant can list (rule 41).
pub const INTRODUCTION_NODES: usize = 8;

/// Bytes of an offer's identifier that the device keeps: enough that nobody finds two alike.
pub const OFFER_ID_LEN: usize = 16;

/// Offers that the device remembers since it was switched on, for a list.
pub const REMEMBERED_OFFERS: usize = 16;

/// Refunds of the merchant's own that may be open at a time: 40 bytes each in flash.
pub const OPEN_REFUNDS: usize = 8;

/// Epochs before the current one whose offers are still recognised, when the rules want it.
pub const EARLIER_EPOCHS: u32 = 7;

/// Bytes of the largest item that the device asks to be stored: the settings, with every rule, every
/// introduction node and every revoked offer.
pub const ITEM_LEN: usize = 1_152;

/// Bytes of what is exported: the settings, the counters' mark (64), a nonce and a tag.
pub const EXPORT_LEN: usize = ITEM_LEN + 128;

/// Hops of a payment path, the recipient included.
pub const PATH_HOPS: usize = 8;

/// Requests that the device remembers to have answered, so that a repeated one gets the same bytes.
pub const ANSWERED: usize = 4;

/// Decisions of the merchant about customers' requests that the device remembers, 48 bytes each.
pub const DECISIONS: usize = 4;

/// Seconds for which a decision holds: payers repeat a request, and the bridge sends it again.
pub const DECISION_SECONDS: u64 = 600;

/// Seconds for which a prompt that was left with the merchant keeps others from asking them.
pub const QUESTION_SECONDS: u64 = 120;

/// Seconds for which the host's word about a rate holds; then the merchant's own is taken.
pub const RATE_SECONDS: u64 = 3_600;

/// Seconds for which the host may pause in the middle of a request before another one displaces
/// it. The shell's own clock, which is finer, gives it up after half a second.
pub const PAUSE: u64 = 2;

/// Bytes of a receipt: a nonce, a tag, 64 bytes about the invoice, and 48 for each payment path.
pub const RECEIPT_LEN: usize = 12 + 16 + 64 + 4 * 48;

/// Payments that the device remembers to have released, 32 bytes each. Of an older one it would
/// release the same preimage for other facts as well, and count that again.
pub const RELEASED_PAYMENTS: usize = 16;

/// Parts of payments that the device holds at a time until the rest arrives, under the onion rule
/// (70): 40 bytes each. LDK pays in ten parts at most. The last part of a payment takes no place,
/// nor does one that is paid in one part.
pub const HELD_PARTS: usize = 12;

/// Seconds for which the device holds the parts of a payment, from the first. A node keeps them for
/// 60 seconds at least (BOLT 4): none that it has given back by then is counted.
pub const PART_SECONDS: u64 = 50;

/// Bytes of `encrypted_recipient_data` in a payment onion whose last hop the device is: 34 for the
/// `path_id`, 12 for the constraints, 16 for the tag, and what pads them to the other hops'.
pub const PART_DATA_LEN: usize = 128;

/// Bytes of a `path_id` in the records of a payment's recipient.
pub const PAYMENT_PATH_ID_LEN: usize = 64;

/// Bytes of `encrypted_recipient_data` that we made for ourselves, and of the recipient's records.
pub const RECIPIENT_DATA_LEN: usize = 512;

/// Bytes of a description or an issuer in an offer of ours.
pub const OFFER_TEXT_LEN: usize = 256;

/// Bytes of the paths in an offer of ours.
pub const OFFER_PATHS_LEN: usize = 800;

/// Invoices, and releases of a preimage, that are counted by one write to flash. What is left of a
/// reservation when power fails is counted as used: a counter may skip, and never goes back.
pub const RESERVED: u64 = 256;

/// The share of the window of money received that is reserved by one write to flash.
pub const RESERVED_SHARE: u64 = 16;

/// Seconds by which the latest time may run ahead of the one in flash.
pub const UNSAVED_SECONDS: u64 = 3_600;

/// Entries of the log.
pub const LOG_ENTRIES: usize = 32;

/// Bytes of an onion that are hashed before the device looks up again: a few milliseconds' worth.
pub const WORK_LEN: usize = 4_096;

/// Characters of a stranger's text that a prompt shows; the rest is cut, visibly.
pub const SHOWN_CHARACTERS: usize = 128;

/// Bytes of the caller's buffer for one output: an item, or a list for the host and, behind it, the
/// texts that it refers to, of which the longest is a stranger's with the mark where it was cut.
pub const SCRATCH_LEN: usize = ITEM_LEN;

const _: () = assert!(SCRATCH_LEN >= countersign_link::MAX_CHUNK + 4 * SHOWN_CHARACTERS + 4);

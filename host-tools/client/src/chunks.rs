use countersign_link::MAX_CHUNK;

/// Bytes of a full chunk.
pub(crate) const CHUNK: usize = MAX_CHUNK;

/// Where the chunk of that number begins.
pub(crate) fn offset(number: usize) -> u32 {
    u32::try_from(number.saturating_mul(CHUNK)).unwrap_or(u32::MAX)
}

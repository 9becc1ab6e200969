use sha2::Digest as _;
use sha2::block_api::compress256;

/// A SHA-256 in progress.
#[derive(Clone, Debug, Default)]
pub struct Sha256(sha2::Sha256);

impl Sha256 {
    /// A hash of nothing so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Hashes `bytes` after everything before them.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of everything.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// The SHA-256 of `parts`, one after the other.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finish()
}

/// BIP 340's tagged hash with its tag already hashed: `SHA256(SHA256(tag) ‖ SHA256(tag) ‖ …)`.
///
/// The tag fills one block, so a tag that is used often costs its compression once, and a tag that
/// is always the same costs none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaggedHash(State);

impl TaggedHash {
    /// The hash for the tag that consists of `parts`, one after the other.
    #[must_use]
    pub fn new(parts: &[&[u8]]) -> Self {
        let tag = sha256(parts);
        let mut block = [0; BLOCK_LEN];
        for (byte, &value) in block.iter_mut().zip(tag.iter().chain(&tag)) {
            *byte = value;
        }
        let mut state = INITIAL;
        compress256(&mut state, &[block]);
        Self(state)
    }

    /// The hash for the tag whose block leads SHA-256 to `state`.
    #[must_use]
    pub const fn resumed(state: [u32; 8]) -> Self {
        Self(state)
    }

    /// The tagged hash of `parts`, one after the other.
    #[must_use]
    pub fn hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        continued(self.0, parts, &mut [0; BLOCK_LEN])
    }
}

/// What SHA-256 has made of the blocks so far (FIPS 180-4 §6.2).
pub(crate) type State = [u32; 8];

/// Bytes of a block of SHA-256.
pub(crate) const BLOCK_LEN: usize = 64;

/// The state before the first block: FIPS 180-4 §5.3.3.
const INITIAL: State = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// The SHA-256 of a block that led to `state` and of `parts` behind it. `block` is where the bytes
/// are put together; those of the end are left in it.
pub(crate) fn continued(
    mut state: State,
    parts: &[&[u8]],
    block: &mut [u8; BLOCK_LEN],
) -> [u8; 32] {
    let mut hashed = BLOCK_LEN;
    let mut used = 0;
    for part in parts {
        let mut rest = *part;
        while !rest.is_empty() {
            let room = block.get_mut(used..).unwrap_or(&mut []);
            let taken = room.len().min(rest.len());
            for (byte, &value) in room.iter_mut().zip(rest) {
                *byte = value;
            }
            rest = rest.get(taken..).unwrap_or(&[]);
            used = used.saturating_add(taken);
            if used >= BLOCK_LEN {
                compress256(&mut state, &[*block]);
                hashed = hashed.saturating_add(BLOCK_LEN);
                used = 0;
            }
        }
    }
    finish(state, block, used, hashed.saturating_add(used))
}

/// Pads the `used` bytes of the last block, `len` bytes from the beginning (FIPS 180-4 §5.1.1).
fn finish(mut state: State, block: &mut [u8; BLOCK_LEN], used: usize, len: usize) -> [u8; 32] {
    let mark = [0x80].into_iter().chain(core::iter::repeat(0));
    for (byte, value) in block.iter_mut().skip(used).zip(mark) {
        *byte = value;
    }
    if used >= BLOCK_LEN.saturating_sub(size_of::<u64>()) {
        compress256(&mut state, &[*block]);
        block.fill(0);
    }
    if let Some(end) = block.last_chunk_mut() {
        *end = u64::try_from(len).unwrap_or(u64::MAX).saturating_mul(8).to_be_bytes();
    }
    compress256(&mut state, &[*block]);
    let mut hash = [0; 32];
    for (bytes, word) in hash.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::{TaggedHash, sha256};

    #[test]
    fn the_empty_hash_is_the_known_one() {
        // FIPS 180-4
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex::encode(sha256(&[])), empty);
        assert_eq!(sha256(&[b"ab", b"", b"c"]), sha256(&[b"abc"]));
    }

    #[test]
    fn a_tagged_hash_starts_with_its_tag_twice() {
        let tag = sha256(&[b"LnLeaf"]);
        let tagged = TaggedHash::new(&[b"Ln", b"Leaf"]);
        assert_eq!(tagged.hash(&[b"x", b"y"]), sha256(&[&tag, &tag, b"xy"]));
    }

    #[test]
    fn a_tagged_hash_is_that_of_the_whole_at_every_length() {
        // FIPS 180-4 §5.1.1: 55 bytes and 56 are where the length needs a block of its own.
        let tag = sha256(&[b"tag"]);
        let tagged = TaggedHash::new(&[b"tag"]);
        let bytes = [0xa5; 200];
        for len in 0..=bytes.len() {
            let (bytes, _) = bytes.split_at_checked(len).unwrap();
            let (front, back) = bytes.split_at_checked(len.div_euclid(3)).unwrap();
            assert_eq!(tagged.hash(&[front, back]), sha256(&[&tag, &tag, bytes]), "{len} bytes");
        }
    }
}

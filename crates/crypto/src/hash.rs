use sha2::Digest as _;

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
/// The tag fills one block, so a tag that is used often costs its compression once.
#[derive(Clone, Debug)]
pub struct TaggedHash(Sha256);

impl TaggedHash {
    /// The hash for the tag that consists of `parts`, one after the other.
    #[must_use]
    pub fn new(parts: &[&[u8]]) -> Self {
        let tag = sha256(parts);
        let mut hash = Sha256::new();
        hash.update(&tag);
        hash.update(&tag);
        Self(hash)
    }

    /// The tagged hash of `parts`, one after the other.
    #[must_use]
    pub fn hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut hash = self.0.clone();
        for part in parts {
            hash.update(part);
        }
        hash.finish()
    }
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
}

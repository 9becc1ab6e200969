use countersign_crypto::{Secret, TAG_LEN, hkdf_sha256, hmac_sha256, open, seal};
use countersign_link::SeedAtRest;
use countersign_signer::Unreadable;

use super::items::fill;

/// How the seed lies in flash: `0 ‖ seed` on a board without a secret of its own, and
/// `1 ‖ nonce ‖ ciphertext ‖ tag` on one that has one.
///
/// The nonce is a MAC of the seed, so no two seeds have the same one.
#[derive(Debug)]
pub(super) struct SeedKey(Option<Keys>);

#[derive(Debug)]
struct Keys {
    cipher: Secret<32>,
    nonces: Secret<32>,
}

const PLAIN: u8 = 0;
const SEALED: u8 = 1;

const NONCE_LEN: usize = 12;

/// What the seal is bound to.
const PURPOSE: &[u8] = b"countersign seed in flash 1";

/// Bytes that are added at most.
pub(super) const OVERHEAD: usize = 1 + NONCE_LEN + TAG_LEN;

impl SeedKey {
    /// The keys that a board's `secret` gives.
    pub(super) fn new(board: &str, secret: Option<&Secret<32>>) -> Self {
        let derive = |secret: &Secret<32>, purpose| {
            hkdf_sha256(board.as_bytes(), secret.expose_secret(), purpose)
        };
        Self(secret.map(|secret| Keys {
            cipher: derive(secret, b"seed cipher"),
            nonces: derive(secret, b"seed nonces"),
        }))
    }

    /// What becomes of a seed that is written.
    pub(super) const fn at_rest(&self) -> SeedAtRest {
        if self.0.is_some() { SeedAtRest::Sealed } else { SeedAtRest::Plain }
    }

    /// Writes `seed` as it lies in flash; `None` when `out` is too short.
    pub(super) fn write(&self, seed: &[u8], out: &mut [u8]) -> Option<usize> {
        let (kind, rest) = out.split_first_mut()?;
        let Some(Keys { cipher, nonces }) = &self.0 else {
            *kind = PLAIN;
            fill(rest.get_mut(..seed.len())?, seed);
            return seed.len().checked_add(1);
        };
        *kind = SEALED;
        let mac = hmac_sha256(nonces.expose_secret(), &[seed]);
        let (nonce, rest) = rest.split_first_chunk_mut::<NONCE_LEN>()?;
        fill(nonce, &mac);
        let (bytes, rest) = rest.split_at_mut_checked(seed.len())?;
        let tag = rest.first_chunk_mut::<TAG_LEN>()?;
        fill(bytes, seed);
        *tag = seal(cipher, nonce, PURPOSE, bytes);
        seed.len().checked_add(OVERHEAD)
    }

    /// Reads what [`SeedKey::write`] wrote on this board into `out`, and returns its length.
    ///
    /// # Errors
    ///
    /// [`Unreadable::Foreign`] for what was sealed under another secret, or lies as it is where it
    /// would have been sealed.
    pub(super) fn read(&self, stored: &[u8], out: &mut [u8]) -> Result<usize, Unreadable> {
        let (kind, rest) = stored.split_first().ok_or(Unreadable::Lost)?;
        match (&self.0, *kind) {
            (None, PLAIN) => {
                fill(out.get_mut(..rest.len()).ok_or(Unreadable::TooLong)?, rest);
                Ok(rest.len())
            }
            (Some(Keys { cipher, .. }), SEALED) => {
                let (nonce, rest) = rest.split_first_chunk().ok_or(Unreadable::Lost)?;
                let (sealed, tag) = rest.split_last_chunk().ok_or(Unreadable::Lost)?;
                let seed = out.get_mut(..sealed.len()).ok_or(Unreadable::TooLong)?;
                fill(seed, sealed);
                open(cipher, nonce, PURPOSE, seed, tag).or(Err(Unreadable::Foreign))?;
                Ok(sealed.len())
            }
            (Some(_), PLAIN) | (None, SEALED) => Err(Unreadable::Foreign),
            (Some(_) | None, _) => Err(Unreadable::Newer),
        }
    }
}

#[cfg(test)]
mod tests {
    use countersign_crypto::Secret;
    use countersign_signer::Unreadable;

    use super::{OVERHEAD, SeedKey};

    const SEED: [u8; 80] = [0xa5; 80];

    fn written(key: &SeedKey) -> ([u8; 128], usize) {
        let mut out = [0; 128];
        let length = key.write(&SEED, &mut out).unwrap();
        (out, length)
    }

    #[test]
    fn a_sealed_seed_opens_on_its_own_board_only_and_shows_nothing() {
        let secret = Secret::new([1; 32]);
        let key = SeedKey::new("board", Some(&secret));
        let (out, length) = written(&key);
        assert_eq!(length, SEED.len() + OVERHEAD);
        assert!(!(0..length).any(|at| out[at..].starts_with(&SEED[..4])));
        let mut opened = [0; 128];
        assert_eq!(key.read(&out[..length], &mut opened), Ok(SEED.len()));
        assert_eq!(opened[..SEED.len()], SEED);
        let others = [
            SeedKey::new("board", Some(&Secret::new([2; 32]))),
            SeedKey::new("other", Some(&secret)),
            SeedKey::new("board", None),
        ];
        for other in others {
            let mut opened = [0; 128];
            assert_eq!(other.read(&out[..length], &mut opened), Err(Unreadable::Foreign));
            assert!(!opened.starts_with(&SEED[..4]));
        }
        for at in 0..length {
            let mut changed = out;
            changed[at] ^= 1;
            assert!(key.read(&changed[..length], &mut opened).is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_seed_that_should_have_been_sealed_and_is_not_is_not_taken() {
        let plain = SeedKey::new("board", None);
        let (out, length) = written(&plain);
        let mut opened = [0; 128];
        assert_eq!(plain.read(&out[..length], &mut opened), Ok(SEED.len()));
        let sealing = SeedKey::new("board", Some(&Secret::new([1; 32])));
        assert_eq!(sealing.read(&out[..length], &mut opened), Err(Unreadable::Foreign));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let key = SeedKey::new("board", Some(&Secret::new([1; 32])));
        assert_eq!(key.write(&SEED, &mut [0; 100]), None);
        let (out, length) = written(&key);
        assert_eq!(key.read(&out[..length], &mut [0; 79]), Err(Unreadable::TooLong));
    }
}

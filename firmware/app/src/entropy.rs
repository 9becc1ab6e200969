use countersign_crypto::{Secret, sha256, wipe};
use countersign_link::Code;

use crate::Random;
use crate::health::Health;

/// Noise, tested and conditioned: what every draw is made of.
///
/// A draw mixes fresh noise into a state that never leaves and that the draw itself does not
/// reveal, so that a few bytes of noise at a time are enough after a good start.
#[derive(Debug)]
pub(crate) struct Entropy {
    health: Health,
    state: Secret<32>,
}

/// Bytes of noise that are tested before the first draw: SP 800-90B §4.3 wants 1,024.
const AT_START: usize = 1_024;

/// Bytes of noise for each draw.
const PER_DRAW: usize = 16;

impl Entropy {
    /// Starts on `source`.
    ///
    /// # Errors
    ///
    /// [`Code::RANDOM_SOURCE`] when the noise is none.
    pub(crate) fn start(source: &mut impl Random) -> Result<Self, Code> {
        let mut entropy = Self { health: Health::default(), state: Secret::new([0; 32]) };
        for _ in 0..AT_START.div_ceil(PER_DRAW) {
            entropy.mix(source)?;
        }
        Ok(entropy)
    }

    /// The next 32 bytes.
    ///
    /// # Errors
    ///
    /// [`Code::RANDOM_SOURCE`] when the noise has become none.
    pub(crate) fn draw(&mut self, source: &mut impl Random) -> Result<[u8; 32], Code> {
        self.mix(source)?;
        let drawn = sha256(&[b"draw", self.state.expose_secret()]);
        self.state = Secret::new(sha256(&[b"next", self.state.expose_secret()]));
        Ok(drawn)
    }

    fn mix(&mut self, source: &mut impl Random) -> Result<(), Code> {
        let mut noise = [0; PER_DRAW];
        source.fill(&mut noise);
        self.health.check(&noise).or(Err(Code::RANDOM_SOURCE))?;
        self.state = Secret::new(sha256(&[b"noise", self.state.expose_secret(), &noise]));
        wipe(&mut noise);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use countersign_link::Code;

    use super::Entropy;
    use crate::Random;

    /// Counts, and hangs at last.
    struct Counter(u32);

    impl Random for Counter {
        fn fill(&mut self, noise: &mut [u8]) {
            for byte in noise {
                self.0 = self.0.saturating_add(1);
                *byte = self.0.min(2_000).to_le_bytes()[0];
            }
        }
    }

    #[test]
    fn draws_differ_and_end_when_the_source_hangs() {
        let mut source = Counter(0);
        let mut entropy = Entropy::start(&mut source).unwrap();
        assert_eq!(source.0, 1_024);
        let first = entropy.draw(&mut source).unwrap();
        assert_ne!(first, entropy.draw(&mut source).unwrap());
        let failed = (0..100).find_map(|_| entropy.draw(&mut source).err());
        assert_eq!(failed, Some(Code::RANDOM_SOURCE));
    }

    #[test]
    fn a_source_that_is_not_connected_is_found_at_the_start() {
        struct Nothing;
        impl Random for Nothing {
            fn fill(&mut self, noise: &mut [u8]) {
                noise.fill(0xff);
            }
        }
        assert_eq!(Entropy::start(&mut Nothing).err(), Some(Code::RANDOM_SOURCE));
    }
}

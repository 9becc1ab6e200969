//! Tests of the noise itself: NIST SP 800-90B §4.4, for sources that give at least one bit of
//! entropy in a byte. Failing by chance has a probability of 2^-20 a window.

/// The same byte so often in a row is no noise: `1 + 20 / H` (§4.4.1).
const REPETITIONS: u16 = 21;

/// Bytes of a window of the adaptive proportion test (§4.4.2).
const WINDOW: u16 = 512;

/// The window's first byte so often in it is no noise: the critical value for p = 1/2.
const PROPORTION: u16 = 311;

/// What the tests remember of the noise so far.
#[derive(Debug, Default)]
pub(crate) struct Health {
    last: Option<u8>,
    repeated: u16,
    reference: u8,
    found: u16,
    left: u16,
}

/// The source of noise has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unhealthy;

impl Health {
    /// Looks at noise before it is used.
    ///
    /// # Errors
    ///
    /// [`Unhealthy`] for noise that is too regular.
    pub(crate) fn check(&mut self, noise: &[u8]) -> Result<(), Unhealthy> {
        noise.iter().try_for_each(|&byte| {
            self.repetition(byte)?;
            self.proportion(byte)
        })
    }

    fn repetition(&mut self, byte: u8) -> Result<(), Unhealthy> {
        self.repeated = if self.last == Some(byte) { self.repeated.saturating_add(1) } else { 1 };
        self.last = Some(byte);
        if self.repeated < REPETITIONS { Ok(()) } else { Err(Unhealthy) }
    }

    fn proportion(&mut self, byte: u8) -> Result<(), Unhealthy> {
        if self.left == 0 {
            (self.reference, self.found, self.left) = (byte, 0, WINDOW);
        }
        self.left = self.left.saturating_sub(1);
        if byte == self.reference {
            self.found = self.found.saturating_add(1);
        }
        if self.found < PROPORTION { Ok(()) } else { Err(Unhealthy) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Health, Unhealthy};

    #[test]
    fn a_byte_may_come_twenty_times_in_a_row_and_not_once_more() {
        let mut health = Health::default();
        assert_eq!(health.check(&[7; 20]), Ok(()));
        assert_eq!(health.check(&[8, 7]), Ok(()));
        assert_eq!(health.check(&[7; 19]), Ok(()));
        assert_eq!(health.check(&[7]), Err(Unhealthy));
    }

    #[test]
    fn a_byte_may_not_fill_three_fifths_of_a_window() {
        let mut health = Health::default();
        // Two of three bytes are the same, never twenty in a row.
        let noise = [1, 1, 2].repeat(160);
        assert_eq!(health.check(&noise), Err(Unhealthy));
        let mut health = Health::default();
        let noise = [1, 2].repeat(4_096);
        assert_eq!(health.check(&noise), Ok(()), "one half is possible for one bit a byte");
    }

    #[test]
    fn every_byte_in_turn_passes() {
        let mut health = Health::default();
        for _ in 0..64 {
            for byte in 0..=255 {
                assert_eq!(health.check(&[byte]), Ok(()));
            }
        }
    }
}

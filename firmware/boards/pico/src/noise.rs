use countersign_firmware::Random;
use embassy_rp::clocks::RoscRng;

/// The ring oscillator, sampled bit by bit: the only noise that the chip has.
pub(crate) struct RingOscillator;

impl Random for RingOscillator {
    fn fill(&mut self, noise: &mut [u8]) {
        RoscRng.fill_bytes(noise);
    }
}

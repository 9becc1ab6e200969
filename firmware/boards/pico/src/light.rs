use countersign_firmware::{Indication, Screen};
use countersign_signer::Line;
use embassy_rp::gpio::Output;

/// The light on the board, in the place of a screen.
pub(crate) struct Light(pub(crate) Output<'static>);

impl Screen for Light {
    const PROMPTS: countersign_signer::Screen = countersign_signer::Screen::None;

    fn clear(&mut self) {}

    fn line(&mut self, _: &Line<'_>) {}

    fn indicate(&mut self, indication: Indication) {
        match indication {
            Indication::Idle => self.0.set_low(),
            Indication::Working | Indication::Asking | Indication::Failed => self.0.set_high(),
        }
    }
}

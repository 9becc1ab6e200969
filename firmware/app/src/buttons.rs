use embedded_hal::digital::InputPin;

use crate::{Buttons, Press};

/// Two buttons between pins with pull-ups and ground.
///
/// A press is a pin that was high after [`Buttons::forget`] and then low twice in a row: a button
/// that hangs, or that was held from the prompt before, says nothing.
#[derive(Debug)]
pub struct PinButtons<Y, N> {
    confirm: Debounced<Y>,
    cancel: Debounced<N>,
}

#[derive(Debug)]
struct Debounced<P> {
    pin: P,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// It has not been up yet.
    Held,
    Up,
    /// Down for one look.
    Going,
}

impl<Y: InputPin, N: InputPin> PinButtons<Y, N> {
    /// The buttons for yes and no.
    pub const fn new(confirm: Y, cancel: N) -> Self {
        Self {
            confirm: Debounced { pin: confirm, phase: Phase::Held },
            cancel: Debounced { pin: cancel, phase: Phase::Held },
        }
    }
}

impl<Y: InputPin, N: InputPin> Buttons for PinButtons<Y, N> {
    fn forget(&mut self) {
        self.confirm.phase = Phase::Held;
        self.cancel.phase = Phase::Held;
    }

    fn pressed(&mut self) -> Option<Press> {
        // Both at once is a no.
        let (confirm, cancel) = (self.confirm.pressed(), self.cancel.pressed());
        match (confirm, cancel) {
            (_, true) => Some(Press::Cancel),
            (true, false) => Some(Press::Confirm),
            (false, false) => None,
        }
    }
}

impl<P: InputPin> Debounced<P> {
    fn pressed(&mut self) -> bool {
        let is_down = self.pin.is_low().unwrap_or(false);
        let (phase, is_pressed) = match (self.phase, is_down) {
            (Phase::Held, true) => (Phase::Held, false),
            (Phase::Held | Phase::Up | Phase::Going, false) => (Phase::Up, false),
            (Phase::Up, true) => (Phase::Going, false),
            (Phase::Going, true) => (Phase::Held, true),
        };
        self.phase = phase;
        is_pressed
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use core::cell::Cell;
    use core::convert::Infallible;
    use std::rc::Rc;

    use embedded_hal::digital::{ErrorType, InputPin};

    use super::PinButtons;
    use crate::{Buttons as _, Press};

    #[derive(Clone, Default)]
    struct Pin(Rc<Cell<bool>>);

    impl ErrorType for Pin {
        type Error = Infallible;
    }

    impl InputPin for Pin {
        fn is_high(&mut self) -> Result<bool, Infallible> {
            Ok(!self.0.get())
        }

        fn is_low(&mut self) -> Result<bool, Infallible> {
            Ok(self.0.get())
        }
    }

    #[test]
    fn a_press_is_up_and_then_down_twice_and_counts_once() {
        let (yes, no) = (Pin::default(), Pin::default());
        let mut buttons = PinButtons::new(yes.clone(), no);
        buttons.forget();
        let looks = [false, true, true, true, false, true, false, true, true];
        let presses = looks.map(|is_down| {
            yes.0.set(is_down);
            buttons.pressed().is_some()
        });
        assert_eq!(presses, [false, false, true, false, false, false, false, false, true]);
    }

    #[test]
    fn a_button_that_is_held_when_the_prompt_comes_says_nothing() {
        let (yes, no) = (Pin::default(), Pin::default());
        let mut buttons = PinButtons::new(yes.clone(), no);
        yes.0.set(true);
        buttons.forget();
        assert!((0..9).all(|_| buttons.pressed().is_none()));
    }

    #[test]
    fn both_at_once_is_a_no() {
        let (yes, no) = (Pin::default(), Pin::default());
        let mut buttons = PinButtons::new(yes.clone(), no.clone());
        assert_eq!(buttons.pressed(), None);
        yes.0.set(true);
        no.0.set(true);
        assert_eq!((buttons.pressed(), buttons.pressed()), (None, Some(Press::Cancel)));
    }
}

use core::fmt::{self, Write as _};

use countersign_firmware::{Buttons, Indication, Press, Screen};
use countersign_signer::Line;

use crate::uart::Uart;

/// The second serial line as two buttons: `y` and `n`.
pub(crate) struct Keys(Uart);

impl Keys {
    pub(crate) const fn new(line: Uart) -> Self {
        Self(line)
    }
}

impl Buttons for Keys {
    fn forget(&mut self) {
        while self.0.take().is_some() {}
    }

    fn pressed(&mut self) -> Option<Press> {
        match self.0.take()? {
            b'y' => Some(Press::Confirm),
            b'n' => Some(Press::Cancel),
            _ => None,
        }
    }
}

/// The second serial line as a screen: a line of text for each line of a prompt, and an empty one
/// when the prompt is gone.
pub(crate) struct Terminal {
    line: Uart,
    is_clear: bool,
}

impl Terminal {
    pub(crate) const fn new(line: Uart) -> Self {
        Self { line, is_clear: true }
    }
}

impl Screen for Terminal {
    const PROMPTS: countersign_signer::Screen = countersign_signer::Screen::OnBoard;

    fn clear(&mut self) {
        if !self.is_clear {
            self.is_clear = true;
            let _written = self.write_str("\n");
        }
    }

    fn line(&mut self, line: &Line<'_>) {
        self.is_clear = false;
        let _written = writeln!(self, "{}: {}", line.label, line.text);
    }

    fn indicate(&mut self, _: Indication) {}
}

impl fmt::Write for Terminal {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            while !self.line.give(byte) {}
        }
        Ok(())
    }
}

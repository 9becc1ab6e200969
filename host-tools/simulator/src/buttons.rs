use core::fmt;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use countersign_link::Source;
use countersign_signer::Line;

/// A button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// The one that says yes.
    Confirm,
    /// The one that says no.
    Cancel,
}

/// One line of a prompt, to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptText {
    /// What it is.
    pub label: String,
    /// What it says.
    pub text: String,
    /// Who says it.
    pub source: Source,
}

impl From<Line<'_>> for PromptText {
    fn from(line: Line<'_>) -> Self {
        let Line { label, text, source } = line;
        Self { label: label.to_owned(), text: text.to_string(), source }
    }
}

impl fmt::Display for PromptText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { label, text, source } = self;
        match source {
            Source::Device => write!(f, "{label}: {text}"),
            Source::Stranger => write!(f, "{label} (a stranger's words): {text}"),
        }
    }
}

/// The board's screen with the buttons beside it.
pub trait Buttons: Send {
    /// Shows a prompt in place of what was shown before.
    fn show(&mut self, prompt: &[PromptText]);

    /// Takes the prompt off the screen: nobody waits for a button any more.
    fn clear(&mut self);

    /// The button that was pressed since the prompt was shown, if one was. Does not wait.
    fn pressed(&mut self) -> Option<Press>;
}

/// A merchant who always presses the same button, and reads the prompts out to standard error.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    press: Press,
    announce: Announce,
}

/// Whether a scripted merchant says what they were asked.
#[derive(Clone, Copy, Debug)]
enum Announce {
    Aloud,
    Never,
}

impl Script {
    /// Always `press`.
    #[must_use]
    pub const fn new(press: Press) -> Self {
        Self { press, announce: Announce::Never }
    }

    /// Always `press`, with every prompt on standard error.
    #[must_use]
    pub const fn announced(press: Press) -> Self {
        Self { press, announce: Announce::Aloud }
    }
}

impl Buttons for Script {
    fn show(&mut self, prompt: &[PromptText]) {
        match self.announce {
            Announce::Aloud => print(
                prompt,
                match self.press {
                    Press::Confirm => "confirmed, as --approve always says",
                    Press::Cancel => "cancelled, as --approve never says",
                },
            ),
            Announce::Never => {}
        }
    }

    fn clear(&mut self) {}

    fn pressed(&mut self) -> Option<Press> {
        Some(self.press)
    }
}

/// A merchant at the terminal, who answers with y or n.
#[derive(Debug, Default)]
pub struct Terminal {
    lines: Option<Receiver<String>>,
}

impl Buttons for Terminal {
    fn show(&mut self, prompt: &[PromptText]) {
        if !io::stdin().is_terminal() {
            print(prompt, "nobody is here to answer: standard input is not a terminal");
            return;
        }
        let lines = self.lines.get_or_insert_with(typed_lines);
        // What was typed before the prompt was there is no answer to it.
        while lines.try_recv().is_ok() {}
        print(prompt, "confirm? [y/n]");
    }

    fn clear(&mut self) {
        print(&[], "the prompt was withdrawn");
    }

    fn pressed(&mut self) -> Option<Press> {
        let Some(lines) = &self.lines else { return Some(Press::Cancel) };
        match lines.try_recv() {
            Ok(line) => match line.trim() {
                "y" | "Y" | "yes" => Some(Press::Confirm),
                "n" | "N" | "no" => Some(Press::Cancel),
                _ => {
                    print(&[], "y for yes, n for no");
                    None
                }
            },
            Err(mpsc::TryRecvError::Empty) => None,
            Err(mpsc::TryRecvError::Disconnected) => Some(Press::Cancel),
        }
    }
}

/// Lines as they are typed, read by a thread that ends with the program.
fn typed_lines() -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

fn print(prompt: &[PromptText], question: &str) {
    let mut screen = io::stderr().lock();
    let lines = prompt.iter().map(ToString::to_string).chain([question.to_owned()]);
    for line in lines {
        // A terminal that is closed shows nothing; the question stays open.
        let _shown = writeln!(screen, "[device] {line}");
    }
}

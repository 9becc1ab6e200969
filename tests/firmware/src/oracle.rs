use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result};

/// The portable crates on the emulated board, which answer what they are asked
/// (`firmware/vectors`).
#[derive(Debug)]
pub struct Oracle {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// The parts of an answer; `None` where it was refused.
pub type Answer = Option<Vec<Vec<u8>>>;

impl Oracle {
    /// Switches it on.
    ///
    /// # Errors
    ///
    /// When `COUNTERSIGN_VECTORS_IMAGE` is not set, or QEMU cannot be run.
    pub fn start() -> Result<Self> {
        let image = std::env::var_os("COUNTERSIGN_VECTORS_IMAGE");
        let image =
            image.context("COUNTERSIGN_VECTORS_IMAGE is not set: run `cargo xtask qemu`")?;
        let mut process = Command::new("qemu-system-arm")
            .args(["-M", "mps2-an386", "-nographic", "-monitor", "none", "-serial", "none"])
            .args(["-semihosting-config", "enable=on,target=native", "-kernel"])
            .arg(image)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot run qemu-system-arm: run `cargo xtask setup`")?;
        let questions = process.stdin.take().context("QEMU has an input")?;
        let answers = BufReader::new(process.stdout.take().context("QEMU has an output")?);
        Ok(Self { process, questions, answers })
    }

    /// Asks for the answer to `verb` with `parts`.
    ///
    /// # Errors
    ///
    /// When the image ends, or says what is no answer.
    pub fn ask(&mut self, verb: &str, parts: &[&[u8]]) -> Result<Answer> {
        let parts: String = parts.iter().map(|part| format!(" -{}", hex::encode(part))).collect();
        self.questions.write_all(format!("{verb}{parts}\n").as_bytes())?;
        self.questions.flush()?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let mut words = line.split_whitespace();
        match words.next() {
            Some("refused") => Ok(None),
            Some("known") => words
                .map(|part| Ok(hex::decode(part.strip_prefix('-').context("a part")?)?))
                .collect::<Result<_>>()
                .map(Some),
            _ => anyhow::bail!("{verb} was answered with {line:?}"),
        }
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to end.
        let _killed = self.process.kill();
        let _ended = self.process.wait();
    }
}

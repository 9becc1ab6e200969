use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use countersign_client::{Access, Client};
use serde::Deserialize;
use serde_json::Value;

/// The emulated Raspberry Pi Pico, plugged into a host, with somebody who presses yes whenever the
/// light flickers. Dropping it pulls the plug.
#[derive(Debug)]
pub struct Pico {
    process: Child,
    /// What can be done to a board, a line each.
    hands: ChildStdin,
    /// What came of it.
    answers: Lines<BufReader<ChildStdout>>,
    address: String,
}

/// Which way bytes went over the cable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// To the host.
    ToHost,
    /// To the device.
    ToDevice,
}

/// One transfer over the cable, as the host's driver sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Transfer {
    /// Which way.
    pub direction: Direction,
    /// How many.
    pub bytes: usize,
    /// When, in microseconds of the board's clock.
    pub micros: u64,
}

/// The image that `cargo xtask firmware` made: the variable that names it is set by the verbs that
/// run these tests.
///
/// # Errors
///
/// When it is not set.
pub fn pico_image() -> Result<PathBuf> {
    let path = std::env::var_os("COUNTERSIGN_PICO_IMAGE");
    path.map(PathBuf::from).context("COUNTERSIGN_PICO_IMAGE is not set: run `cargo xtask pico`")
}

/// The program that emulates the board.
const EMULATOR: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../firmware/emulators/rp2040/src/main.js");

impl Pico {
    /// Switches a board on.
    ///
    /// # Errors
    ///
    /// When the emulator cannot be run.
    pub fn start(image: &Path) -> Result<Self> {
        let mut process = Command::new("node")
            .arg(EMULATOR)
            .arg(image)
            .args(["--approve", "always"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot run node: run `cargo xtask setup`")?;
        let hands = process.stdin.take().context("the emulator has an input")?;
        let said = process.stdout.take().context("the emulator has an output")?;
        let mut answers = BufReader::new(said).lines();
        let first = answers.next().context("the emulator ended at once")??;
        let address = first.strip_prefix("tcp:").context("the first line is an address")?;
        let address = address.to_owned();
        Ok(Self { process, hands, answers, address })
    }

    /// Where its port is: a host and a port.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A client of it.
    ///
    /// # Errors
    ///
    /// When it does not answer.
    pub async fn client(&self) -> Result<Client> {
        Ok(Client::open(Access::Tcp(self.address.clone()), |_| {}).await?)
    }

    /// Pulls the plug.
    ///
    /// # Errors
    ///
    /// When the emulator has ended.
    pub fn unplug(&mut self) -> Result<()> {
        self.act("unplug").map(drop)
    }

    /// Plugs it in again and waits until it has started.
    ///
    /// # Errors
    ///
    /// When the emulator has ended.
    pub fn plug(&mut self) -> Result<()> {
        self.act("plug").map(drop)
    }

    /// The descriptor of that type and index when at most `length` bytes are asked for, in
    /// hexadecimal.
    ///
    /// # Errors
    ///
    /// When the device refuses.
    pub fn descriptor(&mut self, kind: u8, index: u8, length: u16) -> Result<String> {
        let answer = self.act(&format!("descriptor {kind} {index} {length}"))?;
        Ok(answer.as_str().context("a descriptor is a string")?.to_owned())
    }

    /// The transfers since this was asked last.
    ///
    /// # Errors
    ///
    /// When the emulator has ended.
    pub fn transfers(&mut self) -> Result<Vec<Transfer>> {
        Ok(serde_json::from_value(self.act("transfers")?)?)
    }

    fn act(&mut self, line: &str) -> Result<Value> {
        writeln!(self.hands, "{line}")?;
        let answer = self.answers.next().context("the emulator ended")??;
        let answer: Value = serde_json::from_str(&answer)?;
        if let Some(error) = answer.get("error") {
            bail!("{line}: {error}");
        }
        Ok(answer)
    }
}

impl Drop for Pico {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to end.
        let _killed = self.process.kill();
        let _ended = self.process.wait();
    }
}

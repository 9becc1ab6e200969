use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use countersign_client::{Access, Client, Error};

use crate::debugger::Debugger;
use crate::merchant::Merchant;

/// The emulated board, switched on. Dropping it pulls the plug.
#[derive(Debug)]
pub struct Emulator {
    process: Child,
    link: PathBuf,
    debugger: PathBuf,
    merchant: Merchant,
}

/// Where there is no memory, and where a program of one word can be put: between the statics and the
/// deepest that the stack has been.
const NOWHERE: u32 = 0xF000_0000;
const SPARE: u32 = 0x2000_8000;

/// How long an emulator on a busy computer may take to start.
const PATIENCE: Duration = Duration::from_secs(120);

/// A branch to itself, twice.
const FOREVER: u32 = 0xE7FE_E7FE;

/// The image that `cargo xtask firmware` made: the variable that names it is set by the verbs that
/// run these tests.
///
/// # Errors
///
/// When it is not set.
pub fn image() -> Result<PathBuf> {
    let path = std::env::var_os("COUNTERSIGN_QEMU_IMAGE");
    path.map(PathBuf::from).context("COUNTERSIGN_QEMU_IMAGE is not set: run `cargo xtask qemu`")
}

impl Emulator {
    /// Switches a board on, with `flash` for its state and a merchant who says yes to everything.
    ///
    /// # Errors
    ///
    /// When QEMU cannot be run.
    pub fn start(image: &Path, flash: &Path) -> Result<Self> {
        let [debugger, link] = ["gdb", "link"].map(|name| flash.with_extension(name));
        let mut process = Command::new("qemu-system-arm")
            .args(["-M", "mps2-an386", "-nographic", "-monitor", "none"])
            // A socket: QEMU looks only once a second for who has opened a pseudo-terminal.
            .args(["-serial", &format!("unix:{},server=on,wait=off", link.display())])
            .args(["-serial", "pty"])
            .args(["-semihosting-config", "enable=on,target=native"])
            .arg("-gdb")
            .arg(format!("unix:{},server=on,wait=off", debugger.display()))
            .arg("-append")
            .arg(format!("flash={}", flash.display()))
            .arg("-kernel")
            .arg(image)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot run qemu-system-arm: run `cargo xtask setup`")?;
        let said = process.stdout.take().context("QEMU has an output")?;
        let mut ports = BufReader::new(said).lines().map_while(Result::ok).filter_map(|line| {
            let (_, path) = line.split_once("/dev/pts/")?;
            let (number, _) = path.split_once(' ')?;
            Some(PathBuf::from(format!("/dev/pts/{number}")))
        });
        let merchant = ports.next().context("QEMU names the second serial line")?;
        Ok(Self { process, link, debugger, merchant: Merchant::sit_down(&merchant)? })
    }

    /// A client of it, once it has started: on a busy computer its self-tests take longer than a
    /// client waits for a board.
    ///
    /// # Errors
    ///
    /// When it does not answer.
    pub async fn client(&self) -> Result<Client> {
        let patient_until = Instant::now() + PATIENCE;
        loop {
            match Client::open(Access::Unix(self.link.clone()), |_| {}).await {
                Err(Error::NoAnswer(_)) if Instant::now() < patient_until => {}
                opened => return Ok(opened?),
            }
        }
    }

    /// Has the program jump to where there is no memory.
    ///
    /// # Errors
    ///
    /// When the emulator's debugger port does not work.
    pub fn crash(&self) -> Result<()> {
        Debugger::attach(&self.debugger)?.go_on_at(NOWHERE)
    }

    /// Has the program go round in a circle.
    ///
    /// # Errors
    ///
    /// As [`Emulator::crash`].
    pub fn hang(&self) -> Result<()> {
        let mut debugger = Debugger::attach(&self.debugger)?;
        debugger.write(SPARE, FOREVER)?;
        debugger.go_on_at(SPARE)
    }

    /// Everything that the merchant has read so far, line by line.
    #[must_use]
    pub fn read(&self) -> Vec<String> {
        self.merchant.read()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to end.
        let _killed = self.process.kill();
        let _ended = self.process.wait();
    }
}

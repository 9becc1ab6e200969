use std::io::{BufRead as _, BufReader};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use countersign_client::{Access, Client, Error};

use crate::debugger::Debugger;
use crate::merchant::Merchant;

/// The emulated board, switched on. Dropping it pulls the plug.
#[derive(Debug)]
pub struct Emulator {
    _process: Running,
    link: PathBuf,
    debugger: PathBuf,
    merchant: Merchant,
}

/// QEMU, which ends with this.
#[derive(Debug)]
struct Running(Child);

/// Where there is no memory, and where a program of one word can be put: between the statics and the
/// deepest that the stack has been.
const NOWHERE: u32 = 0xF000_0000;
const SPARE: u32 = 0x2000_8000;

/// How long an emulator on a busy computer may take to start, and how often it is looked.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(10);

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
    /// Switches a board on, with `flash` for its state and a merchant who says yes to everything,
    /// and waits until it has tested itself.
    ///
    /// # Errors
    ///
    /// When QEMU cannot be run.
    pub fn start(image: &Path, flash: &Path) -> Result<Self> {
        let [link, merchant, debugger] =
            ["link", "merchant", "gdb"].map(|name| flash.with_extension(name));
        // Sockets: QEMU looks only once a second for who has opened a pseudo-terminal.
        let socket = |path: &Path| format!("unix:{},server=on,wait=off", path.display());
        let process = Command::new("qemu-system-arm")
            .args(["-M", "mps2-an386", "-nographic", "-monitor", "none"])
            .args(["-serial", &socket(&link), "-serial", &socket(&merchant)])
            .args(["-semihosting-config", "enable=on,target=native"])
            .args(["-gdb", &socket(&debugger)])
            .arg("-append")
            .arg(format!("flash={}", flash.display()))
            .arg("-kernel")
            .arg(image)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot run qemu-system-arm: run `cargo xtask setup`")?;
        let mut process = Running(process);
        let merchant = Merchant::sit_down(process.connect(&merchant)?)?;
        process.wait_for_start()?;
        Ok(Self { _process: process, link, debugger, merchant })
    }

    /// Where hosts reach it, as `--device` has it.
    #[must_use]
    pub fn address(&self) -> String {
        format!("unix:{}", self.link.display())
    }

    /// A client of it. When it has just been reset, it may be testing itself again for longer than a
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

impl Running {
    /// Connects to a socket that QEMU is about to make.
    fn connect(&mut self, socket: &Path) -> Result<UnixStream> {
        let patient_until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.0.try_wait()? {
                bail!("QEMU ended with {status}");
            }
            match UnixStream::connect(socket) {
                Err(_) if Instant::now() < patient_until => sleep(POLL),
                connected => return connected.context("QEMU makes no socket"),
            }
        }
    }

    /// Waits until the image has tested itself, before which it answers nobody. What it logs goes to
    /// our own standard error.
    fn wait_for_start(&mut self) -> Result<()> {
        let log = self.0.stderr.take().context("QEMU has a standard error")?;
        let mut lines = BufReader::new(log).lines().map_while(Result::ok);
        // The first line says why it started, the second one what came of the tests.
        ensure!(lines.nth(1).is_some(), "the image does not start");
        thread::spawn(move || lines.for_each(|line| eprintln!("{line}")));
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to end.
        let _killed = self.0.kill();
        let _ended = self.0.wait();
    }
}

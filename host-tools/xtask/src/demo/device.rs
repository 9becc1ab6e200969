use core::time::Duration;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result};

use super::stage::Stage;
use crate::firmware::{EMULATED, PICO};
use crate::setup::{self, RP2040_FOLDER, Tool};
use crate::workspace::Workspace;

/// Which device takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The real firmware on QEMU's Cortex-M4.
    Qemu,
    /// The Pico's image, with its USB port, in rp2040js.
    PicoEmulated,
    /// The simulator: the same core in a program for this computer.
    Sim,
    /// One that is there already.
    At(String),
}

/// A device that has no screen, and takes the host's if the merchant says so.
pub(crate) const WITHOUT_SCREEN: [&str; 3] = ["rules", "set", "prompts=1"];

impl From<&str> for Choice {
    fn from(text: &str) -> Self {
        match text {
            "qemu" => Self::Qemu,
            "pico-emulated" => Self::PicoEmulated,
            "sim" => Self::Sim,
            address => Self::At(address.to_owned()),
        }
    }
}

/// A device with its image built, not switched on yet.
#[derive(Debug)]
pub(crate) enum Device {
    Qemu(PathBuf),
    PicoEmulated(PathBuf),
    Sim,
    At(String),
}

impl Device {
    /// Fetches and builds what `choice` needs; without a choice QEMU, or the simulator where its
    /// tools cannot be had.
    pub(crate) fn prepare(choice: Option<Choice>, workspace: &Workspace) -> Result<Self> {
        match choice {
            None => match tools_for_qemu() {
                Ok(()) => Self::prepare(Some(Choice::Qemu), workspace),
                Err(missing) => {
                    println!("no firmware in QEMU, a simulated device instead: {missing:#}");
                    Ok(Self::Sim)
                }
            },
            Some(Choice::Qemu) => {
                tools_for_qemu()?;
                Ok(Self::Qemu(EMULATED.build(workspace)?))
            }
            Some(Choice::PicoEmulated) => {
                setup::ensure(Tool::Rp2040)?;
                Ok(Self::PicoEmulated(PICO.build(workspace)?))
            }
            Some(Choice::Sim) => Ok(Self::Sim),
            Some(Choice::At(address)) => Ok(Self::At(address)),
        }
    }

    /// Switches it on, with somebody who confirms everything, and returns its address.
    pub(crate) fn start(&self, stage: &Stage, programs: &Path) -> Result<String> {
        match self {
            Self::Qemu(image) => {
                let address = start_qemu(stage, image)?;
                println!("device   the firmware on an emulated Cortex-M4, at {address}");
                Ok(address)
            }
            Self::PicoEmulated(image) => {
                let mut emulator = Command::new("node");
                emulator.arg(format!("{RP2040_FOLDER}/src/main.js")).arg(image);
                let address = stage.start("device", with_approval(emulator))?;
                println!("device   the firmware on an emulated Raspberry Pi Pico, at {address}");
                Ok(address)
            }
            Self::Sim => {
                let mut simulator = Command::new(programs.join("countersign-simulator"));
                simulator.args(["--tcp", "127.0.0.1:0"]);
                let address = stage.start("device", with_approval(simulator))?;
                println!("device   simulated, at {address}");
                Ok(address)
            }
            Self::At(address) => {
                println!("device   at {address}: press its button whenever it asks");
                Ok(address.clone())
            }
        }
    }

    /// Whether it has a screen to read prompts on.
    pub(crate) const fn has_screen(&self) -> bool {
        !matches!(self, Self::PicoEmulated(_))
    }
}

fn with_approval(mut command: Command) -> Command {
    command.args(["--approve", "always"]);
    command
}

fn tools_for_qemu() -> Result<()> {
    setup::ensure(Tool::ArmGcc)?;
    setup::ensure(Tool::Qemu)?;
    setup::ensure(Tool::ArmCore)
}

/// Starts QEMU with the link on a pseudo-terminal, and the merchant on a socket.
fn start_qemu(stage: &Stage, image: &Path) -> Result<String> {
    let merchant = stage.path("merchant.sock");
    let mut qemu = Command::new("qemu-system-arm");
    qemu.args(["-M", "mps2-an386", "-nographic", "-monitor", "none", "-serial", "pty"])
        .args(["-serial", &format!("unix:{merchant},server=on,wait=off")])
        .args(["-semihosting-config", "enable=on,target=native"])
        .args(["-append", &format!("flash={}", stage.path("state.flash")), "-kernel"])
        .arg(image);
    let said = stage.start("device", qemu)?;
    let (_, rest) = said.split_once("/dev/pts/").with_context(|| format!("no port: {said}"))?;
    let port = format!("/dev/pts/{}", rest.split(' ').next().unwrap_or_default());
    // QEMU looks only once a second whether anybody has the terminal open: from now on somebody has,
    // and the programs that open it one after another need not wait.
    let plugged_in = File::options().read(true).write(true).open(&port)?;
    let screen = connect(&merchant)?;
    thread::spawn(move || {
        approve(&screen);
        drop(plugged_in);
    });
    Ok(port)
}

/// Connects to a socket that QEMU makes after it has named the port.
fn connect(path: &str) -> Result<UnixStream> {
    let patient_until = Instant::now().checked_add(PATIENCE);
    loop {
        match UnixStream::connect(path) {
            Ok(line) => return Ok(line),
            Err(error) if patient_until.is_none_or(|until| Instant::now() > until) => {
                return Err(error).context("the merchant's line to QEMU");
            }
            Err(_) => thread::sleep(PAUSE),
        }
    }
}

/// How long QEMU may take to start, and how often it is looked.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(10);

/// Presses yes whenever a prompt comes up; an empty line ends one.
fn approve(mut line: &UnixStream) {
    let mut is_new = true;
    for said in BufReader::new(line).lines().map_while(Result::ok) {
        if is_new && !said.is_empty() && line.write_all(b"y").is_err() {
            return;
        }
        is_new = said.is_empty();
    }
}

//! The simulated device as a process of its own.

use core::time::Duration;
use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Args, Parser, ValueEnum};
use countersign_simulator::{Board, Buttons, Flash, Line, Press, Script, Simulator, Terminal};

/// Run a simulated Countersign device: the device's own core, with a file for its flash and this
/// terminal for its screen and buttons
///
/// Prints where a host connects, as the value of the `--device` of `countersign`, and runs until it
/// is interrupted. The file holds a seed in the clear: use it for tests, not for money.
#[derive(Debug, Parser)]
#[command(name = "countersign-simulator", version)]
struct Arguments {
    #[command(flatten)]
    line: LineArguments,
    /// The file that the device keeps its state in; without it, the device forgets everything
    #[arg(long, value_name = "FILE")]
    flash: Option<PathBuf>,
    /// Who presses the device's buttons
    #[arg(long, value_enum, default_value_t = Approval::Ask)]
    approve: Approval,
    /// How long nobody can have read a prompt yet, and no button counts
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    hesitate: u64,
}

#[derive(Debug, Args)]
#[group(multiple = false)]
struct LineArguments {
    /// Listen on a Unix socket
    #[arg(long, value_name = "PATH")]
    unix: Option<PathBuf>,
    /// Listen on a TCP port
    #[arg(long, value_name = "ADDR")]
    tcp: Option<String>,
    /// Open a pseudo-terminal, as a USB serial port would be (default)
    #[arg(long)]
    pty: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Approval {
    /// A script that confirms everything
    Always,
    /// A script that confirms nothing
    Never,
    /// You, in this terminal
    Ask,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let flash = match &arguments.flash {
        Some(path) => Flash::in_file(path)?,
        None => Flash::in_memory(),
    };
    let buttons: Box<dyn Buttons> = match arguments.approve {
        Approval::Always => Box::new(Script::announced(Press::Confirm)),
        Approval::Never => Box::new(Script::announced(Press::Cancel)),
        Approval::Ask => Box::new(Terminal::default()),
    };
    let (line, device) = arguments.line.open()?;
    let mut board = Board::new(flash, buttons);
    board.reaction = board.reaction.max(Duration::from_secs(arguments.hesitate));
    let simulator = Simulator::start(board, line)?;
    let mut out = io::stdout();
    writeln!(out, "{device}")?;
    out.flush()?;
    Ok(simulator.wait()?)
}

impl LineArguments {
    fn open(&self) -> anyhow::Result<(Line, String)> {
        if let Some(path) = &self.unix {
            return Ok((Line::unix(path)?, format!("unix:{}", path.display())));
        }
        if let Some(address) = &self.tcp {
            let (line, address) = Line::tcp(address)?;
            return Ok((line, format!("tcp:{address}")));
        }
        let (line, path) = Line::pty()?;
        Ok((line, path.display().to_string()))
    }
}

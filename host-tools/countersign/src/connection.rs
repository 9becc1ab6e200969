use core::time::Duration;
use std::io::Write as _;

use anyhow::Context as _;
use clap::ValueEnum;
use countersign_client::{Access, Client, DeviceAddress, Event};
use countersign_simulator::{Buttons, Press, Script, Terminal};
use indicatif::ProgressBar;
use tokio::runtime::{Builder, Runtime};

use crate::home;

/// Which device, and how to print what it says.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DeviceArguments {
    /// The device: a serial port's path, tcp:HOST:PORT, unix:PATH, sim or sim:FILE for one that is
    /// simulated in this program
    #[arg(long, global = true, default_value = "sim", value_name = "DEVICE")]
    device: DeviceAddress,
    /// Who presses the buttons of a device simulated in this program
    #[arg(long, global = true, value_enum, default_value_t = Approval::Ask)]
    approve: Approval,
    /// Print JSON instead of a page for people
    #[arg(long, global = true)]
    pub(crate) json: bool,
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

/// A device, with what it takes to wait for it.
pub(crate) struct Connection {
    runtime: Runtime,
    client: Client,
}

impl DeviceArguments {
    /// Opens the device.
    pub(crate) fn open(&self) -> anyhow::Result<Connection> {
        let buttons: Box<dyn Buttons> = match self.approve {
            Approval::Always => Box::new(Script::announced(Press::Confirm)),
            Approval::Never => Box::new(Script::announced(Press::Cancel)),
            Approval::Ask => Box::new(Terminal::default()),
        };
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let access = self.device.clone().access(&home::simulated_flash()?, buttons)?;
        // A simulated device has this terminal for its screen, and says itself what it waits for.
        let waiting = match access {
            Access::Simulator(_) => Waiting { spinner: ProgressBar::hidden() },
            Access::Serial(_) | Access::Tcp(_) | Access::Unix(_) => Waiting::new(),
        };
        let client = runtime.block_on(Client::open(access, move |event| waiting.tell(&event)))?;
        Ok(Connection { runtime, client })
    }
}

impl Connection {
    /// The device.
    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    /// Does something with the device and waits until it is done.
    pub(crate) fn wait<T>(
        &mut self,
        operation: impl AsyncFnOnce(&mut Client) -> Result<T, countersign_client::Error>,
    ) -> anyhow::Result<T> {
        let Self { runtime, client } = self;
        runtime.block_on(operation(client)).context("the device")
    }
}

/// What a person sees while the device is at it.
struct Waiting {
    spinner: ProgressBar,
}

const TURN: Duration = Duration::from_millis(120);

impl Waiting {
    fn new() -> Self {
        let spinner = ProgressBar::new_spinner().with_message("waiting for the device");
        spinner.enable_steady_tick(TURN);
        Self { spinner }
    }

    fn tell(&self, event: &Event<'_>) {
        match event {
            Event::AwaitingApproval(lines) => {
                for line in *lines {
                    self.spinner.println(format!("  {line}"));
                }
                self.spinner.set_message("press the device's button to confirm, or to cancel");
            }
            Event::Words(words) => {
                self.spinner.suspend(|| {
                    // A terminal that is closed shows nothing, and the words are not confirmed.
                    let _shown = print_words(words.reveal());
                });
            }
            Event::Reopening(error) => {
                tracing::warn!(%error, "opening the device again");
                self.spinner.set_message("opening the device again");
            }
        }
    }
}

/// Shows a new seed's words on the terminal, not where output may be redirected to.
fn print_words(words: &str) -> std::io::Result<()> {
    let mut screen = std::io::stderr().lock();
    writeln!(screen, "Write these words down. They are shown once, and restore everything:\n")?;
    for (number, word) in (1_u8..).zip(words.split(' ')) {
        writeln!(screen, "  {number:2}  {word}")?;
    }
    writeln!(screen)
}

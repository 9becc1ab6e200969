use std::path::Path;

use countersign_firmware_tests::{Emulator, image};

use crate::{Process, program};

/// What a merchant's device is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hardware {
    /// The simulator.
    #[default]
    Simulator,
    /// The firmware's image on QEMU's Cortex-M4.
    Qemu,
}

/// A device that has power. Dropping it pulls the plug.
#[derive(Debug)]
pub(crate) enum Board {
    Simulator(Process),
    Qemu(Emulator),
}

impl Hardware {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Simulator, Self::Qemu];
}

impl Board {
    /// A simulator that hosts reach at `address`, with a merchant who reads each prompt for `seconds`.
    pub(crate) fn simulate(address: &str, seconds: u64, flash: &Path, log: &Path) -> Self {
        let mut simulator = program("countersign-simulator");
        simulator.args(["--tcp", address.strip_prefix("tcp:").unwrap(), "--approve", "always"]);
        simulator.args(["--hesitate", &seconds.to_string(), "--flash"]).arg(flash);
        Self::Simulator(Process::start(&mut simulator, log))
    }

    /// The image in QEMU, with a merchant who confirms at once.
    pub(crate) fn emulate(flash: &Path) -> Self {
        Self::Qemu(Emulator::start(&image().unwrap(), flash).unwrap())
    }

    /// Where hosts reach it.
    pub(crate) fn address(&self) -> String {
        match self {
            Self::Simulator(simulator) => simulator.ready.clone(),
            Self::Qemu(emulator) => emulator.address(),
        }
    }
}

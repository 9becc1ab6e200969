//! `firmware`: the images that are flashed, with their sizes and digests, and what runs one of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::arm;
use crate::process::{cargo, output, run};
use crate::release::Release;
use crate::report::Report;
use crate::setup::{self, Tool};
use crate::uf2::Family;
use crate::workspace::Workspace;

/// A board and how its image is built.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Board {
    pub(crate) name: &'static str,
    /// The workspace that it is in.
    folder: &'static str,
    package: &'static str,
    /// The features of that package.
    features: &'static [&'static str],
    /// What is built for boards only, and is linted with this one.
    shared: &'static [&'static str],
    target: &'static str,
    pub(crate) medium: Medium,
}

/// How an image gets onto a board.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Medium {
    /// It does not: QEMU takes the ELF file.
    None,
    /// As a file, onto the drive of that label that the chip's boot ROM shows.
    Drive { family: Family, label: &'static str },
    /// By way of a debugger, which knows the chip by that name.
    Debugger { chip: &'static str },
}

/// What is flashed, and what is built as that is.
const FIRMWARE: &str = "firmware";

/// LDK in an image.
const LDK: &str = "firmware/bench/ldk";

/// What the boards with Embassy share.
const EMBASSY: &[&str] = &["countersign-cortex-m", "countersign-embassy"];

/// What those with a chip of Raspberry Pi's share.
const RP: &[&str] = &["countersign-cortex-m", "countersign-embassy", "countersign-rp"];

/// The emulated board, on which the others' stack is measured.
pub(crate) const EMULATED: Board = Board {
    name: "qemu-mps2",
    folder: FIRMWARE,
    package: "countersign-qemu-mps2",
    features: &[],
    shared: &["countersign-cortex-m", "countersign-stack"],
    target: "thumbv7em-none-eabihf",
    medium: Medium::None,
};

/// What tells tests where the emulated board's image is.
pub(crate) const EMULATED_IMAGE: &str = "COUNTERSIGN_QEMU_IMAGE";

/// The Raspberry Pi Pico, whose image is also emulated.
pub(crate) const PICO: Board = Board {
    name: "pico",
    folder: FIRMWARE,
    package: "countersign-pico",
    features: &[],
    shared: RP,
    target: "thumbv6m-none-eabi",
    medium: Medium::Drive { family: Family::Rp2040, label: "RPI-RP2" },
};

/// The same with an SSD1306 for its prompts.
const PICO_SCREEN: Board = Board {
    name: "pico-screen",
    features: &["screen"],
    shared: &[
        "countersign-cortex-m",
        "countersign-embassy",
        "countersign-rp",
        "countersign-display",
    ],
    ..PICO
};

/// The Raspberry Pi Pico 2.
const PICO_2: Board = Board {
    name: "pico2",
    folder: FIRMWARE,
    package: "countersign-pico2",
    features: &[],
    shared: RP,
    target: "thumbv8m.main-none-eabihf",
    medium: Medium::Drive { family: Family::Rp2350Arm, label: "RP2350" },
};

/// Nordic's development kit.
const NRF52840_DK: Board = Board {
    name: "nrf52840-dk",
    folder: FIRMWARE,
    package: "countersign-nrf52840-dk",
    features: &[],
    shared: EMBASSY,
    target: "thumbv7em-none-eabihf",
    medium: Medium::Debugger { chip: "nRF52840_xxAA" },
};

/// The portable crates on the emulated board, asked for known answers. It is never flashed.
const VECTORS: Board = Board {
    name: "vectors",
    package: "countersign-vectors",
    shared: &["countersign-curve"],
    ..EMULATED
};

/// The same as it is built for the RP2040.
const VECTORS_RP2040: Board = Board { name: "vectors-rp2040", target: PICO.target, ..VECTORS };

/// The images that `bench --device` measures. None of them is ever flashed.
pub(crate) const BENCH: [Board; 3] = [
    BENCH_OURS,
    Board { name: "bench-ours-rp2040", target: PICO.target, ..BENCH_OURS },
    Board {
        name: "bench-ldk",
        folder: LDK,
        package: "countersign-bench-image-ldk",
        shared: &[],
        ..EMULATED
    },
];

/// The images that `work` measures: a whole device. None of them is ever flashed.
pub(crate) const DEAREST: [Board; 2] =
    [DEAREST_M4, Board { name: "dearest-rp2040", target: PICO.target, ..DEAREST_M4 }];

const DEAREST_M4: Board = Board {
    name: "dearest",
    package: "countersign-bench-image-dearest",
    shared: &["countersign-bench-board"],
    ..EMULATED
};

const BENCH_OURS: Board = Board {
    name: "bench-ours",
    package: "countersign-bench-image",
    shared: &["countersign-bench-board"],
    ..EMULATED
};

/// What there is an image for: each is handed out, and held to a budget.
pub(crate) const IMAGES: [Board; 5] = [EMULATED, PICO, PICO_SCREEN, PICO_2, NRF52840_DK];

/// Bytes of an image in flash and in static memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) flash: u64,
    pub(crate) static_ram: u64,
}

/// The boards that a verb is for.
#[derive(Clone, Debug)]
pub(crate) struct Selection(Vec<Board>);

impl Selection {
    /// Every board.
    pub(crate) fn all() -> Self {
        Self(IMAGES.into())
    }
}

/// `all`, or the name of a board, for the command line.
pub(crate) fn parse_selection(name: &str) -> Result<Selection, String> {
    if name == "all" {
        return Ok(Selection::all());
    }
    parse_board(name).map(|board| Selection(vec![board])).map_err(|names| format!("{names}, all"))
}

/// A name that a board has, for the command line.
pub(crate) fn parse_board(name: &str) -> Result<Board, String> {
    IMAGES.into_iter().find(|board| board.name == name).ok_or_else(|| {
        let names: Vec<&str> = IMAGES.iter().map(|board| board.name).collect();
        format!("the boards are {}", names.join(", "))
    })
}

/// Builds the images of `boards`, and puts what is handed out of them into `folder`.
pub(crate) fn build(
    workspace: &Workspace,
    report: &mut Report,
    Selection(boards): &Selection,
    folder: Option<&Path>,
) {
    for board in boards {
        report.step(&format!("firmware {}", board.name), "image, size and digest", || {
            let image = board.build(workspace)?;
            let Size { flash, static_ram } = board.size(workspace)?;
            println!("   {flash} bytes of flash, {static_ram} of static RAM");
            println!("   {}", output(Command::new("sha256sum").arg(image))?.trim());
            Ok(())
        });
    }
    let Some(folder) = folder else { return };
    report.step("firmware release", "what is handed out, with sizes and digests", || {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let mut release = Release::default();
        for board in boards {
            let elf = fs::read(board.image(workspace)).context("an image that was built")?;
            release.add(folder, *board, &elf, board.size(workspace)?)?;
        }
        release.close(folder)
    });
}

/// Formatting, lints and the application's own tests, which need no board.
pub(crate) fn check(workspace: &Workspace, report: &mut Report) {
    let folder = workspace.root.join(FIRMWARE);
    let target_folder = workspace.target.join("boards");
    report.step("firmware rustfmt", "every crate of it", || {
        run(cargo().current_dir(&folder).args(["fmt", "--all", "--check"]))?;
        run(cargo().current_dir(workspace.root.join(LDK)).args(["fmt", "--check"]))
    });
    report.step("firmware clippy", "the application, warnings are errors", || {
        let mut clippy = cargo();
        clippy.current_dir(&folder).env("CARGO_TARGET_DIR", &target_folder);
        clippy.args(["clippy", "--quiet", "--all-targets", "--package", "countersign-firmware"]);
        run(clippy.args(["--", "-D", "warnings"]))
    });
    for board in IMAGES.iter().chain([&VECTORS, &VECTORS_RP2040]).chain(&BENCH).chain(&DEAREST) {
        report.step(&format!("firmware clippy {}", board.name), "warnings are errors", || {
            board.lint(workspace)
        });
    }
    report.step("firmware tests", "the application on mock boards", || {
        let mut test = cargo();
        test.current_dir(&folder).env("CARGO_TARGET_DIR", &target_folder);
        run(test.args(["test", "--quiet", "--package", "countersign-firmware"]))
    });
}

/// Boots the emulated board's image and talks to it.
pub(crate) fn emulate(workspace: &Workspace, report: &mut Report) {
    report.step("firmware in QEMU", "the image answers a payer over its serial port", || {
        let mut test = told_of_the_image(workspace, workspace.cargo_slow("test"))?;
        // One emulator at a time: its clock is the computer's, however busy that is.
        test.args(["--quiet", "--test", "qemu", "--", "--ignored", "--test-threads=1"]);
        run(&mut test)
    });
    report.step(
        "vectors in QEMU",
        "the known answers of BOLT 1, 4 and 12 on an ARM processor",
        || {
            // On a Cortex-M4 libsecp256k1 has its own multiplication in the field.
            for (board, without) in [(VECTORS, "on_a_cortex_m0"), (VECTORS_RP2040, "")] {
                let mut test = told_of_the_image(workspace, workspace.cargo_slow("test"))?;
                test.env("COUNTERSIGN_VECTORS_IMAGE", board.build(workspace)?);
                test.args(["--quiet", "--test", "vectors", "--", "--ignored"]);
                run(if without.is_empty() { &mut test } else { test.args(["--skip", without]) })?;
            }
            Ok(())
        },
    );
}

/// Boots the Pico's image with its USB port and talks to it.
pub(crate) fn emulate_pico(workspace: &Workspace, report: &mut Report) {
    report.step("Pico in rp2040js", "the image that is flashed answers over emulated USB", || {
        let mut test = told_of_the_pico(workspace, workspace.cargo_slow("test"))?;
        // Side by side: the board's clock stands still while the computer has no time for it.
        test.args(["--quiet", "--test", "pico", "--", "--ignored"]);
        run(&mut test)
    });
}

/// What drives the emulated board, told where its image is, which is built before, and of which commit.
pub(crate) fn told_of_the_image(workspace: &Workspace, mut driver: Command) -> Result<Command> {
    setup::ensure(Tool::Qemu)?;
    driver.env(EMULATED_IMAGE, EMULATED.build(workspace)?);
    driver.env("COUNTERSIGN_QEMU_COMMIT", workspace.commit().unwrap_or_else(|| "00".repeat(20)));
    Ok(driver)
}

/// What drives the emulated Pico, told where its image is, which is built before.
pub(crate) fn told_of_the_pico(workspace: &Workspace, mut driver: Command) -> Result<Command> {
    setup::ensure(Tool::Rp2040)?;
    driver.env("COUNTERSIGN_PICO_IMAGE", PICO.build(workspace)?);
    Ok(driver)
}

impl Board {
    /// Builds the image and returns where it is.
    pub(crate) fn build(self, workspace: &Workspace) -> Result<PathBuf> {
        setup::ensure(Tool::ArmGcc)?;
        // The profile's own folder has that name already.
        let target_folder = workspace.target.join("boards");
        let mut build = if self.folder == LDK {
            arm::image_with_heap(self.target, &target_folder)?
        } else {
            arm::image(self.target, &target_folder)?
        };
        build.current_dir(workspace.root.join(self.folder));
        // What is flashed is of the versions that the lock file names, and of no others.
        build.args(["--quiet", "--locked", "--profile", "firmware", "--package", self.package]);
        build.args(["--features", &self.features.join(",")]);
        if let Some(commit) = workspace.commit() {
            build.env("COUNTERSIGN_COMMIT", commit);
        }
        // In silence: `sizes --json` prints JSON and nothing else.
        output(&mut build)?;
        let linked = target_folder.join(self.target).join("firmware").join(self.package);
        let image = self.image(workspace);
        fs::create_dir_all(workspace.target.join("firmware"))?;
        fs::copy(&linked, &image).with_context(|| linked.display().to_string())?;
        Ok(image)
    }

    /// Clippy on the image and what is built for boards only.
    fn lint(self, workspace: &Workspace) -> Result<()> {
        setup::ensure(Tool::ArmGcc)?;
        let mut clippy = cargo();
        clippy.current_dir(workspace.root.join(self.folder));
        clippy.env("CARGO_TARGET_DIR", workspace.target.join("boards"));
        clippy.args(["clippy", "--quiet", "--profile", "firmware", "--target", self.target]);
        clippy.args(["--features", &self.features.join(",")]);
        for package in self.shared.iter().chain([&self.package]) {
            clippy.args(["--package", package]);
        }
        run(clippy.args(["--", "-D", "warnings"]))
    }

    /// Where the image is, once built.
    pub(crate) fn image(self, workspace: &Workspace) -> PathBuf {
        workspace.target.join("firmware").join(format!("{}.elf", self.name))
    }

    /// The size of the image that was built last.
    pub(crate) fn size(self, workspace: &Workspace) -> Result<Size> {
        let image = self.image(workspace);
        let said = output(Command::new("arm-none-eabi-size").arg(image))?;
        let line = said.lines().nth(1).context("arm-none-eabi-size has a second line")?;
        let mut columns = line.split_whitespace().map(str::parse::<u64>);
        let mut next = || Ok::<u64, anyhow::Error>(columns.next().context("a column")??);
        let (text, data, bss) = (next()?, next()?, next()?);
        // Initialised statics are in flash, and in RAM.
        Ok(Size { flash: text.saturating_add(data), static_ram: data.saturating_add(bss) })
    }
}

//! `flash`: builds a board's image and puts it onto the board.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;

use crate::firmware::{self, Board, Medium};
use crate::image::Image;
use crate::process::{run, succeeds};
use crate::report::Report;
use crate::uf2::{self, Family};
use crate::workspace::Workspace;

/// What is flashed, and where to.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The board that is plugged in
    #[arg(long, value_parser = firmware::parse_board)]
    board: Board,
    /// Where a Pico's drive is mounted, if not where desktops mount it
    #[arg(long)]
    drive: Option<PathBuf>,
}

/// The file that a boot ROM puts onto its drive, with the chip's name in it.
const INFORMATION: &str = "INFO_UF2.TXT";

/// Builds the image and flashes it.
pub(crate) fn flash(workspace: &Workspace, report: &mut Report, arguments: &Arguments) {
    let Arguments { board, drive } = arguments;
    report.step(&format!("flash {}", board.name), "the image onto the board", || {
        match board.medium {
            Medium::None => bail!(
                "{} is emulated: run `cargo xtask demo --device qemu`, which flashes nothing",
                board.name
            ),
            Medium::Drive { family, label } => {
                let drive = match drive {
                    Some(drive) => drive.clone(),
                    None => find(label, &mount_folders())?,
                };
                let elf = board.build(workspace)?;
                let file = elf.with_extension("uf2");
                convert(&elf, &file, family)?;
                copy(&file, &drive, label)?;
            }
            Medium::Debugger { chip } => debug(workspace, *board, chip)?,
        }
        println!("   flashed: the board starts again. `countersign device info` talks to it");
        Ok(())
    });
}

fn convert(elf: &Path, file: &Path, family: Family) -> Result<()> {
    let contents = uf2::encode(&Image::read(&fs::read(elf)?)?, family)?;
    fs::write(file, contents).with_context(|| format!("cannot write {}", file.display()))
}

/// Where desktops mount a drive that is plugged in.
fn mount_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        ["/media", "/run/media", "/mnt", "/Volumes"].map(PathBuf::from).into();
    if let Some(user) = std::env::var_os("USER") {
        folders.extend(["/media", "/run/media"].map(|folder| Path::new(folder).join(&user)));
    }
    folders
}

/// The drive of that label.
///
/// # Errors
///
/// It is in none of the folders: the message says what to do.
fn find(label: &str, folders: &[PathBuf]) -> Result<PathBuf> {
    let mut drives = folders.iter().map(|folder| folder.join(label));
    drives.find(|drive| drive.join(INFORMATION).is_file()).with_context(|| {
        format!(
            "no drive {label}: hold BOOTSEL while you plug the board in, then run this again. \
             If the drive is mounted elsewhere, name the folder with --drive"
        )
    })
}

/// Copies a file onto a boot ROM's drive, once it is seen to be that of the right chip.
fn copy(file: &Path, drive: &Path, label: &str) -> Result<()> {
    let information = drive.join(INFORMATION);
    let said = fs::read_to_string(&information).with_context(|| {
        format!(
            "{} is no Pico's drive: it has no {INFORMATION}. Hold BOOTSEL while you plug the \
             board in, and name the folder where its drive is mounted",
            drive.display()
        )
    })?;
    // `Board-ID: RPI-RP2` on the RP2040, `Board-ID: RP2350` on the other, as are the labels.
    ensure!(
        said.lines().any(|line| line.trim() == format!("Board-ID: {label}")),
        "{} is the drive of another chip: plug in the board that the image is for, or name the \
         other with --board",
        drive.display()
    );
    let name = file.file_name().context("a file with a name")?;
    println!("   {} onto {}", file.display(), drive.display());
    let mut target = File::create(drive.join(name)).with_context(|| {
        format!("cannot write to {}: is it mounted read-only?", drive.display())
    })?;
    let written = target.write_all(&fs::read(file)?).and_then(|()| target.sync_all());
    // The board starts with the last block, and takes its drive along.
    match written {
        Err(error) if information.exists() => {
            Err(error).context("the copy broke off: plug the board in again and run this again")
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Flashes by way of the debugger on the board.
fn debug(workspace: &Workspace, board: Board, chip: &str) -> Result<()> {
    if !succeeds(Command::new("probe-rs").arg("--version")) {
        bail!(
            "{} is flashed by its debugger, with probe-rs: run \
             `cargo install --locked probe-rs-tools`, then this again",
            board.name
        );
    }
    let image = board.build(workspace)?;
    let unplugged = "plug the cable into the debugger's connector and run this again";
    let mut download = Command::new("probe-rs");
    download.args(["download", "--chip", chip, "--verify"]).arg(image);
    run(&mut download).context(unplugged)?;
    run(Command::new("probe-rs").args(["reset", "--chip", chip])).context(unplugged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::tests::elf;

    /// A folder with a chip's drive in it.
    fn mounted(label: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let drive = folder.path().join(label);
        fs::create_dir(&drive).unwrap();
        let said = format!("UF2 Bootloader v3.0\r\nModel: A chip\r\nBoard-ID: {label}\r\n");
        fs::write(drive.join(INFORMATION), said).unwrap();
        (folder, drive)
    }

    #[test]
    fn a_drive_is_found_by_its_label() {
        let (folder, drive) = mounted("RPI-RP2");
        let folders = ["no-such-folder".into(), folder.path().to_owned()];
        assert_eq!(find("RPI-RP2", &folders).unwrap(), drive);
        let error = find("RP2350", &folders).unwrap_err().to_string();
        assert!(error.contains("no drive RP2350: hold BOOTSEL"), "{error}");
    }

    #[test]
    fn an_image_is_converted_and_copied_onto_the_drive() {
        let (folder, drive) = mounted("RPI-RP2");
        let linked = folder.path().join("pico.elf");
        fs::write(&linked, elf(&[(0x1000_0000, b"program")])).unwrap();
        let file = linked.with_extension("uf2");
        convert(&linked, &file, Family::Rp2040).unwrap();
        copy(&file, &drive, "RPI-RP2").unwrap();
        let copied = fs::read(drive.join("pico.uf2")).unwrap();
        assert_eq!(copied.len(), 16 * 512);
        assert_eq!(copied, fs::read(file).unwrap());
    }

    #[test]
    fn another_chip_s_drive_and_what_is_no_drive_are_left_alone() {
        let (folder, drive) = mounted("RP2350");
        let file = folder.path().join("pico.uf2");
        fs::write(&file, b"image").unwrap();
        let error = copy(&file, &drive, "RPI-RP2").unwrap_err().to_string();
        assert!(error.contains("another chip"), "{error}");
        assert!(!drive.join("pico.uf2").exists());
        let error = copy(&file, folder.path(), "RPI-RP2").unwrap_err().to_string();
        assert!(error.contains("no Pico's drive"), "{error}");
    }
}

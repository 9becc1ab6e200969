//! A folder of images to hand out: each board's ELF file and what flashes it, with sizes and digests.

use core::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::firmware::{Board, Medium, Size};
use crate::image::Image;
use crate::uf2;

/// The images that were put into a folder.
#[derive(Debug, Default)]
pub(crate) struct Release {
    sizes: Vec<Value>,
    digests: String,
}

impl Release {
    /// Puts one board's image into the folder, in each form that there is a use for.
    pub(crate) fn add(
        &mut self,
        folder: &Path,
        board: Board,
        elf: &[u8],
        size: Size,
    ) -> Result<()> {
        let Size { flash, static_ram } = size;
        let name = board.name;
        self.sizes.push(json!({ "board": name, "flash": flash, "static_ram": static_ram }));
        self.put(folder, &format!("{name}.elf"), elf)?;
        match board.medium {
            Medium::None => Ok(()),
            Medium::Drive { family, .. } => {
                let file = uf2::encode(&Image::read(elf)?, family)?;
                self.put(folder, &format!("{name}.uf2"), &file)
            }
            Medium::Debugger { .. } => {
                self.put(folder, &format!("{name}.bin"), &Image::read(elf)?.bytes)
            }
        }
    }

    /// Adds the files of sizes and digests.
    pub(crate) fn close(mut self, folder: &Path) -> Result<()> {
        let sizes = format!("{:#}\n", Value::Array(core::mem::take(&mut self.sizes)));
        self.put(folder, "sizes.json", sizes.as_bytes())?;
        write(folder, "SHA256SUMS", self.digests.as_bytes())?;
        print!("{}", self.digests);
        Ok(())
    }

    fn put(&mut self, folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
        for byte in Sha256::digest(bytes) {
            write!(self.digests, "{byte:02x}")?;
        }
        writeln!(self.digests, "  {name}")?;
        write(folder, name, bytes)
    }
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let path = folder.join(name);
    fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::firmware::IMAGES;
    use crate::image::tests::elf;

    #[test]
    fn a_folder_has_what_flashes_each_board_and_digests_that_hold() {
        let folder = tempfile::tempdir().unwrap();
        let elf = elf(&[(0x1000_0000, b"program")]);
        let mut release = Release::default();
        for board in IMAGES {
            let size = Size { flash: 7, static_ram: 0 };
            release.add(folder.path(), board, &elf, size).unwrap();
        }
        release.close(folder.path()).unwrap();

        let mut names: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        let expected = [
            "SHA256SUMS",
            "nrf52840-dk.bin",
            "nrf52840-dk.elf",
            "pico-screen.elf",
            "pico-screen.uf2",
            "pico.elf",
            "pico.uf2",
            "pico2.elf",
            "pico2.uf2",
            "qemu-mps2.elf",
            "sizes.json",
        ];
        assert_eq!(names, expected);
        assert_eq!(fs::read(folder.path().join("nrf52840-dk.bin")).unwrap(), b"program");
        let digests = fs::read_to_string(folder.path().join("SHA256SUMS")).unwrap();
        assert_eq!(digests.lines().count(), 10);
        let mut check = Command::new("sha256sum");
        check.current_dir(folder.path()).args(["--check", "--strict", "--quiet", "SHA256SUMS"]);
        assert!(check.status().unwrap().success());
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let missing = Path::new("no-such-folder");
        let error = Release::default().close(missing).unwrap_err();
        assert!(error.to_string().contains("no-such-folder"));
    }
}

//! What a linked program puts into a board's flash.

use anyhow::{Context as _, Result, ensure};
use object::LittleEndian;
use object::elf::{FileHeader32, PT_LOAD};
use object::read::elf::{FileHeader as _, ProgramHeader as _};

/// What erased flash reads as.
pub(crate) const ERASED: u8 = 0xFF;

/// More than any board's flash. What seems to be larger is not linked for flash alone.
const LARGEST: usize = 16 << 20;

/// Bytes of flash, from the first that a program occupies to the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    /// The address of the first byte.
    pub(crate) start: u32,
    /// The bytes, with gaps as erased flash.
    pub(crate) bytes: Vec<u8>,
}

impl Image {
    /// Reads the segments that are loaded from an ELF file.
    ///
    /// # Errors
    ///
    /// It is not a 32-bit little-endian ELF file, or not one of a program for flash.
    pub(crate) fn read(elf: &[u8]) -> Result<Self> {
        let header = FileHeader32::<LittleEndian>::parse(elf).context("no ELF file")?;
        let endian = header.endian()?;
        let mut segments = Vec::new();
        for segment in header.program_headers(endian, elf)? {
            let bytes = segment.data(endian, elf).ok().context("a segment beyond the file")?;
            if segment.p_type(endian) == PT_LOAD && !bytes.is_empty() {
                segments.push((segment.p_paddr(endian), bytes));
            }
        }
        segments.sort_unstable_by_key(|(address, _)| *address);
        let start = segments.first().context("nothing in the ELF file is loaded")?.0;
        let mut image = Self { start, bytes: Vec::new() };
        for (address, bytes) in segments {
            let offset = usize::try_from(address.saturating_sub(start))?;
            ensure!(offset >= image.bytes.len(), "two segments at {address:#010X}");
            let end = offset.saturating_add(bytes.len());
            ensure!(end <= LARGEST, "a segment at {address:#010X}, far from {start:#010X}");
            image.bytes.resize(offset, ERASED);
            image.bytes.extend_from_slice(bytes);
        }
        Ok(image)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const HEADER: u32 = 52;
    const SEGMENT: u32 = 32;

    /// An ELF file with segments of the given addresses and bytes.
    pub(crate) fn elf(segments: &[(u32, &[u8])]) -> Vec<u8> {
        let count = u32::try_from(segments.len()).unwrap();
        let mut file = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
        // An executable for ARM, version 1, entered at 0; program headers follow, and no sections.
        let words = [0x0028_0002, 1, 0, HEADER, 0, 0, SEGMENT << 16 | HEADER, count, 0];
        file.extend(words.iter().flat_map(|word: &u32| word.to_le_bytes()));
        let mut contents = Vec::new();
        let first = segments.iter().fold(HEADER, |end, _| end.saturating_add(SEGMENT));
        for (address, bytes) in segments {
            let offset = first.saturating_add(contents.len().try_into().unwrap());
            let length = u32::try_from(bytes.len()).unwrap();
            let words = [PT_LOAD, offset, 0x2000_0000, *address, length, length, 4, 4];
            file.extend(words.iter().flat_map(|word| word.to_le_bytes()));
            contents.extend_from_slice(bytes);
        }
        [file, contents].concat()
    }

    #[test]
    fn segments_lie_where_they_are_loaded_with_erased_flash_between() {
        let image = Image::read(&elf(&[(0x1000_0006, b"late"), (0x1000_0000, b"soon")])).unwrap();
        assert_eq!(image, Image { start: 0x1000_0000, bytes: b"soon\xFF\xFFlate".to_vec() });
    }

    #[test]
    fn what_is_loaded_into_ram_or_twice_is_refused() {
        let ram = elf(&[(0x1000_0000, b"flash"), (0x2000_0000, b"ram")]);
        assert!(Image::read(&ram).unwrap_err().to_string().contains("0x20000000"));
        let twice = elf(&[(0x1000_0000, b"flash"), (0x1000_0004, b"again")]);
        assert!(Image::read(&twice).unwrap_err().to_string().contains("two segments"));
    }

    #[test]
    fn what_is_no_program_is_refused() {
        assert!(Image::read(b"text").is_err());
        assert!(Image::read(&elf(&[])).is_err());
    }
}

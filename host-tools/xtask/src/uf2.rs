//! UF2: the file that a Pico takes on the drive that it shows while it waits for a program.
//!
//! Blocks of 512 bytes, each with 256 of the program and the address where they go.
//! Specification: <https://github.com/microsoft/uf2>.

use anyhow::{Result, ensure};

use crate::image::{ERASED, Image};

/// The chip that a file is for. Another's boot ROM ignores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Rp2040,
    /// The RP2350's ARM cores, secure.
    Rp2350Arm,
}

impl Family {
    const fn id(self) -> u32 {
        match self {
            Self::Rp2040 => 0xE48B_FF56,
            Self::Rp2350Arm => 0xE48B_FF59,
        }
    }
}

/// The words that each block begins with.
const MAGIC: [u32; 2] = [0x0A32_4655, 0x9E5D_5157];

/// The word that each block ends with.
const MAGIC_END: u32 = 0x0AB1_6F30;

/// The flag of a block that names a family.
const NAMES_FAMILY: u32 = 0x2000;

/// Bytes of the program in each block.
const PAYLOAD: usize = 256;

/// Bytes after them, to fill the block.
const FILLER: [u8; 220] = [0; 220];

/// Bytes that flash erases at once.
const SECTOR: u16 = 4_096;

/// The file that puts `image` into the flash of a chip.
///
/// It fills whole sectors: the RP2040's boot ROM erases one for every sixteen blocks, whichever they
/// are, and loses what lies across (erratum RP2040-E14).
///
/// # Errors
///
/// The image does not begin with a sector.
pub(crate) fn encode(image: &Image, family: Family) -> Result<Vec<u8>> {
    let Image { start, bytes } = image;
    ensure!(start.is_multiple_of(SECTOR.into()), "{start:#010X} is not the beginning of a sector");
    let mut program = bytes.clone();
    program.resize(bytes.len().next_multiple_of(SECTOR.into()), ERASED);
    let (payloads, _) = program.as_chunks::<PAYLOAD>();
    let (count, length) = (u32::try_from(payloads.len())?, u32::try_from(PAYLOAD)?);
    let addresses = (*start..).step_by(PAYLOAD);
    let mut file = Vec::new();
    for ((number, address), payload) in (0..count).zip(addresses).zip(payloads) {
        let words = [NAMES_FAMILY, address, length, number, count, family.id()];
        file.extend(MAGIC.iter().chain(&words).flat_map(|word| word.to_le_bytes()));
        file.extend_from_slice(payload);
        file.extend_from_slice(&FILLER);
        file.extend_from_slice(&MAGIC_END.to_le_bytes());
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The blocks of a file.
    fn blocks(file: &[u8]) -> &[[u8; 512]] {
        let (blocks, rest) = file.as_chunks();
        assert!(rest.is_empty());
        blocks
    }

    fn image(length: usize) -> Image {
        let bytes = (0_u8..=250).cycle().take(length).collect();
        Image { start: 0x1000_0000, bytes }
    }

    #[test]
    fn a_block_is_512_bytes_between_its_magic_words() {
        let file = encode(&image(1), Family::Rp2040).unwrap();
        assert_eq!(blocks(&file).len(), 16);
        for block in blocks(&file) {
            assert_eq!(&block[..8], b"UF2\x0A\x57\x51\x5D\x9E");
            assert_eq!(&block[508..], b"\x30\x6F\xB1\x0A");
        }
    }

    #[test]
    fn blocks_are_numbered_addressed_and_name_their_family() {
        for (family, id) in [(Family::Rp2040, 0xE48B_FF56), (Family::Rp2350Arm, 0xE48B_FF59)] {
            let file = encode(&image(4_097), family).unwrap();
            assert_eq!(blocks(&file).len(), 32);
            for (number, block) in (0_u32..).zip(blocks(&file)) {
                let address = 0x1000_0000 | number << 8;
                let header = [0x2000, address, 256, number, 32, id].map(u32::to_le_bytes);
                assert_eq!(&block[8..32], header.as_flattened());
            }
        }
    }

    #[test]
    fn the_payloads_are_the_program_and_then_erased_flash_up_to_a_sector() {
        let image = image(4_095);
        let file = encode(&image, Family::Rp2350Arm).unwrap();
        let program: Vec<u8> =
            blocks(&file).iter().flat_map(|block| &block[32..288]).copied().collect();
        assert_eq!(program.strip_prefix(&image.bytes[..]), Some(&[0xFF][..]));
    }

    #[test]
    fn a_program_that_does_not_begin_with_a_sector_is_refused() {
        let image = Image { start: 0x1000_0100, bytes: vec![0; 256] };
        assert!(encode(&image, Family::Rp2040).is_err());
    }
}

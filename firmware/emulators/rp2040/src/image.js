// The linked image: an ELF file, of which the segments in flash are taken as a programmer would.

const FLASH = 0x10000000;
const LOADED = 1;

/** Puts the image into `flash`. */
export function load(elf, flash) {
  if (elf.length < 52 || elf.readUInt32BE(0) !== 0x7f454c46) {
    throw new Error('not an ELF file: `cargo xtask firmware --board pico` makes one');
  }
  const [first, size, count] = [elf.readUInt32LE(28), elf.readUInt16LE(42), elf.readUInt16LE(44)];
  for (let index = 0; index < count; index++) {
    const header = first + index * size;
    const field = (number) => elf.readUInt32LE(header + 4 * number);
    const [type, offset, , address, length] = [0, 1, 2, 3, 4].map(field);
    const isInFlash = address >= FLASH && address + length <= FLASH + flash.length;
    if (type === LOADED && isInFlash) {
      flash.set(elf.subarray(offset, offset + length), address - FLASH);
    }
  }
}

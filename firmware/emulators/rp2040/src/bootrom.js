// A stand-in for the chip's boot ROM, of which the image uses what writes flash only.
//
// The table and its lookup are laid out as §2.8.2 and §2.8.3 of the RP2040's datasheet say. Each
// function is a breakpoint, which the emulator hands to us, and a return.

const MAGIC = 0x10;
const TABLES = 0x14;
const LOOKUP = 0x40;
const FUNCTIONS = 0x80;
const TABLE = 0x100;
const NO_DATA = 0x1f0;

const BREAKPOINT = 0xbe00;
const RETURN = 0x4770;

/** `rom_table_lookup`: the address beside the code in `r1`, in the table at `r0`, or zero. */
const LOOKUP_CODE = [
  0x8802, 0x2a00, 0xd005, 0x428a, 0xd001, 0x3004, 0xe7f8, 0x8840, RETURN, 0x2000, RETURN,
];

/** The functions by the two letters that they are looked up by; called with the registers. */
const ROM = {
  IF: () => {},
  EX: () => {},
  RE: (mcu, [from, length]) => mcu.flash.fill(0xff, from, from + length),
  RP: (mcu, [to, source, length]) => {
    // Programming can only clear bits.
    for (let at = 0; at < length; at++) mcu.flash[to + at] &= mcu.readUint8(source + at);
  },
  FC: () => {},
  // A copy in words, of the second stage, which is run again after flash was written.
  C4: (mcu, [to, source, length]) => {
    for (let at = 0; at < length; at++) mcu.writeUint8(to + at, mcu.readUint8(source + at));
  },
};

/** Puts the stand-in into `mcu`. */
export function install(mcu) {
  const rom = new DataView(mcu.bootrom.buffer);
  const put = (address, halfwords) =>
    halfwords.forEach((halfword, index) => rom.setUint16(address + 2 * index, halfword, true));

  put(MAGIC, [0x754d, 0x0201]);
  put(TABLES, [TABLE, NO_DATA, LOOKUP | 1]);
  put(LOOKUP, LOOKUP_CODE);
  const functions = Object.entries(ROM);
  functions.forEach(([code], index) => {
    const address = FUNCTIONS + 4 * index;
    put(address, [BREAKPOINT | index, RETURN]);
    put(TABLE + 4 * index, [code.charCodeAt(0) | (code.charCodeAt(1) << 8), address | 1]);
  });
  mcu.onBreak = (number) => {
    const entry = functions[number];
    if (entry === undefined) throw new Error(`a breakpoint of the image's own, number ${number}`);
    entry[1](mcu, mcu.core.registers);
  };
}

// The Raspberry Pi Pico: the chip with its flash, the light, and the two buttons.

import { randomBytes } from 'node:crypto';

import { ConsoleLogger, LogLevel, RP2040 } from 'rp2040js';

import * as bootrom from './bootrom.js';
import { Host } from './usb.js';

const LIGHT = 25;
const BUTTONS = { confirm: 14, cancel: 15 };
/** How long a finger stays on a button. */
const PRESS_NANOS = 100_000_000;

const NANOS_PER_CYCLE = 8;
/** The vectors of the image, behind the second stage of the boot. */
const VECTORS = 0x10000100;
/** Instructions between two looks at the world outside. */
const BATCH = 50_000;
/** An alarm that is nearer than this is not slept for. */
const NEAR_NANOS = 100_000;
/** The most that the board's clock goes on in one sleep: while this computer is busy with something
 * else, no time passes for the board. */
const NAP_NANOS = 2_000_000;

const XIP_CTRL = 0x14000;
const ROSC = 0x40060;
const ROSC_STATUS = 0x18;
const ROSC_RANDOM = 0x1c;
const ROSC_STABLE = 0x80001000;
const AIRCR = 0xd0c;
const RESET_REQUEST = 0x05fa0004;

/** A board with a cable to a host. */
export class Board {
  /**
   * @param flash the contents of the flash chip, which outlive the power
   * @param onTransfer told of every transfer over the cable
   */
  constructor(flash, onTransfer) {
    this.flash = flash;
    this.onTransfer = onTransfer;
    this.onPowered = () => {};
    this.onLight = () => {};
  }

  /** Switches the board on. */
  plug() {
    this.#start(null);
  }

  /** Pulls the plug: everything but the flash is gone. */
  unplug() {
    this.#stop();
    this.host.port = null;
    this.mcu = null;
    this.host = null;
  }

  /** Presses a button and lets it go. */
  press(button) {
    const pin = this.mcu.gpio[BUTTONS[button]];
    pin.setInputValue(false);
    this.after(PRESS_NANOS, () => pin.setInputValue(true));
  }

  /** Whether the light is on. */
  get isLit() {
    return this.mcu.gpio[LIGHT].outputEnable && this.mcu.gpio[LIGHT].outputValue;
  }

  /** The board's clock, in nanoseconds since it was switched on. */
  get nanos() {
    return this.mcu.clock.nanos;
  }

  /** Does something when so much of the board's time has passed. */
  after(nanos, act) {
    this.mcu.clock.createAlarm(act).schedule(nanos);
  }

  /** Something came from outside: a board that sleeps looks at it at once. */
  wake() {
    if (this.nap === undefined) return;
    clearTimeout(this.nap);
    this.#rise();
  }

  #start(memory) {
    const mcu = new RP2040();
    this.mcu = mcu;
    mcu.logger = new ConsoleLogger(LogLevel.Error, false);
    mcu.flash = this.flash;
    mcu.flash16 = new Uint16Array(this.flash.buffer);
    mcu.flashView = new DataView(this.flash.buffer);
    if (memory !== null) mcu.sram.set(memory.sram);
    bootrom.install(mcu);
    mcu.peripherals[XIP_CTRL] = nothing();
    mcu.peripherals[ROSC] = ringOscillator();
    this.#watchForResets(mcu);
    for (const pin of Object.values(BUTTONS)) mcu.gpio[pin].setInputValue(true);
    mcu.gpio[LIGHT].addListener(() => this.onLight());
    this.host = new Host(mcu, this.onTransfer);
    /** Settled once the image has nothing left to do. */
    this.booted = new Promise((resolve) => (this.resolveBooted = resolve));
    // Where the boot ROM and the second stage end.
    mcu.core.VTOR = VECTORS;
    mcu.core.SP = mcu.readUint32(VECTORS);
    mcu.core.PC = mcu.readUint32(VECTORS + 4) & ~1;
    this.onPowered();
    this.#go();
  }

  #stop() {
    clearImmediate(this.turn);
    clearTimeout(this.nap);
    this.nap = undefined;
  }

  #watchForResets(mcu) {
    mcu.watchdog = mcu.peripherals[0x40058];
    mcu.watchdog.onWatchdogTrigger = () => (this.resetWanted = true);
    const write = mcu.ppb.writeUint32.bind(mcu.ppb);
    mcu.ppb.writeUint32 = (offset, value) => {
      if (offset === AIRCR && value === RESET_REQUEST) this.resetWanted = true;
      else write(offset, value);
    };
  }

  #go() {
    const { core, clock } = this.mcu;
    let isIdle = false;
    for (let count = 0; count < BATCH && !isIdle && !this.resetWanted; count++) {
      if (!core.waiting) {
        clock.tick(core.executeInstruction() * NANOS_PER_CYCLE);
      } else if (clock.nextAlarm && clock.nanosToNextAlarm <= NEAR_NANOS) {
        clock.tick(clock.nanosToNextAlarm);
      } else {
        isIdle = true;
      }
    }
    if (this.resetWanted) {
      this.resetWanted = false;
      this.#stop();
      this.#start({ sram: this.mcu.sram });
    } else if (isIdle) {
      this.resolveBooted();
      this.asleep = process.hrtime.bigint();
      this.nap = setTimeout(() => this.#rise(), 1);
    } else {
      this.turn = setImmediate(() => this.#go());
    }
  }

  #rise() {
    this.nap = undefined;
    const slept = Number(process.hrtime.bigint() - this.asleep);
    this.mcu.clock.tick(Math.min(slept, NAP_NANOS));
    this.#go();
  }
}

/** A peripheral whose registers are written and never asked. */
function nothing() {
  return { readUint32: () => 0, writeUint32() {}, writeUint32Atomic() {} };
}

/** The ring oscillator: stable, and its noise is this computer's. */
function ringOscillator() {
  return {
    readUint32: (offset) => {
      if (offset === ROSC_RANDOM) return randomBytes(1)[0] & 1;
      return offset === ROSC_STATUS ? ROSC_STABLE : 0;
    },
    writeUint32() {},
    writeUint32Atomic() {},
  };
}

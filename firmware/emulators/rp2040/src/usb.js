// A USB host with a driver for one CDC-ACM device, on the chip's device controller.
//
// The emulator's own buffers are acknowledged before there is anything in them, and its own host
// never lets a device wait. This host does as silicon and Linux do: a packet out waits until the
// device has a buffer for it, a packet in until somebody reads, and a read ends with a short packet
// or when its 128 bytes are full.

const PACKET = 64;
/** What Linux's driver asks for at a time. */
const READ = 2 * PACKET;
/** A full packet with its handshake takes this long on the wire. */
const PACKET_NANOS = 55_000;

const BUFFER_CONTROL = 0x80;
const BUFFER_CONTROL_END = 0x100;
const CONTROL_BUFFER = 0x100;
const LENGTH = 0x3ff;
const AVAILABLE = 1 << 10;
const STALL = 1 << 11;
const FULL = 1 << 15;

const TO_HOST = 0x80;
const SET_ADDRESS = [0x00, 5];
const GET_DESCRIPTOR = [TO_HOST, 6];
const SET_CONFIGURATION = [0x00, 9];
const SET_CONTROL_LINE_STATE = [0x21, 0x22];
const CONFIGURATION = 2;
const INTERFACE = 4;
const ENDPOINT = 5;
const CDC_DATA = 10;
/** What a driver reads of a configuration before it knows how long that is. */
const CONFIGURATION_HEADER = 9;

/** Whoever has the cable in hand. */
export class Host {
  /**
   * @param mcu the chip
   * @param onTransfer told of every transfer: which way, how many bytes
   */
  constructor(mcu, onTransfer) {
    this.mcu = mcu;
    this.controller = mcu.usbCtrl;
    this.view = mcu.usbDPRAMView;
    this.onTransfer = onTransfer;
    /** Told what the device sent, once a read is complete. */
    this.onData = () => {};
    /** Buffers that the device has handed to the controller, by register. */
    this.armed = new Map();
    this.control = null;
    this.queue = [];
    this.port = null;
    this.isOpen = false;
    this.#awaitEnumeration();
    this.controller.DPRAMUpdated = (offset, value) => this.#bufferControl(offset, value);
    this.controller.onUSBEnabled = () => this.reset();
    this.controller.onResetReceived = () => this.#enumerate().catch((error) => this.onError(error));
    this.onError = (error) => {
      throw error;
    };
  }

  /** Resets the bus, as when the host wakes up; enumeration follows. */
  reset() {
    this.armed.clear();
    this.queue = [];
    this.received = [];
    this.control?.reject(new Error('the bus was reset'));
    this.control = null;
    if (this.port !== null) this.#awaitEnumeration();
    this.port = null;
    this.controller.resetDevice();
  }

  /** A descriptor, of which at most `length` bytes are asked for. */
  descriptor(type, index, length) {
    return this.#transfer(GET_DESCRIPTOR, (type << 8) | index, 0, length);
  }

  /** Opens the port: raises DTR and RTS, and reads from now on. */
  async open() {
    await this.enumerated;
    this.isOpen = true;
    this.received = [];
    await this.#transfer(SET_CONTROL_LINE_STATE, 3, 0, 0);
    this.#pollIn();
  }

  /** Closes the port, and forgets what was not sent yet. */
  async close() {
    this.isOpen = false;
    this.queue = [];
    // Without a device there is nobody to tell.
    if (this.port !== null) await this.#transfer(SET_CONTROL_LINE_STATE, 0, 0, 0).catch(() => {});
  }

  /** Sends `bytes` as one transfer. */
  send(bytes) {
    this.onTransfer('to-device', bytes.length);
    for (let at = 0; at < bytes.length; at += PACKET) {
      this.queue.push(bytes.subarray(at, at + PACKET));
    }
    this.#pumpOut();
  }

  /** How many packets wait for the device. */
  get backlog() {
    return this.queue.length;
  }

  #awaitEnumeration() {
    /** Settled once the device can be used. */
    this.enumerated = new Promise((resolve) => (this.resolveEnumerated = resolve));
  }

  async #enumerate() {
    this.armed.clear();
    await this.#transfer(SET_ADDRESS, 1, 0, 0);
    const header = await this.descriptor(CONFIGURATION, 0, CONFIGURATION_HEADER);
    const configuration = await this.descriptor(CONFIGURATION, 0, header[2] | (header[3] << 8));
    const port = dataEndpoints(configuration);
    await this.#transfer(SET_CONFIGURATION, 1, 0, 0);
    this.port = port;
    this.resolveEnumerated();
  }

  /** One control transfer after the other; resolves to the bytes that came in. */
  #transfer([requestType, request], value, index, length) {
    const previous = this.lastControl ?? Promise.resolve();
    const next = previous.catch(() => {}).then(
      () =>
        new Promise((resolve, reject) => {
          this.control = { requestType, length, data: [], resolve, reject };
          const words = [value, index, length].flatMap((word) => [word & 0xff, word >> 8]);
          const setup = new Uint8Array([requestType, request, ...words]);
          this.#after(PACKET_NANOS, () => this.controller.sendSetupPacket(setup));
        }),
    );
    this.lastControl = next;
    return next;
  }

  /** The device wrote a buffer's control register. */
  #bufferControl(offset, value) {
    if (offset < BUFFER_CONTROL || offset >= BUFFER_CONTROL_END) return;
    const endpoint = (offset - BUFFER_CONTROL) >> 3;
    if (endpoint === 0 && value & STALL) return this.#stalled();
    if (!(value & AVAILABLE)) return;
    this.armed.set(offset, value & LENGTH);
    if (endpoint === 0) {
      this.#after(PACKET_NANOS, () => this.#controlStage(offset));
    } else if (offset & 4) {
      this.#pumpOut();
    } else {
      this.#pollIn();
    }
  }

  #controlStage(offset) {
    const { control } = this;
    if (control === null || !this.armed.has(offset)) return;
    if (offset & 4) {
      // The empty packet that ends what came in: no request here has data out.
      this.#fill(offset, new Uint8Array(0));
      this.#finish(control);
      return;
    }
    const packet = this.#take(offset);
    control.data.push(...packet);
    if (!(control.requestType & TO_HOST)) this.#finish(control);
  }

  #finish(control) {
    this.control = null;
    control.resolve(Uint8Array.from(control.data));
  }

  #stalled() {
    const { control } = this;
    this.control = null;
    control?.reject(new Error('the device refuses this request'));
  }

  #pumpOut() {
    if (this.port === null || this.isSending) return;
    const offset = BUFFER_CONTROL + 8 * this.port.out + 4;
    if (!this.armed.has(offset) || this.queue.length === 0) return;
    this.isSending = true;
    this.#after(PACKET_NANOS, () => {
      this.isSending = false;
      if (!this.armed.has(offset) || this.queue.length === 0) return;
      this.#fill(offset, this.queue.shift());
      this.onBacklog?.();
    });
  }

  #pollIn() {
    if (this.port === null || !this.isOpen || this.isReading) return;
    const offset = BUFFER_CONTROL + 8 * this.port.in;
    if (!this.armed.has(offset)) return;
    this.isReading = true;
    this.#after(PACKET_NANOS, () => {
      this.isReading = false;
      if (!this.armed.has(offset) || !this.isOpen) return;
      const packet = this.#take(offset);
      this.received.push(...packet);
      if (packet.length < PACKET || this.received.length >= READ) {
        const data = Uint8Array.from(this.received);
        this.received = [];
        this.onTransfer('to-host', data.length);
        this.onData(data);
      }
    });
  }

  /** Gives the device a packet that it has a buffer for. */
  #fill(offset, packet) {
    const length = Math.min(packet.length, this.armed.get(offset));
    this.armed.delete(offset);
    this.mcu.usbDPRAM.set(packet.subarray(0, length), this.#buffer(offset));
    const kept = this.view.getUint32(offset, true) & ~(AVAILABLE | LENGTH);
    this.view.setUint32(offset, kept | FULL | length, true);
    this.#ready(offset);
  }

  /** Takes the packet that the device has put into a buffer. */
  #take(offset) {
    const length = this.armed.get(offset);
    this.armed.delete(offset);
    const start = this.#buffer(offset);
    const packet = this.mcu.usbDPRAM.slice(start, start + length);
    this.view.setUint32(offset, this.view.getUint32(offset, true) & ~(AVAILABLE | FULL), true);
    this.#ready(offset);
    return packet;
  }

  #buffer(offset) {
    const [endpoint, isOut] = [(offset - BUFFER_CONTROL) >> 3, (offset & 4) !== 0];
    return endpoint === 0 ? CONTROL_BUFFER : this.controller.getEndpointBufferOffset(endpoint, isOut);
  }

  #ready(offset) {
    this.controller.indicateBufferReady((offset - BUFFER_CONTROL) >> 3, (offset & 4) !== 0);
  }

  #after(nanos, act) {
    this.mcu.clock.createAlarm(act).schedule(nanos);
  }
}

/** The numbers of the endpoints that carry data, from a configuration's descriptors. */
function dataEndpoints(configuration) {
  const found = {};
  let kind = 0;
  for (let at = 0; at < configuration.length && configuration[at] > 0; at += configuration[at]) {
    if (configuration[at + 1] === INTERFACE) kind = configuration[at + 5];
    if (configuration[at + 1] === ENDPOINT && kind === CDC_DATA) {
      const address = configuration[at + 2];
      found[address & TO_HOST ? 'in' : 'out'] = address & 0xf;
    }
  }
  if (found.in === undefined || found.out === undefined) throw new Error('not a CDC-ACM device');
  return found;
}

#!/usr/bin/env node
// Runs the Pico's image, unmodified, and makes its emulated USB port a TCP port of this computer.
//
//   node src/main.js IMAGE [--port N] [--flash FILE] [--approve always|never]
//
// The first line on the standard output is the device's address, as `countersign --device` takes it:
// whoever connects there has opened the port. Lines on the standard input are what one can do to a
// board; each is answered by a line of JSON. README.md lists them.

import fs from 'node:fs';
import net from 'node:net';
import readline from 'node:readline';
import { parseArgs } from 'node:util';

import { Board } from './board.js';
import { load } from './image.js';

const MEGABYTE = 1024 * 1024;
/** What the emulator takes for a flash chip: its first two megabytes are the board's. */
const FLASH = 16 * MEGABYTE;
const STATE = 2 * MEGABYTE - 64 * 1024;
const STATE_END = 2 * MEGABYTE;

/** How many packets may wait before the connection does. */
const BACKLOG = 64;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string', default: '0' },
    flash: { type: 'string' },
    approve: { type: 'string', default: 'never' },
  },
});

const flash = new Uint8Array(FLASH).fill(0xff);
load(fs.readFileSync(positionals[0]), flash);
if (values.flash !== undefined && fs.existsSync(values.flash)) {
  flash.set(fs.readFileSync(values.flash), STATE);
}

let transfers = [];
let connection = null;
const board = new Board(flash, (direction, bytes) =>
  transfers.push({ direction, bytes, micros: Math.round(board.nanos / 1000) }),
);
board.onPowered = () => {
  board.host.onData = (data) => connection?.write(data);
  board.host.onBacklog = () => board.host.backlog < BACKLOG && connection?.resume();
  if (values.approve === 'always') board.onLight = watchLight;
};

/** Presses yes when the light has flickered: it was on twice within that time. */
const FLICKER_NANOS = 400_000_000;
let lit = -Infinity;
function watchLight() {
  if (!board.isLit) return;
  if (board.nanos - lit < FLICKER_NANOS) board.press('confirm');
  lit = board.nanos;
}

/** The host's side of the port: it has one user at a time, and the next one waits. */
let turn = Promise.resolve();
const server = net.createServer({ pauseOnConnect: true }, (socket) => {
  socket.setNoDelay(true);
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.on('close', resolve));
  turn = turn.then(() => use(socket, closed));
});

async function use(socket, closed) {
  const { host } = board;
  if (socket.destroyed || host === null) return socket.destroy();
  connection = socket;
  socket.on('data', (data) => {
    host.send(data);
    if (host.backlog > BACKLOG) socket.pause();
    board.wake();
  });
  const opened = host.open();
  board.wake();
  await opened;
  socket.resume();
  await closed;
  connection = null;
  await host.close();
}

/** What can be done to a board, by the words of a line. */
const verbs = {
  press: (button) => board.press(button),
  unplug: () => {
    connection?.destroy();
    connection = null;
    board.unplug();
  },
  plug: async () => {
    board.plug();
    await board.host.enumerated;
    await board.booted;
  },
  reset: () => board.host.reset(),
  descriptor: async (type, index, length) =>
    Buffer.from(await board.host.descriptor(+type, +index, +length)).toString('hex'),
  transfers: () => transfers.splice(0),
};

function save() {
  if (values.flash !== undefined) fs.writeFileSync(values.flash, flash.subarray(STATE, STATE_END));
}
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    save();
    process.exit(0);
  });
}

board.plug();
await board.host.enumerated;
await board.booted;
server.listen(Number(values.port), '127.0.0.1', () => {
  console.log(`tcp:127.0.0.1:${server.address().port}`);
});

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  const [verb, ...words] = line.split(' ');
  try {
    const done = verbs[verb](...words);
    board.wake();
    console.log(JSON.stringify((await done) ?? 'done'));
  } catch (error) {
    console.log(JSON.stringify({ error: error.message }));
  }
});

/**
 * The load of the media bench, a process of its own: parties that send and hear G.711 over UDP, 50 packets a second each, spread
 * over the 20 ms. Every payload begins with the time it was sent, so that the one-way time through the server is measured here.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { systemClock } from '../../kernel/clock.ts';

export type ToLoad = { type: 'open'; parties: number } | { type: 'aim'; ports: number[] } | { type: 'measure' } | { type: 'report' } | { type: 'hush' };
export type FromLoad = { type: 'opened'; ports: number[] } | { type: 'aimed' } | { type: 'figures'; figures: LoadFigures };
export interface LoadFigures {
  sent: number;
  received: number;
  p50Ms: number;
  p99Ms: number;
}

const PACKET_BYTES = 172;
const STAMP_AT = 12;
const SLOT_MS = 2;
const SLOTS = 10;
const MOST_TIMES = 2_000_000;

class Load {
  #sockets: Socket[] = [];
  #sequence = 0;
  #measuring = false;
  #sent = 0;
  #received = 0;
  #times = new Float64Array(MOST_TIMES);
  #stop: (() => void) | null = null;

  async open(parties: number): Promise<number[]> {
    for (let n = 0; n < parties; n += 1) {
      const socket = createSocket('udp4');
      socket.on('error', () => undefined);
      socket.on('message', (packet) => this.#hear(packet));
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      this.#sockets.push(socket);
    }
    return this.#sockets.map((socket) => socket.address().port);
  }

  async aim(ports: number[]): Promise<void> {
    for (const [at, socket] of this.#sockets.entries()) {
      socket.connect(ports[at] ?? 9, '127.0.0.1');
      await once(socket, 'connect');
    }
    let slot = Math.floor(systemClock.now() / SLOT_MS);
    this.#stop = systemClock.every(1, () => {
      for (const due = Math.floor(systemClock.now() / SLOT_MS); slot < due; slot += 1) this.#send(slot);
    });
  }

  measure(): void {
    this.#measuring = true;
    this.#sent = 0;
    this.#received = 0;
  }

  async report(): Promise<LoadFigures> {
    this.#measuring = false;
    // What was sent last is still on its way.
    await new Promise<void>((resolve) => void systemClock.after(200, resolve));
    const times = this.#times.subarray(0, Math.min(this.#received, MOST_TIMES)).sort();
    const share = (part: number): number => Math.round((times[Math.floor(times.length * part)] ?? 0) * 1000) / 1000;
    return { sent: this.#sent, received: this.#received, p50Ms: share(0.5), p99Ms: share(0.99) };
  }

  hush(): void {
    this.#stop?.();
    for (const socket of this.#sockets) socket.close();
    this.#sockets = [];
  }

  #send(slot: number): void {
    if (slot % SLOTS === 0) this.#sequence += 1;
    for (let at = slot % SLOTS; at < this.#sockets.length; at += SLOTS) {
      const packet = Buffer.alloc(PACKET_BYTES, 0xd5);
      packet[0] = 0x80;
      packet[1] = 8;
      packet.writeUInt16BE(this.#sequence & 0xffff, 2);
      packet.writeUInt32BE((this.#sequence * 160) >>> 0, 4);
      packet.writeUInt32BE(at + 1, 8);
      packet.writeDoubleBE(this.#measuring ? systemClock.now() : 0, STAMP_AT);
      if (this.#measuring) this.#sent += 1;
      this.#sockets[at]?.send(packet);
    }
  }

  #hear(packet: Buffer): void {
    if (packet.length !== PACKET_BYTES) return;
    const sentMs = packet.readDoubleBE(STAMP_AT);
    // Prompts and music carry no stamp; packets from before the measurement carry nought.
    if (!(sentMs > 1e12)) return;
    if (this.#received < MOST_TIMES) this.#times[this.#received] = systemClock.now() - sentMs;
    this.#received += 1;
  }
}

const load = new Load();
const tell = (message: FromLoad): void => void process.send?.(message);
async function take(message: ToLoad): Promise<void> {
  if (message.type === 'open') tell({ type: 'opened', ports: await load.open(message.parties) });
  else if (message.type === 'aim') {
    await load.aim(message.ports);
    tell({ type: 'aimed' });
  } else if (message.type === 'measure') load.measure();
  else if (message.type === 'report') tell({ type: 'figures', figures: await load.report() });
  else load.hush();
}
process.on('message', (message: ToLoad) => void take(message));
process.on('disconnect', () => process.exit(0));

/** One RTP stream of a test phone: sends PCMA at 50 packets a second, keeps what it hears, sends and hears RFC 4733 keys. */
import { createSocket, type Socket } from 'node:dgram';
import { systemClock } from '../../kernel/clock.ts';
import { randomBelow } from '../../kernel/ids.ts';
import { alawDecode, alawEncode, rms, SAMPLE_RATE, shareAt, sine, ulawDecode } from './tone.ts';

const FRAME = 160;
const FRAME_MS = 20;
const SILENCE = 0xd5;
const PCMU = 0;
const PCMA = 8;
export const EVENTS = 101;
const MOST_FRAMES_KEPT = 50 * 120;
const KEYS = '0123456789*#ABCD';
/** Frames a key is held, then end packets, then a pause before the next. */
const KEY_FRAMES = 5;
const KEY_ENDS = 3;
const KEY_PAUSE = 4;
const JUDGED = SAMPLE_RATE / 5;

interface KeyInFlight {
  event: number;
  frame: number;
  timestamp: number;
}

export class RtpStream {
  readonly #socket: Socket;
  readonly #frames: Int16Array[] = [];
  readonly #ssrc = randomBelow(0xffff_ffff);
  #sequence = randomBelow(0x8000);
  #timestamp = randomBelow(0x8000_0000);
  #remote: { address: string; port: number } | null = null;
  #stopTicking: (() => void) | null = null;
  #startedAt = 0;
  #ticks = 0;
  #hz = 0;
  #sample = 0;
  #keys: string[] = [];
  #key: KeyInFlight | null = null;
  #heardKey = -1;
  /** Keys heard, in order. */
  heardKeys = '';
  packetsIn = 0;
  /** The longest time between two packets since `forget`, in ms. */
  longestGapMs = 0;
  #lastInAt: number | null = null;
  /** Port of the last packet's sender. */
  heardFrom = 0;
  packetsOut = 0;
  /** false = nothing leaves: a phone that vanished. */
  sending = true;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (packet, { port }) => {
      this.heardFrom = port;
      this.#hear(packet);
    });
    socket.on('error', () => undefined);
  }

  static open(address: string): Promise<RtpStream> {
    return new Promise((resolve, reject) => {
      const socket = createSocket('udp4');
      socket.once('error', reject);
      socket.bind(0, address, () => resolve(new RtpStream(socket)));
    });
  }

  get port(): number {
    return this.#socket.address().port;
  }

  sendTo(address: string, port: number): void {
    this.#remote = { address, port };
    if (this.#stopTicking !== null) return;
    this.#startedAt = systemClock.now();
    this.#stopTicking = systemClock.every(FRAME_MS / 2, () => this.#tick());
  }

  /** 0 = silence */
  play(hz: number): void {
    this.#hz = hz;
  }

  /** Sends keys one after another; resolves when the last has gone. */
  async press(keys: string): Promise<void> {
    this.#keys.push(...keys);
    const deadline = systemClock.now() + 1_000 * (keys.length + 1);
    while ((this.#keys.length > 0 || this.#key !== null) && systemClock.now() < deadline) await tick();
  }

  /** All that was heard since `forget` or the start (at most two minutes). */
  heard(): Int16Array {
    const samples = new Int16Array(this.#frames.reduce((sum, frame) => sum + frame.length, 0));
    let at = 0;
    for (const frame of this.#frames) {
      samples.set(frame, at);
      at += frame.length;
    }
    return samples;
  }

  forget(): void {
    this.#frames.length = 0;
    this.longestGapMs = 0;
    this.#lastInAt = null;
  }

  /** Which part of the last 200 ms the tone is. */
  share(hz: number): number {
    return shareAt(Int16Array.from(this.#frames.slice(-JUDGED / FRAME).flatMap((frame) => [...frame])), hz);
  }

  /** true as soon as 200 ms of the tone are heard. */
  hears(hz: number, withinMs = 3_000): Promise<boolean> {
    return this.#until(withinMs, (last) => shareAt(last, hz) > 0.7);
  }

  /** true as soon as 200 ms of anything but silence are heard. */
  hearsSound(withinMs = 3_000): Promise<boolean> {
    return this.#until(withinMs, (last) => rms(last) > 200);
  }

  async #until(withinMs: number, judge: (last: Int16Array) => boolean): Promise<boolean> {
    const deadline = systemClock.now() + withinMs;
    while (systemClock.now() < deadline) {
      const recent = this.#frames.slice(-JUDGED / FRAME);
      if (recent.length * FRAME >= JUDGED && judge(Int16Array.from(recent.flatMap((frame) => [...frame])))) return true;
      await tick();
    }
    return false;
  }

  close(): void {
    this.#stopTicking?.();
    this.#stopTicking = null;
    this.#socket.close();
  }

  /** As many packets as the clock asks for: a late timer does not slow the stream. */
  #tick(): void {
    const due = Math.floor((systemClock.now() - this.#startedAt) / FRAME_MS);
    while (this.#ticks < due) {
      this.#ticks += 1;
      this.#sendFrame();
    }
  }

  #sendFrame(): void {
    this.#timestamp = (this.#timestamp + FRAME) >>> 0;
    if (!this.sending) return;
    if (this.#key === null && this.#keys.length > 0) this.#key = { event: KEYS.indexOf(this.#keys.shift() ?? ''), frame: 0, timestamp: this.#timestamp };
    if (this.#key === null) this.#send(PCMA, this.#timestamp, this.#audio(), false);
    else this.#sendKey(this.#key);
  }

  #audio(): Buffer {
    if (this.#hz === 0) return Buffer.alloc(FRAME, SILENCE);
    const samples = sine(this.#hz, this.#sample, FRAME);
    this.#sample += FRAME;
    return Buffer.from(samples.map(alawEncode));
  }

  #sendKey(key: KeyInFlight): void {
    key.frame += 1;
    if (key.frame > KEY_FRAMES + KEY_ENDS) {
      this.#send(PCMA, this.#timestamp, this.#audio(), false);
      if (key.frame > KEY_FRAMES + KEY_ENDS + KEY_PAUSE) this.#key = null;
      return;
    }
    const payload = Buffer.alloc(4);
    payload.writeUInt8(key.event, 0);
    payload.writeUInt8((key.frame > KEY_FRAMES ? 0x80 : 0) | 10, 1);
    payload.writeUInt16BE(Math.min(key.frame, KEY_FRAMES) * FRAME, 2);
    this.#send(EVENTS, key.timestamp, payload, key.frame === 1);
  }

  #send(payloadType: number, timestamp: number, payload: Buffer, marker: boolean): void {
    if (this.#remote === null) return;
    const header = Buffer.alloc(12);
    header.writeUInt8(0x80, 0);
    header.writeUInt8((marker ? 0x80 : 0) | payloadType, 1);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    header.writeUInt16BE(this.#sequence, 2);
    header.writeUInt32BE(timestamp, 4);
    header.writeUInt32BE(this.#ssrc, 8);
    this.#socket.send(Buffer.concat([header, payload]), this.#remote.port, this.#remote.address, () => undefined);
    this.packetsOut += 1;
  }

  #hear(packet: Buffer): void {
    if (packet.length < 12 || packet.readUInt8(0) >> 6 !== 2) return;
    this.packetsIn += 1;
    const now = systemClock.now();
    this.longestGapMs = Math.max(this.longestGapMs, now - (this.#lastInAt ?? now));
    this.#lastInAt = now;
    const payloadType = packet.readUInt8(1) & 0x7f;
    const payload = packet.subarray(12 + 4 * (packet.readUInt8(0) & 0x0f));
    if (payloadType === EVENTS && payload.length >= 4) {
      const timestamp = packet.readUInt32BE(4);
      if (timestamp !== this.#heardKey) this.heardKeys += KEYS[payload.readUInt8(0)] ?? '?';
      this.#heardKey = timestamp;
    } else if (payloadType === PCMA || payloadType === PCMU) {
      const decode = payloadType === PCMA ? alawDecode : ulawDecode;
      this.#frames.push(Int16Array.from(payload, decode));
      if (this.#frames.length > MOST_FRAMES_KEPT) this.#frames.shift();
    }
  }
}

const tick = (): Promise<void> => new Promise((resolve) => void systemClock.after(FRAME_MS, resolve));

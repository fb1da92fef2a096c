/**
 * One tap of a leg: its samples to a consumer at a local stream socket, and the consumer's back to the leg. The consumer listens, we
 * connect. It may be as slow as it likes: the oldest of what it has not read is dropped, and counted, and no call waits for it.
 */
import { createConnection, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Codec, toLinear } from '../codec/g711.ts';
import { Resampler } from '../codec/resampler.ts';
import { MediaError, type TapRequest } from '../port.ts';
import type { Tap } from '../record/recording.ts';
import { Timeline } from '../record/timeline.ts';
import { Outbox } from './outbox.ts';
import { Speech } from './speech.ts';
import { FrameReader, HEAD_BYTES, KIND, MOST_PAYLOAD_BYTES, writeHead } from './wire.ts';

const NARROW_RATE = 8000;
/** Two seconds of both directions. */
const MOST_FRAMES_WAITING = 200;
/** What the kernel and the stream hold of it before we queue ourselves. */
const MOST_IN_SOCKET_BYTES = 16_384;
const CONNECT_MS = 3000;
/** A packet that holds more is no telephone's. */
const MOST_SAMPLES = 2048;
const scratch = new Int16Array(MOST_SAMPLES);
const resampled = new Int16Array(MOST_SAMPLES * 2 + 4);

/** One direction on its way out. */
class Direction {
  readonly kind: number;
  readonly #upward: Resampler | null;
  /** Where, at 8 kHz, the last frame ended. */
  end = 0;

  constructor(kind: number, rate: number) {
    this.kind = kind;
    this.#upward = rate === NARROW_RATE ? null : new Resampler(NARROW_RATE, rate);
  }

  /** A whole frame of these samples. */
  frame(packet: Buffer, start: number, end: number, codec: Codec, position: number, dropped: number): Buffer {
    const table = toLinear[codec];
    const count = Math.min(end - start, MOST_SAMPLES);
    for (let at = 0; at < count; at += 1) scratch[at] = table[packet[start + at] as number] as number;
    this.end = position + count;
    const made = this.#upward === null ? count : this.#upward.run(scratch, 0, count, resampled, 0);
    const samples = this.#upward === null ? scratch : resampled;
    const frame = Buffer.allocUnsafe(HEAD_BYTES + made * 2);
    writeHead(frame, this.kind, made * 2, this.#upward === null ? position : position * 2, dropped);
    for (let at = 0; at < made; at += 1) frame.writeInt16LE(samples[at] as number, HEAD_BYTES + at * 2);
    return frame;
  }
}

export class TapStream {
  /** Takes what the party says. */
  readonly said: Tap;
  readonly speech: Speech;
  readonly #now: () => number;
  readonly #startMs: number;
  readonly #socket: Duplex;
  readonly #outbox = new Outbox(MOST_FRAMES_WAITING);
  readonly #in: Direction;
  readonly #out: Direction;
  readonly #downward: Resampler | null;
  readonly #reader = new FrameReader();
  #onEnd: ((reason: string | null) => void) | null;

  constructor(request: TapRequest, now: () => number, socket: Duplex, onEnd: (reason: string | null) => void) {
    this.#now = now;
    this.#startMs = now();
    this.#socket = socket;
    this.#onEnd = onEnd;
    this.#in = new Direction(KIND.said, request.rate);
    this.#out = new Direction(KIND.heard, request.rate);
    this.#downward = request.rate === NARROW_RATE ? null : new Resampler(request.rate, NARROW_RATE);
    this.speech = new Speech(() => socket.resume());
    const timeline = new Timeline();
    this.said = {
      heard: (packet, header, codec, nowMs) => {
        const position = Math.max(0, timeline.place(header.ssrc, header.timestamp, this.#at(nowMs)));
        this.#send(this.#in.frame(packet, header.payloadStart, header.payloadEnd, codec, position, this.#outbox.dropped));
      },
    };
    socket.on('data', (chunk: Buffer) => this.#hear(chunk));
    socket.on('drain', () => this.#drain());
    socket.on('error', (error) => this.#finish(error.message));
    socket.on('close', () => this.#finish('the consumer closed the connection'));
    const { tapId, endpointId, rate, directions } = request;
    const hello = Buffer.from(JSON.stringify({ tapId, endpointId, rate, directions, format: 'S16LE' }));
    const head = Buffer.alloc(HEAD_BYTES);
    writeHead(head, KIND.hello, hello.length, 0, 0);
    socket.write(Buffer.concat([head, hello]));
  }

  /** 20 ms that the party is sent. */
  heard(packet: Buffer, start: number, end: number, codec: Codec): void {
    // What is sent without a pause follows to the sample, however unevenly it is sent.
    const arrival = this.#at(this.#now());
    const position = Math.abs(arrival - this.#out.end) < 480 ? this.#out.end : arrival;
    this.#send(this.#out.frame(packet, start, end, codec, position, this.#outbox.dropped));
  }

  get dropped(): number {
    return this.#outbox.dropped;
  }

  close(): void {
    this.#finish(null);
  }

  #at(nowMs: number): number {
    return Math.max(0, Math.round((nowMs - this.#startMs) * 8));
  }

  #send(frame: Buffer): void {
    this.#outbox.add(frame);
    this.#drain();
  }

  #drain(): void {
    while (this.#outbox.length > 0 && this.#socket.writableLength < MOST_IN_SOCKET_BYTES) this.#socket.write(this.#outbox.next() ?? '');
  }

  #hear(chunk: Buffer): void {
    try {
      this.#reader.take(chunk, (kind, payload) => this.#order(kind, payload));
    } catch (error) {
      this.#finish((error as Error).message);
    }
  }

  #order(kind: number, payload: Buffer): void {
    if (kind === KIND.spoken) this.speech.end();
    else if (kind === KIND.forget) this.speech.forget();
    else if (kind === KIND.speak) this.#speak(payload);
    else throw new Error(`a consumer sends no frames of kind ${kind}`);
  }

  #speak(payload: Buffer): void {
    const samples = new Int16Array(MOST_PAYLOAD_BYTES / 2);
    const count = payload.length >> 1;
    for (let at = 0; at < count; at += 1) samples[at] = payload.readInt16LE(at * 2);
    if (this.#downward === null) {
      if (!this.speech.add(samples, count)) this.#socket.pause();
      return;
    }
    const narrow = new Int16Array((count >> 1) + 4);
    if (!this.speech.add(narrow, this.#downward.run(samples, 0, count, narrow, 0))) this.#socket.pause();
  }

  #finish(reason: string | null): void {
    const onEnd = this.#onEnd;
    if (onEnd === null) return;
    this.#onEnd = null;
    this.speech.end();
    // What was written before still goes out.
    this.#socket.end();
    if (reason !== null) this.#socket.destroy();
    onEnd(reason);
  }
}

/** Connects to where the consumer listens: a path, or `tcp:` on loopback. */
export function connectConsumer(to: string): Promise<Socket> {
  const tcp = /^tcp:(127\.0\.0\.1|\[::1\]):([0-9]{1,5})$/.exec(to);
  const socket =
    tcp === null ? createConnection({ path: to }) : createConnection({ host: (tcp[1] ?? '').replace(/[[\]]/g, ''), port: Number(tcp[2]), noDelay: true });
  return new Promise((resolve, reject) => {
    const fail = (what: string): void => {
      socket.destroy();
      reject(new MediaError('unavailable', `nobody takes the tap at ${to}: ${what}`));
    };
    socket.setTimeout(CONNECT_MS, () => fail('no answer'));
    socket.once('error', (error) => fail(error.message));
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.removeAllListeners('error');
      socket.removeAllListeners('timeout');
      resolve(socket);
    });
  });
}

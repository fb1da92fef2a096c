/**
 * One recording as its RTP worker sees it: both sides are decoded into a ring of the last seconds, what is older than the jitter
 * we wait for goes to the recorder in blocks. Gaps stay silent. When the disk is too slow, blocks are left out (the file stays in
 * step, with silence there) rather than queued without end.
 */
import type { MessagePort } from 'node:worker_threads';
import { type Codec, toLinear } from '../codec/g711.ts';
import type { RtpHeader } from '../rtp/packet.ts';
import type { ToRecorder } from './messages.ts';
import { Timeline } from './timeline.ts';

const SAMPLES_PER_MS = 8;
const RING_PAIRS = 16_384;
/** A packet that comes later than this is too late for the recording. */
const HOLD_BACK_PAIRS = 300 * SAMPLES_PER_MS;
const BYTES_PER_PAIR = 4;
/** Ten seconds of one recording. */
const MOST_PENDING_BYTES = 10_000 * SAMPLES_PER_MS * BYTES_PER_PAIR;

/** Takes in the packets of one party. */
export interface Tap {
  heard(packet: Buffer, header: RtpHeader, codec: Codec, nowMs: number): void;
}

export class Recording {
  readonly left: Tap;
  readonly right: Tap;
  readonly #recordingId: string;
  readonly #recorder: MessagePort;
  readonly #startMs: number;
  readonly #ring = new Int16Array(RING_PAIRS * 2);
  readonly #pending = new SharedArrayBuffer(4);
  readonly #pendingBytes = new Int32Array(this.#pending);
  #flushed = 0;
  #missing = 0;

  constructor(recordingId: string, path: string, recorder: MessagePort, nowMs: number) {
    this.#recordingId = recordingId;
    this.#recorder = recorder;
    this.#startMs = nowMs;
    this.left = this.#side(0);
    this.right = this.#side(1);
    this.#tell({ type: 'begin', recordingId, path, pendingBytes: this.#pending });
  }

  /** Called each half second. */
  flush(nowMs: number): void {
    this.#flushTo(this.#pairAt(nowMs) - HOLD_BACK_PAIRS);
  }

  end(nowMs: number, reason?: string): void {
    const pairs = this.#pairAt(nowMs);
    this.#flushTo(pairs);
    this.#tell({ type: 'end', recordingId: this.#recordingId, pairs, missing: this.#missing, ...(reason === undefined ? {} : { reason }) });
  }

  #side(channel: 0 | 1): Tap {
    const timeline = new Timeline();
    return {
      heard: (packet, header, codec, nowMs) => {
        const position = timeline.place(header.ssrc, header.timestamp, this.#pairAt(nowMs));
        this.#write(channel, position, packet, header, codec);
      },
    };
  }

  #write(channel: 0 | 1, position: number, packet: Buffer, header: RtpHeader, codec: Codec): void {
    const table = toLinear[codec];
    const first = Math.max(0, this.#flushed - position);
    const count = Math.min(header.payloadEnd - header.payloadStart, this.#flushed + RING_PAIRS - position);
    for (let at = first; at < count; at += 1) {
      const slot = (position + at) % RING_PAIRS;
      this.#ring[slot * 2 + channel] = table[packet[header.payloadStart + at] as number] as number;
    }
  }

  #flushTo(pair: number): void {
    while (this.#flushed < pair) {
      const from = this.#flushed % RING_PAIRS;
      const count = Math.min(pair - this.#flushed, RING_PAIRS - from);
      const samples = this.#ring.slice(from * 2, (from + count) * 2);
      this.#ring.fill(0, from * 2, (from + count) * 2);
      this.#sendBlock(samples);
      this.#flushed += count;
    }
  }

  #sendBlock(samples: Int16Array<ArrayBuffer>): void {
    if (Atomics.load(this.#pendingBytes, 0) + samples.byteLength > MOST_PENDING_BYTES) {
      this.#missing += samples.length / 2;
      return;
    }
    Atomics.add(this.#pendingBytes, 0, samples.byteLength);
    const block: ToRecorder = { type: 'block', recordingId: this.#recordingId, at: this.#flushed, samples };
    this.#recorder.postMessage(block, [samples.buffer]);
  }

  #tell(message: ToRecorder): void {
    this.#recorder.postMessage(message);
  }

  #pairAt(nowMs: number): number {
    return Math.max(0, Math.round((nowMs - this.#startMs) * SAMPLES_PER_MS));
  }
}

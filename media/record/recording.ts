/**
 * One recording as its RTP worker sees it: each party is decoded into a ring of the last seconds, and what is older than the jitter
 * we wait for goes to the recorder in blocks. Gaps stay silent. When the disk is too slow, blocks are left out (the file stays in
 * step, with silence there) rather than queued without end.
 *
 * Several parties may share a side (a conference): they are added up. Paused, it goes on at its pace with silence on both sides; what
 * was said in that time is not written either when its packets come late.
 */
import type { MessagePort } from 'node:worker_threads';
import { type Codec, toLinear } from '../codec/g711.ts';
import type { RtpHeader } from '../rtp/packet.ts';
import type { RecordingFile, ToRecorder } from './messages.ts';
import { Timeline } from './timeline.ts';

const SAMPLES_PER_MS = 8;
const RING_SAMPLES = 16_384;
/** A packet that comes later than this is too late for the recording. */
const HOLD_BACK_PAIRS = 300 * SAMPLES_PER_MS;
const BYTES_PER_PAIR = 4;
/** Ten seconds of one recording. */
const MOST_PENDING_BYTES = 10_000 * SAMPLES_PER_MS * BYTES_PER_PAIR;
const LOUDEST = 32_767;

/** Takes in the packets of one party. */
export interface Tap {
  heard(packet: Buffer, header: RtpHeader, codec: Codec, nowMs: number): void;
}

interface Party {
  channel: 0 | 1;
  ring: Int16Array;
  tap: Tap;
  /** It is not heard any more; null: it is. */
  goneAt: number | null;
}

export class Recording {
  readonly #recordingId: string;
  readonly #recorder: MessagePort;
  readonly #startMs: number;
  #parties: Party[] = [];
  readonly #pending = new SharedArrayBuffer(4);
  readonly #pendingBytes = new Int32Array(this.#pending);
  /** Who wants it silent; it is while anybody does. */
  readonly #pausedBy = new Set<string>();
  /** What was said in here is not written. */
  #silentFrom = Number.POSITIVE_INFINITY;
  #silentTo = 0;
  #flushed = 0;
  #missing = 0;

  constructor(recordingId: string, file: RecordingFile, recorder: MessagePort, nowMs: number) {
    this.#recordingId = recordingId;
    this.#recorder = recorder;
    this.#startMs = nowMs;
    this.#tell({ type: 'begin', recordingId, file, pendingBytes: this.#pending });
  }

  /** A party on the left (0) or right (1) side, heard through its tap from now on. */
  party(channel: 0 | 1): Tap {
    const timeline = new Timeline();
    const ring = new Int16Array(RING_SAMPLES);
    const tap: Tap = {
      heard: (packet, header, codec, nowMs) => {
        const position = timeline.place(header.ssrc, header.timestamp, this.#pairAt(nowMs));
        this.#write(ring, position, packet, header, codec);
      },
    };
    this.#parties.push({ channel, ring, tap, goneAt: null });
    return tap;
  }

  /** What it has said is still written. */
  partyLeft(tap: Tap, nowMs: number): void {
    const party = this.#parties.find((each) => each.tap === tap);
    if (party !== undefined) party.goneAt = this.#pairAt(nowMs);
  }

  pause(by: string, nowMs: number): void {
    const begins = this.#pausedBy.size === 0;
    this.#pausedBy.add(by);
    if (!begins) return;
    this.#silentFrom = this.#pairAt(nowMs);
    // A packet reaches a little ahead of the moment it comes in.
    const from = Math.max(this.#silentFrom, this.#flushed);
    for (const { ring } of this.#parties) for (let at = from; at < this.#flushed + RING_SAMPLES; at += 1) ring[at % RING_SAMPLES] = 0;
  }

  resume(by: string, nowMs: number): void {
    if (!this.#pausedBy.delete(by) || this.#pausedBy.size > 0) return;
    this.#silentFrom = Number.POSITIVE_INFINITY;
    this.#silentTo = this.#pairAt(nowMs);
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

  #write(ring: Int16Array, position: number, packet: Buffer, header: RtpHeader, codec: Codec): void {
    const table = toLinear[codec];
    const first = Math.max(0, Math.max(this.#flushed, this.#silentTo) - position);
    const count = Math.min(header.payloadEnd - header.payloadStart, Math.min(this.#flushed + RING_SAMPLES, this.#silentFrom) - position);
    for (let at = first; at < count; at += 1) ring[(position + at) % RING_SAMPLES] = table[packet[header.payloadStart + at] as number] as number;
  }

  #flushTo(pair: number): void {
    while (this.#flushed < pair) {
      const from = this.#flushed % RING_SAMPLES;
      const count = Math.min(pair - this.#flushed, RING_SAMPLES - from);
      const samples = new Int16Array(count * 2);
      for (const { channel, ring } of this.#parties) {
        addUp(samples, channel, ring, from, count);
        ring.fill(0, from, from + count);
      }
      this.#sendBlock(samples);
      this.#flushed += count;
    }
    this.#parties = this.#parties.filter(({ goneAt }) => goneAt === null || goneAt > this.#flushed);
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

function addUp(samples: Int16Array, channel: 0 | 1, ring: Int16Array, from: number, count: number): void {
  for (let at = 0; at < count; at += 1) {
    const slot = at * 2 + channel;
    const sum = (samples[slot] as number) + (ring[from + at] as number);
    samples[slot] = sum > LOUDEST ? LOUDEST : sum < -LOUDEST ? -LOUDEST : sum;
  }
}

/**
 * A party's packets as frames of 20 ms without a hole, for those who judge by time. Lost packets are silence; a party that sends
 * nothing while it is silent is made up for by the beat.
 */
import { type Codec, toLinear } from '../codec/g711.ts';
import { type RtpHeader, timestampAhead } from '../rtp/packet.ts';
import { FRAME, FRAME_MS } from './frame.ts';

/** Longer holes in the timestamps are a clock that was set anew. */
const LONGEST_HOLE_SAMPLES = 8000;
/** Nothing came for so long: the line is silent. */
const PATIENCE_MS = 60;

export class FrameMaker {
  readonly #frame = new Int16Array(FRAME);
  readonly #made: (frame: Int16Array) => void;
  #filled = 0;
  #ssrc: number | null = null;
  #next = 0;
  #heardMs: number;

  /** The frame is only valid within the call. */
  constructor(nowMs: number, made: (frame: Int16Array) => void) {
    this.#heardMs = nowMs;
    this.#made = made;
  }

  heard(packet: Buffer, header: RtpHeader, codec: Codec, nowMs: number): void {
    const hole = this.#ssrc === header.ssrc ? timestampAhead(header.timestamp, this.#next) : 0;
    const count = header.payloadEnd - header.payloadStart;
    // What comes late has been silence already.
    if (hole < 0 && hole > -LONGEST_HOLE_SAMPLES) return;
    if (hole > 0 && hole <= LONGEST_HOLE_SAMPLES) this.#quiet(hole);
    this.#ssrc = header.ssrc;
    this.#next = (header.timestamp + count) >>> 0;
    this.#heardMs = nowMs;
    const table = toLinear[codec];
    for (let at = 0; at < count; at += 1) this.#add(table[packet[header.payloadStart + at] as number] as number);
  }

  /** Each 20 ms. */
  beat(nowMs: number): void {
    if (nowMs - this.#heardMs < PATIENCE_MS) return;
    this.#heardMs += FRAME_MS;
    // Time that was made up is not made up again when the timestamps go on.
    this.#ssrc = null;
    this.#quiet(FRAME);
  }

  #quiet(samples: number): void {
    for (let at = 0; at < samples; at += 1) this.#add(0);
  }

  #add(sample: number): void {
    this.#frame[this.#filled] = sample;
    this.#filled += 1;
    if (this.#filled < FRAME) return;
    this.#filled = 0;
    this.#made(this.#frame);
  }
}

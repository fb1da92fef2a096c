/** Stereo samples into packets of Opus, each side by an encoder of its own (kernel/opus-recording.ts). */
import { OpusEncoder } from '../../kernel/opus.ts';
import { PACKET_BYTES, PACKET_PAIRS, SIDE_BYTES } from '../../kernel/opus-recording.ts';
import { RATE } from './file.ts';

const SIDES = 2;

class Side {
  readonly #encoder = new OpusEncoder(RATE, SIDE_BYTES);
  readonly samples = new Int16Array(PACKET_PAIRS);
  #silent = true;

  /** Silence is written as such, and what comes after it begins anew: nothing of what was said before a pause is in what is kept of the pause. */
  pack(into: Uint8Array, at: number): void {
    if (this.samples.every((sample) => sample === 0)) {
      if (!this.#silent) this.#encoder.reset();
      this.#silent = true;
      into.fill(0, at, at + SIDE_BYTES);
      return;
    }
    this.#silent = false;
    const made = this.#encoder.encode(this.samples, into, at);
    if (made !== SIDE_BYTES) throw new Error(`a packet of Opus has ${made} bytes, not ${SIDE_BYTES}`);
  }

  close(): void {
    this.#encoder.close();
  }
}

/**
 * At once in one thread, which is shared by all recordings: each takes one to two percent of a core, and sound that waits for too long is lost. What
 * begins beyond that is kept in A-law.
 */
export const MOST_OPUS = 40;

let open = 0;
export const mayOpenOpus = (): boolean => open < MOST_OPUS;

export class OpusSides {
  readonly #sides = [new Side(), new Side()] as const;
  /** Of the packet under way. */
  #pairs = 0;

  constructor() {
    open += 1;
  }

  /** The packets that are full with these samples. */
  pack(samples: Int16Array): Buffer {
    const packets = Buffer.alloc(Math.floor((this.#pairs + samples.length / SIDES) / PACKET_PAIRS) * PACKET_BYTES);
    const [left, right] = this.#sides;
    let at = 0;
    for (let pair = 0; pair < samples.length / SIDES; pair += 1) {
      left.samples[this.#pairs] = samples[pair * SIDES] as number;
      right.samples[this.#pairs] = samples[pair * SIDES + 1] as number;
      this.#pairs += 1;
      if (this.#pairs === PACKET_PAIRS) at = this.#full(packets, at);
    }
    return packets;
  }

  /** The last packet, silent to its end; empty when none is under way. */
  rest(): Buffer {
    return this.#pairs === 0 ? Buffer.alloc(0) : this.pack(new Int16Array((PACKET_PAIRS - this.#pairs) * SIDES));
  }

  close(): void {
    open -= 1;
    for (const side of this.#sides) side.close();
  }

  #full(packets: Buffer, at: number): number {
    for (const [index, side] of this.#sides.entries()) side.pack(packets, at + index * SIDE_BYTES);
    this.#pairs = 0;
    return at + PACKET_BYTES;
  }
}

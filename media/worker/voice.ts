/** Our own sound in the codec of one leg. Sound that is already G.711 goes to a leg that speaks it as it is. */

import { type CodecName, type Encoder, isLaw, MOST_FRAME_BYTES } from '../codec/codec.ts';
import { makeEncoder } from '../codec/coders.ts';
import { type Codec, toLinear } from '../codec/g711.ts';
import { FRAME_SAMPLES } from '../rtp/packet.ts';

export class Voice {
  readonly codec: CodecName;
  /** The law in which sound is best given to it. */
  readonly law: Codec;
  /** Bytes a frame may take. */
  readonly room: number;
  readonly #samples: Int16Array;
  #encoder: Encoder | null = null;

  constructor(codec: CodecName) {
    this.codec = codec;
    this.law = isLaw(codec) ? codec : 'PCMU';
    this.room = isLaw(codec) ? FRAME_SAMPLES : MOST_FRAME_BYTES;
    this.#samples = new Int16Array(isLaw(codec) ? 0 : FRAME_SAMPLES);
  }

  /** 20 ms of `law` that lie at `at`, in the leg's codec in the same place; returns its bytes. */
  fromLaw(packet: Buffer, at: number): number {
    if (this.law === this.codec) return FRAME_SAMPLES;
    const table = toLinear[this.law];
    for (let each = 0; each < FRAME_SAMPLES; each += 1) this.#samples[each] = table[packet[at + each] as number] as number;
    return this.fromSamples(this.#samples, packet, at);
  }

  /** 20 ms of samples at 8 or 16 kHz. */
  fromSamples(samples: Int16Array, packet: Buffer, at: number): number {
    this.#encoder ??= makeEncoder(this.codec);
    return this.#encoder.encode(samples, packet, at);
  }

  close(): void {
    this.#encoder?.close();
    this.#encoder = null;
  }
}

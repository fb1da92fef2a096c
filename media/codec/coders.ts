/** Decoders and encoders for a leg: from its codec to samples of a wanted rate, and back. */

import { OpusDecoder, OpusEncoder } from '../../kernel/opus.ts';
import { type CodecName, type Decoder, type Encoder, FACTS, isLaw, LONGEST_PACKET_MS, type SampleRate } from './codec.ts';
import { Concealer } from './conceal.ts';
import { type Codec, toCode, toLinear } from './g711.ts';
import { G722Decoder, G722Encoder } from './g722.ts';
import { Resampler } from './resampler.ts';

const LONGEST_SAMPLES = LONGEST_PACKET_MS * 16;
const FRAMES_A_SECOND = 50;

export function makeDecoder(codec: CodecName, rate: SampleRate): Decoder {
  if (codec === 'opus') return new OpusDecoder(rate);
  const decode = isLaw(codec) ? lawDecoder(codec) : new G722Decoder();
  return new WaveDecoder(decode, FACTS[codec].sampleRate, rate);
}

/** An encoder that takes frames of 20 ms at 8 or 16 kHz, whichever comes. */
export function makeEncoder(codec: CodecName): Encoder {
  if (isLaw(codec)) return new AnyRate(new LawEncoder(codec), 8000);
  return new AnyRate(codec === 'opus' ? new OpusEncoder(16_000) : new G722Encoder(), 16_000);
}

interface Wave {
  decode(payload: Uint8Array, start: number, end: number, out: Int16Array, at: number): number;
  reset(): void;
}

const lawDecoder = (law: Codec): Wave => ({
  decode: (payload, start, end, out, at) => {
    const table = toLinear[law];
    for (let byte = start; byte < end; byte += 1) out[at + byte - start] = table[payload[byte] as number] as number;
    return end - start;
  },
  reset: () => undefined,
});

/** What codes the wave itself and knows nothing of losses: G.711 and G.722. */
class WaveDecoder implements Decoder {
  readonly #wave: Wave;
  readonly #mostBytes: number;
  readonly #concealer: Concealer;
  readonly #resampler: Resampler | null;
  readonly #scratch: Int16Array;

  constructor(wave: Wave, from: SampleRate, to: SampleRate) {
    this.#wave = wave;
    // Both laws and G.722 are 8000 bytes a second.
    this.#mostBytes = LONGEST_PACKET_MS * 8;
    this.#concealer = new Concealer(to);
    this.#resampler = from === to ? null : new Resampler(from, to);
    this.#scratch = new Int16Array(this.#resampler === null ? 0 : LONGEST_SAMPLES);
  }

  decode(payload: Uint8Array, start: number, end: number, out: Int16Array, at: number): number {
    if (end - start > this.#mostBytes) return 0;
    const made = this.#resampler === null ? this.#wave.decode(payload, start, end, out, at) : this.#resampled(this.#resampler, payload, start, end, out, at);
    if (made > 0) this.#concealer.heard(out, at, made);
    return made;
  }

  #resampled(resampler: Resampler, payload: Uint8Array, start: number, end: number, out: Int16Array, at: number): number {
    const made = this.#wave.decode(payload, start, end, this.#scratch, 0);
    return resampler.run(this.#scratch, 0, made, out, at);
  }

  conceal(out: Int16Array, at: number, samples: number): void {
    this.#concealer.missing(out, at, samples);
  }

  reset(): void {
    this.#wave.reset();
    this.#concealer.reset();
  }

  close(): void {}
}

class LawEncoder implements Encoder {
  readonly #table: Uint8Array;

  constructor(law: Codec) {
    this.#table = toCode[law];
  }

  encode(samples: Int16Array, into: Uint8Array, at: number): number {
    for (let each = 0; each < samples.length; each += 1) into[at + each] = this.#table[(samples[each] as number) & 0xffff] as number;
    return samples.length;
  }

  close(): void {}
}

/** Brings frames of the other rate to the encoder's own, so that what a leg hears may change in rate without a change of encoder. */
class AnyRate implements Encoder {
  readonly #encoder: Encoder;
  readonly #rate: SampleRate;
  readonly #frame: Int16Array;
  #resampler: Resampler | null = null;

  constructor(encoder: Encoder, rate: SampleRate) {
    this.#encoder = encoder;
    this.#rate = rate;
    this.#frame = new Int16Array(rate / FRAMES_A_SECOND);
  }

  encode(samples: Int16Array, into: Uint8Array, at: number): number {
    if (samples.length === this.#frame.length) return this.#encoder.encode(samples, into, at);
    this.#resampler ??= new Resampler(samples.length * FRAMES_A_SECOND, this.#rate);
    this.#resampler.run(samples, 0, samples.length, this.#frame, 0);
    return this.#encoder.encode(this.#frame, into, at);
  }

  close(): void {
    this.#encoder.close();
  }
}

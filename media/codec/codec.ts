/** What every codec of ours has in common: its facts, and what a decoder and an encoder of one leg can do. */
import type { Codec } from './g711.ts';

/** As SDP spells them (RFC 3551, RFC 7587). */
export type CodecName = Codec | 'G722' | 'opus';

export interface CodecFacts {
  /** Of RTP timestamps. G.722 counts 8000 a second though it samples 16,000: RFC 3551 §4.5.2 keeps an old mistake alive. */
  clockRate: 8000 | 48_000;
  /** Timestamp ticks of 20 ms. */
  frameTicks: number;
  /** What its sound is worth: the rate at which nothing of it is lost (Opus could do more; speech does not need it). */
  sampleRate: SampleRate;
}

export type SampleRate = 8000 | 16_000;

export const FACTS: Readonly<Record<CodecName, CodecFacts>> = {
  PCMA: { clockRate: 8000, frameTicks: 160, sampleRate: 8000 },
  PCMU: { clockRate: 8000, frameTicks: 160, sampleRate: 8000 },
  G722: { clockRate: 8000, frameTicks: 160, sampleRate: 16_000 },
  opus: { clockRate: 48_000, frameTicks: 960, sampleRate: 16_000 },
};

/** The two laws of G.711: stateless, one byte a sample, so that they are cut, copied and recoded at will. */
export const isLaw = (codec: CodecName): codec is Codec => codec === 'PCMA' || codec === 'PCMU';

/** One packet never becomes more sound than this; a longer one is taken for garbage (RFC 6716 §2.1.4 has the same limit). */
export const LONGEST_PACKET_MS = 120;

/** Decodes one stream, packet by packet, into samples of the rate it was made for. Nothing that comes from the network makes it throw. */
export interface Decoder {
  /** Samples written to `out` from `at` on; 0 = nothing could be made of the payload. */
  decode(payload: Uint8Array, start: number, end: number, out: Int16Array, at: number): number;
  /** Fills `samples` in the place of a lost packet; `next` is the payload after it, when that is there already and may hold a second copy. */
  conceal(out: Int16Array, at: number, samples: number, next: Uint8Array | null): void;
  /** The stream begins anew. */
  reset(): void;
  close(): void;
}

/** Encodes one stream, 20 ms at a time. */
export interface Encoder {
  /** Bytes written to `into` from `at` on. */
  encode(samples: Int16Array, into: Uint8Array, at: number): number;
  close(): void;
}

/** No 20 ms of ours become more bytes than this. */
export const MOST_FRAME_BYTES = 400;

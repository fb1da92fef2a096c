/**
 * ITU-T G.711 by table: every conversion is one look-up. Samples are 16 bit linear; A-law fills 13 of them, µ-law 14.
 */
export type Codec = 'PCMA' | 'PCMU';

/** A-law sends its code words with the even bits inverted (G.711 table 1a, note 2). */
const A_LAW_TOGGLE = 0x55;
const MU_LAW_BIAS = 132;
const MU_LAW_CLIP = 32_635;

function encodeALaw(sample: number): number {
  const magnitude = (sample < 0 ? ~sample : sample) >> 3;
  const segment = magnitude < 32 ? 0 : 27 - Math.clz32(magnitude);
  const step = (magnitude >> Math.max(1, segment)) & 0x0f;
  return ((segment << 4) | step | (sample < 0 ? 0 : 0x80)) ^ A_LAW_TOGGLE;
}

function decodeALaw(code: number): number {
  const word = code ^ A_LAW_TOGGLE;
  const segment = (word >> 4) & 0x07;
  // The middle of the interval: half a step above its lower edge.
  const inSegment = ((word & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? inSegment : (inSegment + 256) << (segment - 1);
  return (word & 0x80) === 0 ? -magnitude : magnitude;
}

function encodeMuLaw(sample: number): number {
  const magnitude = Math.min(Math.abs(sample), MU_LAW_CLIP) + MU_LAW_BIAS;
  const segment = 24 - Math.clz32(magnitude);
  const step = (magnitude >> (segment + 3)) & 0x0f;
  return ~((sample < 0 ? 0x80 : 0) | (segment << 4) | step) & 0xff;
}

function decodeMuLaw(code: number): number {
  const word = ~code & 0xff;
  const magnitude = ((((word & 0x0f) << 3) + MU_LAW_BIAS) << ((word >> 4) & 0x07)) - MU_LAW_BIAS;
  return (word & 0x80) === 0 ? magnitude : -magnitude;
}

const encoder = (encode: (sample: number) => number): Uint8Array => Uint8Array.from({ length: 65_536 }, (_, at) => encode(at < 32_768 ? at : at - 65_536));
const decoder = (decode: (code: number) => number): Int16Array => Int16Array.from({ length: 256 }, (_, code) => decode(code));

/** Indexed by the sample's low 16 bits: `toCode.PCMA[sample & 0xffff]`. */
export const toCode: Readonly<Record<Codec, Uint8Array>> = { PCMA: encoder(encodeALaw), PCMU: encoder(encodeMuLaw) };
/** Indexed by the code word. */
export const toLinear: Readonly<Record<Codec, Int16Array>> = { PCMA: decoder(decodeALaw), PCMU: decoder(decodeMuLaw) };

const recode = (from: Codec, to: Codec): Uint8Array => Uint8Array.from(toLinear[from], (sample) => toCode[to][sample & 0xffff] ?? 0);
/** From A-law to µ-law, and back, in one look-up. */
export const recoded: Readonly<Record<Codec, Uint8Array>> = { PCMA: recode('PCMA', 'PCMU'), PCMU: recode('PCMU', 'PCMA') };

/** The code word of no sound. */
export const SILENCE: Readonly<Record<Codec, number>> = { PCMA: encodeALaw(0), PCMU: encodeMuLaw(0) };

/** Changes `from` into the other law, in place, from `start` to `end`. */
export function recodeInPlace(bytes: Uint8Array, from: Codec, start: number, end: number): void {
  const table = recoded[from];
  for (let at = start; at < end; at += 1) bytes[at] = table[bytes[at] as number] as number;
}

export function encode(samples: Int16Array, codec: Codec): Buffer {
  const table = toCode[codec];
  const bytes = Buffer.allocUnsafe(samples.length);
  for (let at = 0; at < samples.length; at += 1) bytes[at] = table[(samples[at] as number) & 0xffff] as number;
  return bytes;
}

export function decode(bytes: Uint8Array, codec: Codec): Int16Array {
  const table = toLinear[codec];
  const samples = new Int16Array(bytes.length);
  for (let at = 0; at < bytes.length; at += 1) samples[at] = table[bytes[at] as number] as number;
  return samples;
}

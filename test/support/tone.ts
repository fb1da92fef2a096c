/** Tones: made, written to a file, and found again in what was heard. Its own G.711, so that it does not agree with ours by sharing its faults. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';

export const SAMPLE_RATE = 8_000;

/** Linear PCM16 → A-law (ITU-T G.711, even bits inverted). */
export function alawEncode(sample: number): number {
  const sign = sample >= 0 ? 0x80 : 0;
  const magnitude = Math.min(32_635, Math.abs(sample)) >> 3;
  let exponent = 0;
  while (exponent < 7 && magnitude >> (exponent + 5) > 0) exponent += 1;
  const mantissa = exponent === 0 ? magnitude >> 1 : magnitude >> exponent;
  return (sign | (exponent << 4) | (mantissa & 0x0f)) ^ 0x55;
}

export function alawDecode(byte: number): number {
  const code = byte ^ 0x55;
  const exponent = (code >> 4) & 7;
  const mantissa = ((code & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return (code & 0x80) !== 0 ? magnitude : -magnitude;
}

export function ulawDecode(byte: number): number {
  const code = ~byte & 0xff;
  const magnitude = ((((code & 0x0f) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84;
  return (code & 0x80) !== 0 ? -magnitude : magnitude;
}

/** `count` samples of a sine from sample `from` on, at about −12 dBm0. */
export const sine = (hz: number, from: number, count: number, amplitude = 8_000): Int16Array =>
  Int16Array.from({ length: count }, (_, at) => Math.round(amplitude * Math.sin((2 * Math.PI * hz * (from + at)) / SAMPLE_RATE)));

/** Share of the energy that lies at `hz` (Goertzel): near 1 for the pure tone, near 0 for anything else. Silence has none. */
export function shareAt(samples: Int16Array, hz: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / SAMPLE_RATE);
  let previous = 0;
  let before = 0;
  let energy = 0;
  for (const sample of samples) {
    const now = sample + coefficient * previous - before;
    before = previous;
    previous = now;
    energy += sample * sample;
  }
  if (energy / Math.max(1, samples.length) < QUIET_RMS * QUIET_RMS) return 0;
  const power = previous * previous + before * before - coefficient * previous * before;
  return (2 * power) / (samples.length * energy);
}

const QUIET_RMS = 50;

export function rms(samples: Int16Array): number {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return Math.sqrt(energy / Math.max(1, samples.length));
}

const HEADER_BYTES = 44;

/** A WAV of mono PCM16 at 8 kHz. */
export function writeWav(path: string, samples: Int16Array): void {
  const data = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(HEADER_BYTES - 8 + data.length, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(SAMPLE_RATE, 24);
  header.writeUInt32LE(SAMPLE_RATE * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(data.length, 40);
  writeFileSync(path, Buffer.concat([header, data]));
}

const ALAW = 6;
const ULAW = 7;

/** One channel of a WAV at 8 kHz (PCM16, A-law or µ-law); a file whose writer died (data length 0 or too large) is read to its end. */
export function readWav(path: string, channel = 0): Int16Array {
  const file = readFileSync(path);
  const at = file.indexOf('data', 12, 'latin1');
  if (at < 0) throw new Error(`${path}: no data chunk`);
  const format = file.readUInt16LE(20);
  const channels = file.readUInt16LE(22);
  const rate = file.readUInt32LE(24);
  if (rate !== SAMPLE_RATE) throw new Error(`${path}: ${rate} Hz, not ${SAMPLE_RATE}`);
  const said = file.readUInt32LE(at + 4);
  const data = file.subarray(at + 8, said === 0 || at + 8 + said > file.length ? file.length : at + 8 + said);
  const width = format === ALAW || format === ULAW ? 1 : 2;
  const sample = (index: number): number => {
    if (format === ALAW) return alawDecode(data.readUInt8(index));
    return format === ULAW ? ulawDecode(data.readUInt8(index)) : data.readInt16LE(2 * index);
  };
  return Int16Array.from({ length: Math.floor(data.length / (width * channels)) }, (_, frame) => sample(frame * channels + channel));
}

const WINDOW = SAMPLE_RATE / 5;

/** Of several tones in one sound each is more than this. */
export const MIXED_SHARE = 0.2;

/** Seconds of the tone in what was heard, judged in windows of 200 ms. */
export function secondsOf(samples: Int16Array, hz: number, share = 0.5): number {
  let windows = 0;
  for (let from = 0; from + WINDOW <= samples.length; from += WINDOW) if (shareAt(samples.subarray(from, from + WINDOW), hz) > share) windows += 1;
  return (windows * WINDOW) / SAMPLE_RATE;
}

/** That `hz` was heard for as good as all of `seconds`: not a packet went astray. */
export function heardThroughout(samples: Int16Array, hz: number, seconds: number): void {
  const heard = secondsOf(samples, hz);
  assert.ok(heard > seconds * 0.97 - 0.3, `${hz} Hz was heard for ${heard} of ${seconds} s`);
}

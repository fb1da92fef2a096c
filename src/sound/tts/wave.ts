/** Any plain WAV file → one that media servers take: PCM16, 8 kHz, one channel. Pure but for the breaths it takes. */

import { setImmediate } from 'node:timers/promises';
import { wavHeader } from '../../../kernel/wav.ts';

const RATE = 8000;
const HIGHEST_RATE = 48_000;
/** Of what is made: longer is no announcement. */
const MOST_SECONDS = 300;
const MOST_CHUNKS = 100;
const PCM = 1;
const EXTENSIBLE = 0xfffe;

/** Rejects with what is wrong with the file. */
export async function telephoneWav(file: Buffer): Promise<Buffer> {
  const { rate, samples } = readWav(file);
  if (samples.length === 0) throw new Error('the audio is empty');
  if (samples.length > rate * MOST_SECONDS) throw new Error(`the audio is longer than ${MOST_SECONDS} s`);
  return writeWav(rate === RATE ? samples : await lowered(samples, rate));
}

/** A data chunk that claims more than there is (a stream, whose length was not known) gives what is there. */
function readWav(file: Buffer): { rate: number; samples: Int16Array } {
  if (file.length < 12 || file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') throw new Error('the audio is no WAV file');
  let rate: number | null = null;
  for (let at = 12, chunk = 0; chunk < MOST_CHUNKS && at + 8 <= file.length; chunk += 1) {
    const name = file.toString('latin1', at, at + 4);
    const length = file.readUInt32LE(at + 4);
    const body = file.subarray(at + 8, at + 8 + length);
    if (name === 'fmt ') rate = readRate(body);
    if (name === 'data' && rate !== null) return { rate, samples: littleEndian(body) };
    // Chunks are padded to an even length.
    at += 8 + length + (length & 1);
  }
  throw new Error('the WAV file holds no audio');
}

function readRate(format: Buffer): number {
  if (format.length < 16) throw new Error('the WAV file is cut short');
  const tag = format.readUInt16LE(0);
  const rate = format.readUInt32LE(4);
  const plain = tag === PCM || (tag === EXTENSIBLE && format.length >= 26 && format.readUInt16LE(24) === PCM);
  if (!plain || format.readUInt16LE(14) !== 16 || format.readUInt16LE(2) !== 1) throw new Error('the WAV file must be PCM of 16 bit with one channel');
  if (rate < RATE || rate > HIGHEST_RATE) throw new Error(`the WAV file has ${rate} Hz: ${RATE} to ${HIGHEST_RATE} are wanted`);
  return rate;
}

/** As our machines have it too: copied, not converted, because minutes of audio would keep others waiting. */
function littleEndian(data: Buffer): Int16Array {
  const bytes = new Uint8Array(data.length & ~1);
  bytes.set(data.subarray(0, bytes.length));
  return new Int16Array(bytes.buffer);
}

function writeWav(samples: Int16Array): Buffer {
  const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  return Buffer.concat([wavHeader(1, RATE, bytes.length), bytes]);
}

/** Half the width of the low-pass, in samples of 8 kHz. */
const HALF_WIDTH = 12;
/** What lies above would come back as another tone. */
const CUT_OFF = 3600 / RATE;
/** Then others have their turn. */
const SLICE_SAMPLES = 4000;

/** A windowed sinc at the moment of each new sample; where they lie between the old ones repeats, so each of these filters is made once. */
async function lowered(samples: Int16Array, rate: number): Promise<Int16Array> {
  const filters = new Map<number, Float64Array>();
  const reach = Math.ceil((HALF_WIDTH * rate) / RATE);
  const made = new Int16Array(Math.floor((samples.length * RATE) / rate));
  for (let at = 0; at < made.length; at += 1) {
    const middle = Math.floor((at * rate) / RATE);
    const phase = (at * rate) % RATE;
    let filter = filters.get(phase);
    if (filter === undefined) {
      filter = filterOf(phase / RATE, reach, rate);
      filters.set(phase, filter);
    }
    let sum = 0;
    for (let tap = 0; tap < filter.length; tap += 1) sum += (samples[middle - reach + tap] ?? 0) * (filter[tap] ?? 0);
    made[at] = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
    if (at % SLICE_SAMPLES === SLICE_SAMPLES - 1) await setImmediate();
  }
  return made;
}

/** Taps for the samples `-reach … reach + 1` around the one before the moment, which lies `after` of a sample behind it. Together they are 1. */
function filterOf(after: number, reach: number, rate: number): Float64Array {
  const taps = new Float64Array(2 * reach + 2).map((_, tap) => {
    const away = ((tap - reach - after) * RATE) / rate;
    if (Math.abs(away) >= HALF_WIDTH) return 0;
    const sinc = away === 0 ? 1 : Math.sin(2 * Math.PI * CUT_OFF * away) / (2 * Math.PI * CUT_OFF * away);
    return sinc * (0.5 + 0.5 * Math.cos((Math.PI * away) / HALF_WIDTH));
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
}

/**
 * Audio files, read and encoded once and kept while they are in use and as long as there is room.
 * A file that changed on disk is read anew. Conversion is done in slices, so that a long file delays no packet.
 */
import { open, stat } from 'node:fs/promises';
import { extname, isAbsolute } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type Codec, decode, encode, recoded } from '../codec/g711.ts';
import { halve } from '../codec/resample.ts';
import { readWav } from '../codec/wav.ts';
import type { Source } from '../port.ts';
import { type Audio, type Clip, musicOf, silence, soundOnce, toneAudio, toneClip } from './clip.ts';
import { signalAudio, signalClip } from './tones.ts';

const MOST_FILE_BYTES = 64 * 1024 * 1024;
const SLICE_SAMPLES = 8000;

interface Kept {
  audio: Promise<Audio>;
  bytes: number;
}

export class Library {
  /** In order of last use. */
  readonly #kept = new Map<string, Kept>();
  readonly #limitBytes: number;
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Rejects with what is wrong with the file. */
  async clip(source: Source): Promise<Clip> {
    switch (source.kind) {
      case 'tap':
        throw new Error('what a tap brings is heard on its own endpoint only');
      case 'silence':
        return silence(source.ms);
      case 'tone': {
        const { hz, dbm0, onMs, offMs } = source;
        return toneClip(source, await this.#once(JSON.stringify([hz, dbm0, onMs, offMs]), async () => toneAudio(source)));
      }
      case 'signal': {
        const { name, country = 'CN', ms } = source;
        return signalClip(await this.#once(`signal ${name} ${country}`, async () => signalAudio(name, country)), name, ms);
      }
      case 'file':
        return soundOnce(await this.#file(source.path));
      case 'music':
        return musicOf(await this.#file(source.path));
    }
  }

  async #file(path: string): Promise<Audio> {
    if (!isAbsolute(path)) throw new Error(`${path}: an absolute path is wanted`);
    const { mtimeMs, size } = await stat(path);
    if (size > MOST_FILE_BYTES) throw new Error(`${path}: larger than ${MOST_FILE_BYTES} bytes`);
    return this.#once(`${path}\n${mtimeMs}\n${size}`, () => readAudio(path));
  }

  async #once(key: string, make: () => Promise<Audio>): Promise<Audio> {
    const known = this.#kept.get(key);
    if (known !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known.audio;
    }
    const kept: Kept = { audio: make(), bytes: 0 };
    this.#kept.set(key, kept);
    try {
      const audio = await kept.audio;
      kept.bytes = audio.PCMA.length + audio.PCMU.length;
      this.#bytes += kept.bytes;
      this.#makeRoom(key);
      return audio;
    } catch (error) {
      this.#kept.delete(key);
      throw error;
    }
  }

  #makeRoom(newest: string): void {
    for (const [key, kept] of this.#kept) {
      if (this.#bytes <= this.#limitBytes || key === newest) return;
      // What is still being read has no size yet, and somebody waits for it.
      if (kept.bytes === 0) continue;
      this.#kept.delete(key);
      this.#bytes -= kept.bytes;
    }
  }
}

async function readAudio(path: string): Promise<Audio> {
  const bytes = await readWhole(path);
  const extension = extname(path).toLowerCase();
  if (extension === '.al') return fromCodes(bytes, 'PCMA');
  if (extension === '.ul') return fromCodes(bytes, 'PCMU');
  try {
    const wav = readWav(bytes);
    if (wav.format !== 'PCM16' && wav.rate === 8000) return fromCodes(wav.data, wav.format);
    const samples = wav.format === 'PCM16' ? littleEndian(wav.data) : decode(wav.data, wav.format);
    return await fromSamples(samples, wav.rate === 16_000);
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
}

async function readWhole(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

const fromCodes = (bytes: Buffer, codec: Codec): Audio => {
  const other = Buffer.from(bytes.map((code) => recoded[codec][code] ?? 0));
  return codec === 'PCMA' ? { PCMA: bytes, PCMU: other } : { PCMA: other, PCMU: bytes };
};

function littleEndian(data: Buffer): Int16Array {
  const samples = new Int16Array(data.length >> 1);
  for (let at = 0; at < samples.length; at += 1) samples[at] = data.readInt16LE(at * 2);
  return samples;
}

async function fromSamples(samples: Int16Array, halved: boolean): Promise<Audio> {
  const total = halved ? samples.length >> 1 : samples.length;
  const audio = { PCMA: Buffer.allocUnsafe(total), PCMU: Buffer.allocUnsafe(total) };
  for (let from = 0; from < total; from += SLICE_SAMPLES) {
    const to = Math.min(total, from + SLICE_SAMPLES);
    const slice = halved ? halve(samples, from, to) : samples.subarray(from, to);
    encode(slice, 'PCMA').copy(audio.PCMA, from);
    encode(slice, 'PCMU').copy(audio.PCMU, from);
    await setImmediate();
  }
  return audio;
}

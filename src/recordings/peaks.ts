/**
 * The outline of a recording, for the player's waveform: the loudest sample of each 50 ms, side by side. Found at the first asking, which
 * reads the file once, and kept beside a sealed file under its own key, so that it is lost with it.
 */

import { readFile, rename, writeFile } from 'node:fs/promises';
import { randomToken } from '../../kernel/ids.ts';
import { WAV_HEADER_BYTES } from '../../kernel/wav.ts';
import type { RecordedAudio } from './audio.ts';

const PAIRS_PER_STEP = 400;
const BYTES_PER_PAIR = 4;
const LOUDEST = 32_768;
/** A step of each side is kept in one byte. */
const KEPT_RANGE = 255;
const NAME = 'peaks';

export interface Peaks {
  stepMs: number;
  /** 0 silent to 1 loudest */
  left: number[];
  right: number[];
}

export const peaksPath = (path: string): string => `${path}.peaks`;

/** `most` steps at most: several are put together when it is longer; Infinity = each of 50 ms. */
export async function peaksOf(audio: RecordedAudio, path: string, most: number): Promise<Peaks> {
  const steps = (await kept(audio, path)) ?? (await found(audio, path));
  const count = steps.length / 2;
  const together = Math.max(1, Math.ceil(count / most));
  const side = (channel: 0 | 1): number[] =>
    Array.from({ length: Math.ceil(count / together) }, (_, at) => {
      let loudest = 0;
      for (let step = at * together; step < Math.min(count, (at + 1) * together); step += 1) loudest = Math.max(loudest, steps[step * 2 + channel] ?? 0);
      return Math.round((loudest / KEPT_RANGE) * 1000) / 1000;
    });
  return { stepMs: together * 50, left: side(0), right: side(1) };
}

async function kept({ beside }: RecordedAudio, path: string): Promise<Buffer | null> {
  if (beside === null) return null;
  try {
    return beside.openBeside(await readFile(peaksPath(path)), NAME);
  } catch {
    return null;
  }
}

async function found(audio: RecordedAudio, path: string): Promise<Buffer> {
  const steps = Buffer.alloc(Math.ceil((audio.bytes - WAV_HEADER_BYTES) / BYTES_PER_PAIR / PAIRS_PER_STEP) * 2);
  let sample = 0;
  for await (const piece of audio.read(WAV_HEADER_BYTES, audio.bytes)) {
    for (let at = 0; at + 1 < piece.length; at += 2) {
      const slot = Math.floor((sample >> 1) / PAIRS_PER_STEP) * 2 + (sample & 1);
      const level = Math.ceil((Math.abs(piece.readInt16LE(at)) * KEPT_RANGE) / LOUDEST);
      if (level > (steps[slot] ?? KEPT_RANGE)) steps[slot] = level;
      sample += 1;
    }
  }
  if (audio.beside !== null) await keep(audio.beside.sealBeside(steps, NAME), path).catch(() => undefined);
  return steps;
}

/** Whole or not at all: two may ask at once. A disk that does not take it costs the next one who asks some time. */
async function keep(bytes: Buffer, path: string): Promise<void> {
  const draft = `${peaksPath(path)}.${randomToken(6)}`;
  await writeFile(draft, bytes, { mode: 0o640 });
  await rename(draft, peaksPath(path));
}

/** Mends recordings whose writer died: the header of a WAV is made true, a sealed file is given its end behind the last whole frame. */
import { open } from 'node:fs/promises';
import type { KeyRing } from '../../kernel/seal/keys.ts';
import { SealedFile } from '../../kernel/seal/read.ts';
import { WAV_HEADER_BYTES, wavHeader } from '../../kernel/wav.ts';
import { BYTES_PER_PAIR, RATE } from './file.ts';
import type { LedgerEntry } from './ledger.ts';
import type { RecordingEnded, RecordingFile } from './messages.ts';
import { pairsOf } from './sealed-audio.ts';

const PAIRS_PER_MS = RATE / 1000;

/** Throws an Error when the file cannot be mended. A file that was never made has no length. */
export async function repair({ recordingId, path, sealed }: LedgerEntry, keys: KeyRing | null): Promise<RecordingEnded> {
  const left = { recordingId, path, complete: false, reason: 'the media server died' };
  try {
    return { ...left, ...(sealed ? await repairSealed(path, keys) : await repairWav(path)) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { ...left, durationMs: 0 };
    throw error;
  }
}

async function repairSealed(path: string, keys: KeyRing | null): Promise<Pick<RecordingEnded, 'durationMs' | 'seal' | 'bytes'>> {
  if (keys === null) throw new Error('it is sealed, and there is no master key');
  const found = await SealedFile.open(path, keys);
  const { format } = JSON.parse(found.about) as Pick<RecordingFile, 'format'>;
  await found.close();
  const { seal, plainBytes, bytes } = await SealedFile.repair(path, keys);
  return { durationMs: Math.round(pairsOf(format, plainBytes) / PAIRS_PER_MS), seal, bytes };
}

async function repairWav(path: string): Promise<Pick<RecordingEnded, 'durationMs' | 'bytes'>> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const pairs = Math.max(0, Math.floor((size - WAV_HEADER_BYTES) / BYTES_PER_PAIR));
    const bytes = WAV_HEADER_BYTES + pairs * BYTES_PER_PAIR;
    await file.write(wavHeader(2, RATE, pairs * BYTES_PER_PAIR), 0, WAV_HEADER_BYTES, 0);
    await file.truncate(bytes);
    return { durationMs: Math.round(pairs / PAIRS_PER_MS), bytes };
  } finally {
    await file.close();
  }
}

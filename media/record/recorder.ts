/**
 * Writes the recordings of one RTP worker. It may stand still while the disk does: nothing but recordings waits for it, and what waits
 * is counted by who sends it.
 */
import type { KeyRing } from '../../kernel/seal/keys.ts';
import type { Disk } from '../../kernel/seal/write.ts';
import { type AudioFile, WavFile } from './file.ts';
import type { Ledger } from './ledger.ts';
import type { FromRecorder, RecordingEnded, RecordingFile, ToRecorder } from './messages.ts';
import { mayOpenOpus } from './opus-sides.ts';
import { SealedAudioFile } from './sealed-audio.ts';

const PAIRS_PER_MS = 8;
const DISK_FULL: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

interface Open {
  path: string;
  file: AudioFile;
  pendingBytes: Int32Array;
}

export interface RecorderOptions {
  keys: KeyRing | null;
  ledger: Ledger | null;
  disk?: Disk;
  ended: (ended: RecordingEnded) => void;
  /** To the worker whose recordings these are. */
  tell: (message: FromRecorder) => void;
}

export class Recorder {
  readonly #options: RecorderOptions;
  readonly #open = new Map<string, Open>();

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  take(message: ToRecorder): void {
    if (message.type === 'begin') this.#begin(message.recordingId, message.file, new Int32Array(message.pendingBytes));
    const open = this.#open.get(message.recordingId);
    if (open === undefined) return;
    if (message.type === 'block') this.#write(message.recordingId, open, message.at, message.samples);
    if (message.type === 'end') {
      const reason = message.missing > 0 ? `the disk was too slow: ${Math.round(message.missing / PAIRS_PER_MS)} ms are missing` : message.reason;
      this.#finish(message.recordingId, open, message.pairs, reason);
    }
  }

  workerDied(): void {
    for (const [recordingId, open] of this.#open) this.#finish(recordingId, open, 0, 'the media worker died');
  }

  #begin(recordingId: string, file: RecordingFile, pendingBytes: Int32Array): void {
    const { path } = file;
    try {
      this.#open.set(recordingId, { path, file: this.#noted(recordingId, file), pendingBytes });
    } catch (error) {
      this.#options.tell({ type: 'failed', recordingId });
      this.#options.ended({ recordingId, path, durationMs: 0, complete: false, reason: reasonOf(error) });
    }
  }

  #noted(recordingId: string, file: RecordingFile): AudioFile {
    const made = this.#make(recordingId, file);
    try {
      this.#options.ledger?.opened({ recordingId, path: file.path, sealed: file.sealed });
      return made;
    } catch (error) {
      made.finish(0);
      throw error;
    }
  }

  #make(recordingId: string, file: RecordingFile): AudioFile {
    const { keys, disk } = this.#options;
    if (!file.sealed) return new WavFile(file.path, disk);
    if (keys === null) throw new Error('there is no master key to seal it with');
    const format = file.format === 'opus' && !mayOpenOpus() ? 'alaw' : file.format;
    return new SealedAudioFile(recordingId, { ...file, format }, keys, disk);
  }

  #write(recordingId: string, open: Open, at: number, samples: Int16Array): void {
    try {
      open.file.write(at, samples);
    } catch (error) {
      this.#options.tell({ type: 'failed', recordingId });
      this.#finish(recordingId, open, 0, reasonOf(error));
    } finally {
      Atomics.sub(open.pendingBytes, 0, samples.byteLength);
    }
  }

  #finish(recordingId: string, { path, file }: Open, pairs: number, cause: string | undefined): void {
    this.#open.delete(recordingId);
    const { whole, ...written } = file.finish(pairs);
    const reason = cause ?? (whole ? undefined : 'disk full');
    // One that could not even be closed stays in the ledger, for the next start.
    if (whole || written.bytes !== undefined) this.#options.ledger?.closed(path);
    const durationMs = Math.round(file.pairs / PAIRS_PER_MS);
    this.#options.ended({ recordingId, path, durationMs, complete: reason === undefined, ...(reason === undefined ? {} : { reason }), ...written });
  }
}

const reasonOf = (error: unknown): string => (DISK_FULL.includes((error as NodeJS.ErrnoException).code) ? 'disk full' : (error as Error).message);

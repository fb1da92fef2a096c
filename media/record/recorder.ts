/**
 * The thread that writes recordings. It may stand still while the disk does: nothing but recordings waits for it, and what waits
 * is counted by who sends it.
 */
import { type MessagePort, parentPort } from 'node:worker_threads';
import { WavFile } from './file.ts';
import type { FromRecorder, RecordingEnded, ToRecorder } from './messages.ts';

const PAIRS_PER_MS = 8;
const DISK_FULL: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

interface Open {
  path: string;
  file: WavFile;
  pendingBytes: Int32Array;
}

class Recorder {
  readonly #open = new Map<string, Open>();
  readonly #worker: MessagePort;
  readonly #ended: (ended: RecordingEnded) => void;

  constructor(worker: MessagePort, ended: (ended: RecordingEnded) => void) {
    this.#worker = worker;
    this.#ended = ended;
    worker.on('message', (message: ToRecorder) => this.#take(message));
    worker.on('close', () => this.#workerDied());
  }

  #take(message: ToRecorder): void {
    if (message.type === 'begin') this.#begin(message.recordingId, message.path, new Int32Array(message.pendingBytes));
    const open = this.#open.get(message.recordingId);
    if (open === undefined) return;
    if (message.type === 'block') this.#write(message.recordingId, open, message.at, message.samples);
    if (message.type === 'end') {
      const reason = message.missing > 0 ? `the disk was too slow: ${Math.round(message.missing / PAIRS_PER_MS)} ms are missing` : message.reason;
      this.#finish(message.recordingId, open, message.pairs, reason);
    }
  }

  #begin(recordingId: string, path: string, pendingBytes: Int32Array): void {
    try {
      this.#open.set(recordingId, { path, file: new WavFile(path), pendingBytes });
    } catch (error) {
      this.#tellFailed(recordingId);
      this.#ended({ recordingId, path, durationMs: 0, complete: false, reason: reasonOf(error) });
    }
  }

  #write(recordingId: string, open: Open, at: number, samples: Int16Array): void {
    try {
      open.file.write(at, samples);
    } catch (error) {
      this.#tellFailed(recordingId);
      this.#finish(recordingId, open, 0, reasonOf(error));
    } finally {
      Atomics.sub(open.pendingBytes, 0, samples.byteLength);
    }
  }

  #finish(recordingId: string, open: Open, pairs: number, reason: string | undefined): void {
    this.#open.delete(recordingId);
    open.file.finish(pairs);
    const durationMs = Math.round(open.file.pairs / PAIRS_PER_MS);
    this.#ended({ recordingId, path: open.path, durationMs, complete: reason === undefined, ...(reason === undefined ? {} : { reason }) });
  }

  #tellFailed(recordingId: string): void {
    const message: FromRecorder = { type: 'failed', recordingId };
    this.#worker.postMessage(message);
  }

  #workerDied(): void {
    for (const [recordingId, open] of this.#open) this.#finish(recordingId, open, 0, 'the media worker died');
  }
}

const reasonOf = (error: unknown): string => (DISK_FULL.includes((error as NodeJS.ErrnoException).code) ? 'disk full' : (error as Error).message);

/** The main thread sends one port for each RTP worker, and hears of every recording that ended. */
parentPort?.on('message', (worker: MessagePort) => void new Recorder(worker, (ended) => parentPort?.postMessage(ended)));

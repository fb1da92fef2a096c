/** The recordings of the whole process: whose each is, in which worker it runs, where it may lie. */
import { normalize, sep } from 'node:path';
import { type Clock, pause } from '../../kernel/clock.ts';
import { MediaError, type MediaEvent, type RecordRequest } from '../port.ts';
import type { WorkerPool } from '../worker/pool.ts';
import type { RecordingEnded } from './messages.ts';

interface Row {
  owner: string;
  path: string;
  startedMs: number;
  worker: number;
}

export interface BookOptions {
  clock: Clock;
  pool: Pick<WorkerPool, 'order'>;
  /** The worker both legs live in; throws a MediaError when there is none. */
  workerOf: (left: string, right: string) => number;
  tell: (owner: string, event: MediaEvent) => void;
  /** For a recording of which nobody knows any longer whose it was. */
  tellAll: (event: MediaEvent) => void;
  /** null: files may lie anywhere, and none is sealed. */
  folder: string | null;
}

const LAST_WRITES_MS = 5000;

export class RecordingBook {
  readonly #options: BookOptions;
  readonly #rows = new Map<string, Row>();

  constructor(options: BookOptions) {
    this.#options = options;
  }

  async begin(owner: string, request: RecordRequest): Promise<void> {
    const { clock, pool, workerOf } = this.#options;
    const { recordingId, path, left, right, sealed = false, format = 'pcm16', paused = false } = request;
    const worker = workerOf(left, right);
    this.#refuseWrongPath(path);
    if (sealed && this.#options.folder === null) throw new MediaError('bad_request', 'this media server has no master key: nothing can be sealed');
    if (this.#rows.has(recordingId)) throw new MediaError('bad_request', `recording ${recordingId} is running`);
    this.#rows.set(recordingId, { owner, path, startedMs: clock.now(), worker });
    try {
      await pool.order(worker, 'record', { recordingId, file: { path, sealed, format }, left, right, paused });
    } catch (error) {
      this.#rows.delete(recordingId);
      throw error;
    }
  }

  of(owner: string): { recordingId: string; path: string; startedMs: number }[] {
    return [...this.#rows].flatMap(([recordingId, { owner: its, path, startedMs }]) => (its === owner ? [{ recordingId, path, startedMs }] : []));
  }

  /** Unknown ids are fine: it may have ended by itself. */
  async order(name: 'stopRecording' | 'pauseRecording' | 'resumeRecording', recordingId: string): Promise<void> {
    const row = this.#rows.get(recordingId);
    if (row !== undefined) await this.#options.pool.order(row.worker, name, { recordingId });
  }

  async move(recordingId: string, left: string, right: string): Promise<void> {
    const row = this.#rows.get(recordingId);
    if (row === undefined) return;
    if (this.#options.workerOf(left, right) !== row.worker) throw new MediaError('bad_request', 'the recording runs in another worker than these legs');
    await this.#options.pool.order(row.worker, 'moveRecording', { recordingId, left, right });
  }

  ended(ended: RecordingEnded): void {
    const row = this.#rows.get(ended.recordingId);
    this.#rows.delete(ended.recordingId);
    const event: MediaEvent = { type: 'recordingEnded', ...ended };
    if (row === undefined) this.#options.tellAll(event);
    else this.#options.tell(row.owner, event);
  }

  /** What it had open is cut where it stands; the next recorder mends the files and tells again. */
  recorderLost(): void {
    const nowMs = this.#options.clock.now();
    for (const [recordingId, { path, startedMs }] of [...this.#rows]) {
      this.ended({ recordingId, path, durationMs: Math.round(nowMs - startedMs), complete: false, reason: 'the recorder died' });
    }
  }

  /** Resolves when all are closed, or after 5 s. */
  async settled(): Promise<void> {
    const { clock } = this.#options;
    const until = clock.now() + LAST_WRITES_MS;
    while (this.#rows.size > 0 && clock.now() < until) await pause(clock, 10);
  }

  #refuseWrongPath(path: string): void {
    const { folder } = this.#options;
    if (folder === null || (path.startsWith(folder + sep) && normalize(path) === path)) return;
    throw new MediaError('bad_request', `record: ${JSON.stringify(path)} does not lie in the folder of recordings, ${folder}`);
  }
}

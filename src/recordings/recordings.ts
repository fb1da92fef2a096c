/** The recordings of the house as its API and its commands see them: found, opened, proved, held, erased. */
import { realpathSync } from 'node:fs';
import { sep } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import type { CallId, CustomerId, TenantId } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import { SealError } from '../../kernel/seal/format.ts';
import { type KeyRing, ownKeys, readKeyRing } from '../../kernel/seal/keys.ts';
import { SealedFile } from '../../kernel/seal/read.ts';
import { setCallHold } from '../store/holds.ts';
import {
  type HoldResult,
  readRecordingRules,
  recordingById,
  recordingsOfCall,
  type StoredRecording,
  saveRecordingRules,
  setLegalHold,
} from '../store/recordings.ts';
import type { Store } from '../store/store.ts';
import { openAudio, type RecordedAudio } from './audio.ts';
import { type ErasureBy, type ErasureParts, type ErasureReport, erase, eraseCustomer, eraseInTime } from './erasure.ts';
import { joinAudio, joinPeaks } from './joined.ts';
import { type Peaks, peaksOf } from './peaks.ts';
import { type RecordingRules, readRules, usualRecordingRules } from './rules.ts';

export type { StoredRecording } from '../store/recordings.ts';

export interface RecordingsOptions {
  store: Store;
  clock: Clock;
  log: Logger;
  /** Nothing outside of it is opened or erased. */
  dir: string;
  /** null: those in `keysFile`, made when there are none. */
  keys: string | null;
  keysFile: string;
}

/** Each is a file held open while it is played. */
const MOST_TOGETHER = 100;

export class Recordings {
  readonly #options: RecordingsOptions;
  readonly #keys: KeyRing;
  readonly #rules = new Map<TenantId, RecordingRules>();
  readonly #erasure: ErasureParts;
  readonly #inTime: ReturnType<typeof eraseInTime>;

  constructor(options: RecordingsOptions) {
    const { store, clock, log } = options;
    this.#options = options;
    this.#keys = readKeyRing(options.keys ?? ownKeys(options.keysFile));
    this.#erasure = { store, clock, log, within: (path) => this.within(path) };
    this.#inTime = eraseInTime(this.#erasure, () => this.#rules);
  }

  /** Rejects when the store does not answer; the rules stay as they were. */
  async readRules(): Promise<void> {
    for (const [tenantId, said] of await readRecordingRules(this.#options.store.db)) this.#rules.set(tenantId, readRules(said));
  }

  rules(tenantId: TenantId): RecordingRules {
    return this.#rules.get(tenantId) ?? usualRecordingRules;
  }

  async saveRules(tenantId: TenantId, rules: RecordingRules): Promise<void> {
    await saveRecordingRules(this.#options.store.db, tenantId, rules);
    this.#rules.set(tenantId, rules);
  }

  get(tenantId: TenantId, recordingId: string): Promise<StoredRecording | null> {
    return recordingById(this.#options.store.db, tenantId, recordingId);
  }

  ofCall(tenantId: TenantId, callId: CallId): Promise<StoredRecording[]> {
    return recordingsOfCall(this.#options.store.db, tenantId, callId);
  }

  /** To be closed by whoever opens it. Throws a SealError when the file is not what was recorded. */
  async open({ path, seal }: Pick<StoredRecording, 'path' | 'seal'>): Promise<RecordedAudio> {
    const audio = await openAudio(this.within(path), this.#keys);
    if (seal === null || audio.seal === seal) return audio;
    await audio.close();
    throw new SealError('changed', 'the file is not the one that was recorded');
  }

  async peaks(recording: StoredRecording, most: number): Promise<Peaks> {
    const audio = await this.open(recording);
    try {
      return await peaksOf(audio, recording.path, most);
    } finally {
      await audio.close();
    }
  }

  /** All of one call as one, in this order. To be closed by whoever opens it. Throws as `open`. */
  async openAll(recordings: readonly StoredRecording[]): Promise<RecordedAudio> {
    const parts: RecordedAudio[] = [];
    if (recordings.length > MOST_TOGETHER) throw new Error(`${recordings.length} recordings are too many to be played as one: play each by its id`);
    try {
      for (const recording of recordings) parts.push(await this.open(recording));
    } catch (error) {
      await Promise.all(parts.map((part) => part.close()));
      throw error;
    }
    return joinAudio(parts);
  }

  async peaksOfAll(recordings: readonly StoredRecording[], most: number): Promise<Peaks> {
    const parts: Peaks[] = [];
    for (const recording of recordings) parts.push(await this.peaks(recording, Number.POSITIVE_INFINITY));
    return joinPeaks(parts, most);
  }

  /** Reads all of it. Throws a SealError when anything is not as it was recorded; `sealed` false: a plain file, which proves nothing. */
  async prove({ path, seal }: Pick<StoredRecording, 'path' | 'seal'>): Promise<{ sealed: boolean }> {
    let file: SealedFile;
    try {
      file = await SealedFile.open(path, this.#keys);
    } catch (error) {
      if (error instanceof SealError && error.fault === 'not_sealed' && seal === null) return { sealed: false };
      throw error;
    }
    try {
      const proved = await file.prove();
      if (file.end === null) throw new SealError('cut', 'it has no end: it is still being written, or its writer died');
      if (seal !== null && proved.seal !== seal) throw new SealError('changed', 'it is whole in itself, but not the file that was recorded');
      return { sealed: true };
    } finally {
      await file.close();
    }
  }

  hold(recording: StoredRecording, legalHold: boolean): Promise<HoldResult> {
    return setLegalHold(this.#options.store.db, recording, legalHold);
  }

  /** The whole call: its record, and every recording of it, also where there is none. false: it has no record. */
  holdCall(tenantId: TenantId, callId: CallId, legalHold: boolean): Promise<boolean> {
    return setCallHold(this.#options.store.db, { tenantId, callId }, legalHold);
  }

  erase(recording: StoredRecording, reason: string, by: ErasureBy): Promise<'erased' | 'held'> {
    return erase(this.#erasure, recording, reason, by);
  }

  eraseCustomer(tenantId: TenantId, customerId: CustomerId, reason: string, by: ErasureBy): Promise<ErasureReport> {
    return eraseCustomer(this.#erasure, tenantId, customerId, reason, by);
  }

  /** What has been kept long enough goes now. */
  eraseOld(): Promise<void> {
    return this.#inTime.turn();
  }

  close(): void {
    this.#inTime.stop();
  }

  /** Links are followed before the folder is compared; what is gone already is compared as it is written. */
  within(path: string): string {
    const root = real(this.#options.dir);
    const file = real(path);
    if (!file.startsWith(root + sep) || file.split(sep).includes('..')) throw new Error(`${JSON.stringify(path)} does not lie in the folder of recordings`);
    return file;
  }
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

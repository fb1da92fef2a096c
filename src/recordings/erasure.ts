/**
 * Recordings go: when they have been kept long enough, when a customer asks, or when somebody with the right to says so. First it is noted that one is going, then its
 * key and its file are destroyed, then it is noted that it is gone; whoever finds the first note without the last goes on from there, so a crash
 * costs nothing but time. A legal hold wins over all of it. What stays is the record that there was one, and why and when it went.
 */
import { rm } from 'node:fs/promises';
import type { Clock } from '../../kernel/clock.ts';
import type { CustomerId, TenantId, UserId } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import { shred } from '../../kernel/seal/read.ts';
import { writeAudit } from '../store/audit.ts';
import { beginErasure, endErasure, recordingsBefore, recordingsOfCustomer, type StoredRecording } from '../store/recordings.ts';
import type { Store } from '../store/store.ts';
import { peaksPath } from './peaks.ts';
import type { RecordingRules } from './rules.ts';

const DAY_MS = 86_400_000;
const EACH_MS = 1_800_000;
/** So many at once, and so many in one turn of one tenant: the rest is of the next turn. */
const BATCH = 100;
const MOST_A_TURN = 10_000;

export interface ErasureParts {
  store: Store;
  clock: Clock;
  log: Logger;
  /** Throws when the path does not lie in the folder of recordings. */
  within: (path: string) => string;
}
/** null: by age. */
export interface ErasureBy {
  userId: UserId;
  source: string | null;
}

export interface ErasureReport {
  erased: string[];
  held: string[];
  failed: string[];
}

export async function erase(parts: ErasureParts, recording: StoredRecording, reason: string, by: ErasureBy | null): Promise<'erased' | 'held'> {
  const { store, clock, within } = parts;
  const { recordingId, tenantId, path, callId, startedAt } = recording;
  const file = within(path);
  if (recording.legalHold) return 'held';
  const begun = await store.db.transaction().execute(async (trx) => {
    if (!(await beginErasure(trx, recording, clock.now(), reason))) return false;
    await writeAudit(trx, {
      ...{ at: clock.now(), tenantId, userId: by?.userId ?? null, source: by?.source ?? null, action: 'recording.erase', resource: `recording/${recordingId}` },
      ...{ before: { callId, startedAt: new Date(startedAt).toISOString() }, after: { reason } },
    });
    return true;
  });
  if (!begun) return 'held';
  await shred(file);
  await rm(peaksPath(file), { force: true });
  await endErasure(store.db, recordingId, clock.now());
  return 'erased';
}

/** Everything of one customer that is not held. */
export async function eraseCustomer(parts: ErasureParts, tenantId: TenantId, customerId: CustomerId, reason: string, by: ErasureBy): Promise<ErasureReport> {
  const report: ErasureReport = { erased: [], held: [], failed: [] };
  for (let after = ''; ; ) {
    const batch = await recordingsOfCustomer(parts.store.db, tenantId, customerId, after, BATCH);
    for (const recording of batch) await eraseInto(report, parts, recording, reason, by);
    const last = batch.at(-1);
    if (last === undefined || batch.length < BATCH) return report;
    after = last.recordingId;
  }
}

async function eraseInto(report: ErasureReport, parts: ErasureParts, recording: StoredRecording, reason: string, by: ErasureBy | null): Promise<void> {
  try {
    report[await erase(parts, recording, reason, by)].push(recording.recordingId);
  } catch (error) {
    parts.log.error({ err: error, recordingId: recording.recordingId }, 'a recording could not be erased');
    report.failed.push(recording.recordingId);
  }
}

/** One turn for one tenant. */
export async function eraseOld(parts: ErasureParts, tenantId: TenantId, keepDays: number): Promise<ErasureReport> {
  const report: ErasureReport = { erased: [], held: [], failed: [] };
  const before = parts.clock.now() - keepDays * DAY_MS;
  for (let done = 0; done < MOST_A_TURN; done += BATCH) {
    const batch = await recordingsBefore(parts.store.db, tenantId, before, BATCH);
    for (const recording of batch) await eraseInto(report, parts, recording, `kept ${keepDays} days`, null);
    // One that cannot be erased would be found again and again.
    if (batch.length < BATCH || report.failed.length > 0) break;
  }
  return report;
}

/** Looks each half hour, so that nothing stays an hour longer than it should; one turn at a time. */
export function eraseInTime(parts: ErasureParts, rules: () => Iterable<[TenantId, RecordingRules]>): { turn(): Promise<void>; stop(): void } {
  const { clock, log } = parts;
  let running: Promise<void> | null = null;
  const turn = async (): Promise<void> => {
    for (const [tenantId, { keepDays }] of rules()) {
      if (keepDays === null) continue;
      const { erased, failed } = await eraseOld(parts, tenantId, keepDays);
      if (erased.length + failed.length > 0) log.info({ tenant: tenantId, erased: erased.length, failed: failed.length }, 'recordings were erased by age');
    }
  };
  const run = (): Promise<void> => {
    running ??= turn()
      .catch((error: unknown) => log.warn({ err: error }, 'recordings could not be erased by age: tried again in half an hour'))
      .finally(() => {
        running = null;
      });
    return running;
  };
  return { turn: run, stop: clock.every(EACH_MS, () => void run()) };
}

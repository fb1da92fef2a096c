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
import { dropEmptyMonths, eraseOldRecords, type GoneRecords } from '../store/old-records.ts';
import { beginErasure, endErasure, recordingsBefore, recordingsOfCustomer, type StoredRecording } from '../store/recordings.ts';
import type { Store } from '../store/store.ts';
import { peaksPath } from './peaks.ts';
import type { RecordingRules } from './rules.ts';

const DAY_MS = 86_400_000;
const EACH_MS = 1_800_000;
/** So many at once, and so many in one turn of one tenant: the rest is of the next turn. */
const BATCH = 100;
const MOST_A_TURN = 10_000;
/** Records are lighter: a million calls a day still go as fast as they come. */
const RECORDS_BATCH = 1_000;
const MOST_RECORDS_A_TURN = 50_000;

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

/** One turn for one tenant. */
export async function eraseRecords({ store, clock }: ErasureParts, tenantId: TenantId, keepDays: number): Promise<GoneRecords> {
  const sum: GoneRecords = { calls: 0, interactions: 0 };
  const before = clock.now() - keepDays * DAY_MS;
  for (let done = 0; done < MOST_RECORDS_A_TURN; done += RECORDS_BATCH) {
    const gone = await eraseOldRecords(store.db, { tenantId, before, now: clock.now(), reason: `kept ${keepDays} days`, most: RECORDS_BATCH });
    sum.calls += gone.calls;
    sum.interactions += gone.interactions;
    if (gone.calls < RECORDS_BATCH && gone.interactions < RECORDS_BATCH) break;
  }
  return sum;
}

/** Looks each half hour, so that nothing stays an hour longer than it should; one turn at a time. */
export function eraseInTime(parts: ErasureParts, rules: () => Iterable<[TenantId, RecordingRules]>): { turn(): Promise<void>; stop(): void } {
  const { clock, log } = parts;
  let running: Promise<void> | null = null;
  const run = (): Promise<void> => {
    running ??= eraseByAge(parts, [...rules()])
      .catch((error: unknown) => log.warn({ err: error }, 'what was kept long enough could not be erased: tried again in half an hour'))
      .finally(() => {
        running = null;
      });
    return running;
  };
  return { turn: run, stop: clock.every(EACH_MS, () => void run()) };
}

/** Recordings first: a record stays while one of its call is there. */
async function eraseByAge(parts: ErasureParts, rules: readonly [TenantId, RecordingRules][]): Promise<void> {
  const { store, clock, log } = parts;
  for (const [tenantId, { keepDays }] of rules) {
    if (keepDays === null) continue;
    const { erased, failed } = await eraseOld(parts, tenantId, keepDays);
    if (erased.length + failed.length > 0) log.info({ tenant: tenantId, erased: erased.length, failed: failed.length }, 'recordings were erased by age');
  }
  const kept = rules.flatMap(([tenantId, { recordsKeepDays }]) => (recordsKeepDays === null ? [] : [{ tenantId, days: recordsKeepDays }]));
  if (kept.length === 0) return;
  for (const { tenantId, days } of kept) {
    const { calls, interactions } = await eraseRecords(parts, tenantId, days);
    if (calls + interactions > 0) log.info({ tenant: tenantId, calls, interactions }, 'records were erased by age');
  }
  const months = await dropEmptyMonths(store.db, clock.now() - Math.min(...kept.map(({ days }) => days)) * DAY_MS);
  if (months > 0) log.info({ months }, 'months that hold no record any more gave their room back');
}

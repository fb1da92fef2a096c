/** Recordings: what the record says of each, and what people decided about it. */
import { type Kysely, sql } from 'kysely';
import { type AgentId, asId, type CallId, type CustomerId, type TenantId } from '../../kernel/ids.ts';
import type { AgentRecord, RecordingPause } from '../cdr/record.ts';
import { isWholeCallHeld, lockHolds, wholeCallHeld } from './holds.ts';
import type { Database } from './schema.ts';

export interface StoredRecording {
  recordingId: string;
  callId: CallId;
  tenantId: TenantId;
  path: string;
  /** ms since 1970 */
  startedAt: number;
  durationMs: number | null;
  complete: boolean;
  reason: string | null;
  seal: string | null;
  bytes: number | null;
  pauses: RecordingPause[];
  legalHold: boolean;
  erasedAt: number | null;
  eraseReason: string | null;
  customerId: CustomerId | null;
  /** Every agent who talked on the call. */
  agentIds: AgentId[];
  /** Who talked in this one; null: nobody of ours. */
  agentId: AgentId | null;
}

const rowsOf = (db: Kysely<Database>) =>
  db
    .selectFrom('recordings')
    .leftJoin('recording_care', 'recording_care.recording_id', 'recordings.recording_id')
    .leftJoin('calls', 'calls.call_id', 'recordings.call_id')
    .selectAll('recordings')
    .select(['recording_care.legal_hold', 'recording_care.erased_at', 'recording_care.erase_reason', 'calls.agents', 'calls.customer_id'])
    .select(wholeCallHeld('recordings.call_id').as('call_held'));

type Row = Awaited<ReturnType<ReturnType<typeof rowsOf>['execute']>>[number];

const storedOf = (row: Row): StoredRecording => ({
  recordingId: row.recording_id,
  callId: asId<CallId>(row.call_id),
  tenantId: asId<TenantId>(row.tenant_id),
  path: row.path,
  startedAt: row.started_at.getTime(),
  durationMs: row.duration_ms,
  complete: row.complete,
  reason: row.reason,
  seal: row.seal,
  bytes: row.bytes,
  pauses: row.pauses,
  legalHold: row.erased_at === null && (row.call_held || row.legal_hold === true),
  erasedAt: row.erased_at?.getTime() ?? null,
  eraseReason: row.erase_reason,
  customerId: row.customer_id === null ? null : asId<CustomerId>(row.customer_id),
  agentIds: [...new Set(partsOf(row).map(({ agentId }) => agentId))],
  agentId: talkedIn(partsOf(row), row.started_at.getTime(), row.duration_ms ?? 0),
});

const partsOf = (row: Row): AgentRecord[] => (row.agents ?? []) as AgentRecord[];

/** Whose part lay longest within it: one who transfers hears the other answer. */
function talkedIn(parts: readonly AgentRecord[], from: number, durationMs: number): AgentId | null {
  const within = ({ answeredAt, endedAt }: AgentRecord): number => Math.min(endedAt, from + durationMs) - Math.max(answeredAt, from);
  const longest = parts.toSorted((a, b) => within(b) - within(a))[0];
  return longest === undefined || within(longest) <= 0 ? null : longest.agentId;
}

export async function recordingById(db: Kysely<Database>, tenantId: TenantId, recordingId: string): Promise<StoredRecording | null> {
  const row = await rowsOf(db).where('recordings.recording_id', '=', recordingId).where('recordings.tenant_id', '=', tenantId).executeTakeFirst();
  return row === undefined ? null : storedOf(row);
}

/** Of one call, in the order they began: one for each stretch that the same two parties talked. */
export async function recordingsOfCall(db: Kysely<Database>, tenantId: TenantId, callId: CallId): Promise<StoredRecording[]> {
  const rows = await rowsOf(db)
    .where('recordings.call_id', '=', callId)
    .where('recordings.tenant_id', '=', tenantId)
    .orderBy('recordings.started_at')
    .execute();
  return rows.map(storedOf);
}

/** Those that are to go: begun before `before` and neither held nor gone, oldest first. */
export async function recordingsBefore(db: Kysely<Database>, tenantId: TenantId, before: number, most: number): Promise<StoredRecording[]> {
  const rows = await rowsOf(db)
    .where('recordings.tenant_id', '=', tenantId)
    .where('recordings.started_at', '<', new Date(before))
    .where('recording_care.erased_at', 'is', null)
    .where(sql<boolean>`coalesce(recording_care.legal_hold, false) = false and not ${wholeCallHeld('recordings.call_id')}`)
    .orderBy('recordings.started_at')
    .limit(most)
    .execute();
  return rows.map(storedOf);
}

/** Of one customer, those that are not gone yet; `after`: the last id of the batch before. */
export async function recordingsOfCustomer(
  db: Kysely<Database>,
  tenantId: TenantId,
  customerId: CustomerId,
  after: string,
  most: number,
): Promise<StoredRecording[]> {
  const rows = await rowsOf(db)
    .where('recordings.tenant_id', '=', tenantId)
    .where('calls.customer_id', '=', customerId)
    .where('recording_care.erased_at', 'is', null)
    .where('recordings.recording_id', '>', after)
    .orderBy('recordings.recording_id')
    .limit(most)
    .execute();
  return rows.map(storedOf);
}

/** Every tenant's, not gone, with an end: for the command that proves them. */
export async function recordingsFrom(db: Kysely<Database>, after: string, most: number): Promise<StoredRecording[]> {
  const rows = await rowsOf(db)
    .where('recordings.recording_id', '>', after)
    .where('recordings.duration_ms', 'is not', null)
    .where('recording_care.erased_at', 'is', null)
    .orderBy('recordings.recording_id')
    .limit(most)
    .execute();
  return rows.map(storedOf);
}

/** Within a transaction. Begun again after a crash it is the same. false: it is held, and stays. */
export async function beginErasure(db: Kysely<Database>, { recordingId, tenantId, callId }: StoredRecording, at: number, reason: string): Promise<boolean> {
  await lockHolds(db);
  if (await isWholeCallHeld(db, callId)) return false;
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('recording_care')
    .values({ recording_id: recordingId, tenant_id: tenantId, erasing_at: new Date(at), erased_at: null, erase_reason: reason })
    .onConflict((conflict) =>
      conflict
        .column('recording_id')
        .doUpdateSet({ erasing_at: new Date(at), erase_reason: reason })
        .where('recording_care.legal_hold', '=', false)
        .where('recording_care.erased_at', 'is', null),
    )
    .executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export async function endErasure(db: Kysely<Database>, recordingId: string, at: number): Promise<void> {
  await db
    .updateTable('recording_care')
    .set({ erased_at: new Date(at) })
    .where('recording_id', '=', recordingId)
    .execute();
}

/** `erased`: it is going, or gone. `call_held`: its hold cannot be lifted alone. */
export type HoldResult = 'done' | 'erased' | 'call_held';

export async function setLegalHold(db: Kysely<Database>, { recordingId, tenantId, callId }: StoredRecording, legalHold: boolean): Promise<HoldResult> {
  if (!legalHold && (await isWholeCallHeld(db, callId))) return 'call_held';
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('recording_care')
    .values({ recording_id: recordingId, tenant_id: tenantId, legal_hold: legalHold, erasing_at: null, erased_at: null, erase_reason: null })
    .onConflict((conflict) => conflict.column('recording_id').doUpdateSet({ legal_hold: legalHold }).where('recording_care.erasing_at', 'is', null))
    .executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n ? 'done' : 'erased';
}

export async function readRecordingRules(db: Kysely<Database>): Promise<[TenantId, unknown][]> {
  const rows = await db.selectFrom('tenants').select(['tenant_id', 'recording_rules']).execute();
  return rows.map((row) => [asId<TenantId>(row.tenant_id), row.recording_rules]);
}

export async function saveRecordingRules(db: Kysely<Database>, tenantId: TenantId, rules: object): Promise<void> {
  await db
    .updateTable('tenants')
    .set({ recording_rules: JSON.stringify(rules) })
    .where('tenant_id', '=', tenantId)
    .execute();
}

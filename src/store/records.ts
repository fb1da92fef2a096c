/** Writes call records: one transaction for a batch, the newest revision of each call wins, the same batch twice changes nothing. */
import { type Kysely, sql } from 'kysely';
import type { InteractionRecord } from '../cdr/interaction-record.ts';
import { isOfCall, isOfInteraction, isOfLedger, type KeptRecord } from '../cdr/kept.ts';
import type { CallRecord, LegRecord, RecordingRecord } from '../cdr/record.ts';
import { jsonOf } from './json.ts';
import { writeInterval } from './ledger.ts';
import { ensureMonths, monthOf } from './months.ts';
import { isPassing } from './outage.ts';
import type { Database } from './schema.ts';
import { openFollowUps } from './tickets.ts';
import { enqueueRecords } from './webhooks.ts';

const MOST_MONTHS_KNOWN = 1_000;

/** What `cdr/writer.ts` writes with: makes the month of a stray call first (once), then upserts the batch. */
export function recordWriter(db: Kysely<Database>): (records: readonly KeptRecord[]) => Promise<void> {
  const made = new Set<string>();
  return async (records) => {
    for (const record of records) {
      const month = monthOf(record.arrivedAt);
      if (made.has(month)) continue;
      await tryMonth(db, record.arrivedAt);
      if (made.size >= MOST_MONTHS_KNOWN) made.clear();
      made.add(month);
    }
    await writeRecords(db, records);
  };
}

/** A month that cannot be made is no reason to refuse a record: the default partition takes it. */
async function tryMonth(db: Kysely<Database>, atMs: number): Promise<void> {
  try {
    await ensureMonths(db, atMs, 1);
  } catch (error) {
    if (isPassing(error)) throw error;
  }
}

type Row<Table extends keyof Database> = Record<keyof Database[Table], unknown>;

export async function writeRecords(db: Kysely<Database>, records: readonly KeptRecord[]): Promise<void> {
  // One order for everybody, so that two writers of the same calls wait for each other instead of deadlocking.
  const all = [...records].sort((a, b) => (a.callId < b.callId ? -1 : 1));
  const ordered = all.filter(isOfCall);
  await db.transaction().execute(async (trx) => {
    await upsert(trx, 'calls', ['call_id', 'arrived_at'], ordered.map(callRow));
    await upsert(trx, 'interactions', ['interaction_id', 'arrived_at'], all.filter(isOfInteraction).map(interactionRow));
    await upsert(
      trx,
      'call_legs',
      ['leg_id', 'arrived_at'],
      ordered.flatMap((record) => record.legs.map((leg) => legRow(record, leg))),
    );
    await upsert(
      trx,
      'recordings',
      ['recording_id'],
      ordered.flatMap((record) => record.recordings.map((recording) => recordingRow(record, recording))),
    );
    for (const record of all.filter(isOfLedger)) await writeInterval(trx, record);
    await openFollowUps(trx, ordered);
    await enqueueRecords(trx, ordered);
  });
}

/** The rows travel as one JSON parameter, whatever their number. Times are ISO 8601. */
async function upsert<Table extends 'calls' | 'call_legs' | 'recordings' | 'interactions'>(
  db: Kysely<Database>,
  table: Table,
  key: readonly string[],
  rows: readonly Row<Table>[],
): Promise<void> {
  const first = rows[0];
  if (first === undefined) return;
  const columns = Object.keys(first);
  const list = sql.join(columns.map((column) => sql.ref(column)));
  const changes = sql.join(columns.filter((column) => !key.includes(column)).map((column) => sql`${sql.ref(column)} = excluded.${sql.ref(column)}`));
  await sql`
    insert into ${sql.table(table)} (${list})
    select ${list} from jsonb_populate_recordset(null::${sql.table(table)}, ${jsonOf(rows)}::jsonb)
    on conflict (${sql.join(key.map((column) => sql.ref(column)))}) do update set ${changes}
    where ${sql.table(table)}.revision < excluded.revision
  `.execute(db);
}

const iso = (atMs: number): string => new Date(atMs).toISOString();
const isoOrNull = (atMs: number | null): string | null => (atMs === null ? null : iso(atMs));

const callRow = (record: CallRecord): Row<'calls'> => ({
  call_id: record.callId,
  arrived_at: iso(record.arrivedAt),
  revision: record.revision,
  tenant_id: record.tenantId,
  caller: record.caller.number,
  caller_raw: record.caller.raw,
  caller_name: record.caller.name ?? null,
  callee: record.callee.number,
  callee_raw: record.callee.raw,
  trunk: record.trunk,
  sip_call_id: record.sipCallId,
  answered_at: isoOrNull(record.answeredAt),
  agent_answered_at: isoOrNull(record.agentAnsweredAt),
  ended_at: iso(record.endedAt),
  cause: record.ending.cause,
  ended_by: record.ending.by,
  sip_status: record.ending.sip ?? null,
  q850: record.ending.q850 ?? null,
  customer_id: record.customerId,
  tier: record.tier,
  language: record.language,
  auth_level: record.authLevel,
  dialplan_version: record.dialplanVersion,
  queue_id: record.queues.at(-1)?.queueId ?? record.onBehalfOf ?? null,
  agent_id: record.agents.at(-1)?.agentId ?? null,
  queue_wait_ms: record.queueWaitMs,
  ring_ms: record.ringMs,
  talk_ms: record.talkMs,
  hold_ms: record.holdMs,
  wrap_up_ms: record.wrapUpMs,
  disposition: record.disposition,
  notes: record.notes,
  ivr_path: record.ivrPath,
  queues: record.queues,
  offers: record.offers,
  agents: record.agents,
  data: record.data,
  // A record that an earlier version left in the spool has none.
  recording: record.recording ?? 'none',
  direction: record.direction ?? 'inbound',
  consent: record.consent ?? null,
  survey: record.survey ?? null,
  surveyed_at: isoOrNull(record.survey?.askedAt ?? null),
  rating: record.survey?.rating ?? null,
});

const interactionRow = (record: InteractionRecord): Row<'interactions'> => ({
  interaction_id: record.callId,
  arrived_at: iso(record.arrivedAt),
  revision: record.revision,
  tenant_id: record.tenantId,
  channel: record.channel,
  external_id: record.externalId,
  sender: record.from,
  priority: record.priority,
  data: record.data,
  offered_at: isoOrNull(record.offeredAt),
  assigned_at: isoOrNull(record.assignedAt),
  ended_at: iso(record.endedAt),
  outcome: record.end,
  queue_id: record.queueId,
  agent_id: record.agentId,
  disposition: record.disposition,
  wait_ms: record.waitMs,
  active_ms: record.activeMs,
  wrap_up_ms: record.wrapUpMs,
  queues: record.queues,
  offers: record.offers,
  agents: record.agents,
});

const legRow = (record: CallRecord, leg: LegRecord): Row<'call_legs'> => ({
  leg_id: leg.legId,
  call_id: record.callId,
  arrived_at: iso(record.arrivedAt),
  revision: record.revision,
  role: leg.role,
  agent_id: leg.agentId,
  offer_id: leg.offerId,
  target: leg.target,
  started_at: iso(leg.startedAt),
  ringing_at: isoOrNull(leg.ringingAt),
  answered_at: isoOrNull(leg.answeredAt),
  ended_at: iso(leg.endedAt),
  hold_ms: leg.holdMs,
  cause: leg.ending.cause,
  ended_by: leg.ending.by,
  sip_status: leg.ending.sip ?? null,
  q850: leg.ending.q850 ?? null,
  audio: leg.audio,
  asked: leg.asked ?? null,
});

const recordingRow = (record: CallRecord, recording: RecordingRecord): Row<'recordings'> => ({
  recording_id: recording.recordingId,
  call_id: record.callId,
  tenant_id: record.tenantId,
  revision: record.revision,
  path: recording.path,
  started_at: iso(recording.startedAt),
  duration_ms: recording.durationMs,
  complete: recording.complete,
  reason: recording.reason ?? null,
  seal: recording.seal ?? null,
  bytes: recording.bytes ?? null,
  pauses: recording.pauses ?? [],
});

/** Reads call records for the API: newest first, by cursor, never by offset. */
import { type Kysely, type Selectable, sql } from 'kysely';
import type { CallId, TenantId } from '../../kernel/ids.ts';
import type { ConsentState } from '../call/consent.ts';
import type { EndedBy, EndingCause } from '../call/ending.ts';
import type { LegAudio } from '../call/event.ts';
import type {
  AgentRecord,
  AskedRecord,
  ConsentRecord,
  Direction,
  OfferRecord,
  QueueVisit,
  RecordingPause,
  RecordingState,
  SurveyRecord,
} from '../cdr/record.ts';
import { heldCalls } from './holds.ts';
import { jsonOf } from './json.ts';
import type { Database } from './schema.ts';
import { type FollowUp, followUpOf } from './tickets.ts';

export interface CallFilter {
  tenantId: TenantId;
  /** Arrived at or after / before, ms since 1970. */
  from?: number;
  until?: number;
  caller?: string;
  /** Its last four digits. */
  callerEnds?: string;
  callee?: string;
  queueId?: string;
  agentId?: string;
  /** Of one of these. */
  agentIds?: readonly string[];
  customerId?: string;
  cause?: string;
  /** At least, and at most: 1 very satisfied to 5. */
  rating?: { from: number; to: number };
  /** Only those under a legal hold, they or a recording of theirs. */
  held?: true;
  /** What was said of recording last. */
  consent?: ConsentState;
  disposition?: string;
  /** Attached to it: all of these. */
  data?: Readonly<Record<string, string>>;
}

/** Times as RFC 3339 text, durations in ms. */
export interface CallRow {
  callId: string;
  revision: number;
  tenantId: string;
  caller: string;
  callerName: string | null;
  callee: string;
  trunk: string;
  sipCallId: string;
  arrivedAt: string;
  answeredAt: string | null;
  agentAnsweredAt: string | null;
  endedAt: string;
  ending: { cause: EndingCause; by: EndedBy; sip?: number; q850?: number };
  customerId: string | null;
  tier: string | null;
  language: string;
  authLevel: number;
  dialplanVersion: string | null;
  queueId: string | null;
  agentId: string | null;
  queueWaitMs: number;
  ringMs: number;
  talkMs: number;
  holdMs: number;
  wrapUpMs: number;
  disposition: string | null;
  notes: string | null;
  ivrPath: string[];
  data: Record<string, string>;
  recording: RecordingState;
  direction: Direction;
  /** What was said of recording; null = nothing. */
  consent: ConsentRecord | null;
  /** null = her queue has none, or no agent of it talked with her. */
  survey: SurveyRecord | null;
}

export interface LegRow {
  legId: string;
  role: string;
  agentId: string | null;
  target: string | null;
  startedAt: string;
  ringingAt: string | null;
  answeredAt: string | null;
  endedAt: string;
  holdMs: number;
  audio: LegAudio | null;
  asked: AskedRecord | null;
  ending: { cause: EndingCause; by: EndedBy; sip?: number; q850?: number };
}

export interface RecordingRow {
  recordingId: string;
  callId: string;
  tenantId: string;
  path: string;
  startedAt: string;
  durationMs: number | null;
  complete: boolean;
  pauses: RecordingPause[];
}

export interface CallDetail extends CallRow {
  queues: QueueVisit[];
  offers: OfferRecord[];
  agents: AgentRecord[];
  legs: LegRow[];
  recordings: RecordingRow[];
  /** What was opened because she was not content; null = nothing. */
  followUp: FollowUp | null;
}

export class BadCursor extends Error {
  constructor() {
    super('the cursor is not one of ours: begin without one');
    this.name = 'BadCursor';
  }
}

const MOST_ROWS = 200;

/** At most `limit` (1–200) calls; `next` = cursor of the following page, null at the end. Throws BadCursor. */
export async function listCalls(
  db: Kysely<Database>,
  filter: CallFilter,
  limit: number,
  cursor: string | null,
): Promise<{ calls: CallRow[]; next: string | null }> {
  const most = Math.min(Math.max(1, Math.floor(limit)), MOST_ROWS);
  const rows = await callsQuery(db, filter, cursor)
    .limit(most + 1)
    .execute();
  const page = rows.slice(0, most);
  const last = page.at(-1);
  return { calls: page.map(callOf), next: rows.length > most && last !== undefined ? writeCursor(last.arrived_at, last.call_id) : null };
}

/** Newest first. */
export function callsQuery(db: Kysely<Database>, filter: CallFilter, cursor: string | null) {
  let query = db.selectFrom('calls').selectAll().where('tenant_id', '=', filter.tenantId);
  if (filter.from !== undefined) query = query.where('arrived_at', '>=', new Date(filter.from));
  if (filter.until !== undefined) query = query.where('arrived_at', '<', new Date(filter.until));
  if (filter.callerEnds !== undefined) query = query.where(sql<boolean>`right(caller, 4) = ${filter.callerEnds}`);
  if (filter.data !== undefined) query = query.where(sql<boolean>`data @> ${jsonOf(filter.data)}::jsonb`);
  if (filter.consent !== undefined) query = query.where(sql<boolean>`consent->>'state' = ${filter.consent}`);
  if (filter.held === true) query = query.where('call_id', 'in', heldCalls(db, filter.tenantId));
  for (const [column, value] of Object.entries(equalities(filter))) if (value !== undefined) query = query.where(sql.ref(column), '=', value);
  if (filter.rating !== undefined) query = query.where('rating', '>=', filter.rating.from).where('rating', '<=', filter.rating.to);
  if (filter.agentIds !== undefined) query = query.where('agent_id', 'in', filter.agentIds);
  if (cursor !== null) {
    const { at, callId } = readCursor(cursor);
    query = query.where(sql<boolean>`(arrived_at, call_id) < (${at}::timestamptz, ${callId})`);
  }
  return query.orderBy('arrived_at', 'desc').orderBy('call_id', 'desc');
}

/** When this number was last asked to rate a call; null = never. */
export async function lastSurveyed(db: Kysely<Database>, tenantId: TenantId, caller: string): Promise<number | null> {
  const { rows } = await sql<{ at: Date }>`
    select surveyed_at as at from calls where tenant_id = ${tenantId} and caller = ${caller} and surveyed_at is not null order by surveyed_at desc limit 1
  `.execute(db);
  return rows[0]?.at.getTime() ?? null;
}

/** One call with its legs and recordings; null when the tenant has none of this id. */
export async function callDetail(db: Kysely<Database>, tenantId: TenantId, callId: CallId): Promise<CallDetail | null> {
  const row = await db.selectFrom('calls').selectAll().where('call_id', '=', callId).where('tenant_id', '=', tenantId).executeTakeFirst();
  if (row === undefined) return null;
  const legs = await db
    .selectFrom('call_legs')
    .selectAll()
    .where('call_id', '=', callId)
    .where('arrived_at', '=', row.arrived_at)
    .orderBy('started_at')
    .execute();
  return {
    ...callOf(row),
    queues: row.queues as QueueVisit[],
    offers: row.offers as OfferRecord[],
    agents: row.agents as AgentRecord[],
    legs: legs.map(legOf),
    recordings: await recordingsOf(db, tenantId, callId),
    followUp: await followUpOf(db, tenantId, callId),
  };
}

export async function recordingsOf(db: Kysely<Database>, tenantId: TenantId, callId: CallId): Promise<RecordingRow[]> {
  const rows = await db.selectFrom('recordings').selectAll().where('call_id', '=', callId).where('tenant_id', '=', tenantId).orderBy('started_at').execute();
  return rows.map((row) => ({
    recordingId: row.recording_id,
    callId: row.call_id,
    tenantId: row.tenant_id,
    path: row.path,
    startedAt: row.started_at.toISOString(),
    durationMs: row.duration_ms,
    complete: row.complete,
    pauses: row.pauses,
  }));
}

const equalities = (filter: CallFilter): Record<string, string | undefined> => ({
  caller: filter.caller,
  callee: filter.callee,
  queue_id: filter.queueId,
  agent_id: filter.agentId,
  customer_id: filter.customerId,
  cause: filter.cause,
  disposition: filter.disposition,
});

interface KyselyRow {
  cause: string;
  ended_by: string;
  sip_status: number | null;
  q850: number | null;
}

/** What stands in these columns was written from an Ending. */
const endingOf = (row: KyselyRow): CallRow['ending'] => ({
  cause: row.cause as EndingCause,
  by: row.ended_by as EndedBy,
  ...(row.sip_status === null ? {} : { sip: row.sip_status }),
  ...(row.q850 === null ? {} : { q850: row.q850 }),
});

type Selected<Table extends keyof Database> = Selectable<Database[Table]>;

const callOf = (row: Selected<'calls'>): CallRow => ({
  callId: row.call_id,
  revision: row.revision,
  tenantId: row.tenant_id,
  caller: row.caller,
  callerName: row.caller_name,
  callee: row.callee,
  trunk: row.trunk,
  sipCallId: row.sip_call_id,
  arrivedAt: row.arrived_at.toISOString(),
  answeredAt: row.answered_at?.toISOString() ?? null,
  agentAnsweredAt: row.agent_answered_at?.toISOString() ?? null,
  endedAt: row.ended_at.toISOString(),
  ending: endingOf(row),
  customerId: row.customer_id,
  tier: row.tier,
  language: row.language,
  authLevel: row.auth_level,
  dialplanVersion: row.dialplan_version,
  queueId: row.queue_id,
  agentId: row.agent_id,
  queueWaitMs: row.queue_wait_ms,
  ringMs: row.ring_ms,
  talkMs: row.talk_ms,
  holdMs: row.hold_ms,
  wrapUpMs: row.wrap_up_ms,
  disposition: row.disposition,
  notes: row.notes,
  ivrPath: row.ivr_path,
  data: row.data,
  recording: row.recording as RecordingState,
  direction: row.direction as Direction,
  consent: row.consent as ConsentRecord | null,
  survey: row.survey as SurveyRecord | null,
});

const legOf = (row: Selected<'call_legs'>): LegRow => ({
  legId: row.leg_id,
  role: row.role,
  agentId: row.agent_id,
  target: row.target,
  startedAt: row.started_at.toISOString(),
  ringingAt: row.ringing_at?.toISOString() ?? null,
  answeredAt: row.answered_at?.toISOString() ?? null,
  endedAt: row.ended_at.toISOString(),
  holdMs: row.hold_ms,
  ending: endingOf(row),
  audio: row.audio,
  asked: row.asked,
});

export const writeCursor = (at: Date, id: string): string => Buffer.from(`${at.toISOString()} ${id}`, 'utf8').toString('base64url');

/** Throws BadCursor. */
export function readCursor(cursor: string): { at: string; callId: string } {
  const [, at, callId] = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) (\S{1,100})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  if (at === undefined || callId === undefined || Number.isNaN(Date.parse(at))) throw new BadCursor();
  return { at, callId };
}

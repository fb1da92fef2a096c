/** Reads records of interactions of other channels for the API: newest first, by cursor. They are written by `records.ts`. */
import { type Kysely, type Selectable, sql } from 'kysely';
import { asId, type CallId, type TenantId } from '../../kernel/ids.ts';
import type { InteractionEnd } from '../acd/channels/event.ts';
import type { InteractionOffer, InteractionPart, InteractionRecord, InteractionVisit } from '../cdr/interaction-record.ts';
import { readCursor, writeCursor } from './calls.ts';
import type { Database } from './schema.ts';

export interface InteractionFilter {
  /** Handed in at or after / before, ms since 1970. */
  from?: number;
  until?: number;
  channel?: string;
  queueId?: string;
  agentId?: string;
  /** Of one of these. */
  agentIds?: readonly string[];
}

const MOST_ROWS = 200;

/** At most `limit` (1–200); `next` = cursor of the following page, null at the end. Throws BadCursor. */
export async function listInteractions(
  db: Kysely<Database>,
  tenantId: TenantId,
  filter: InteractionFilter,
  { limit, cursor }: { limit: number; cursor: string | null },
): Promise<{ records: InteractionRecord[]; next: string | null }> {
  const most = Math.min(Math.max(1, Math.floor(limit)), MOST_ROWS);
  let query = db.selectFrom('interactions').selectAll().where('tenant_id', '=', tenantId);
  if (filter.from !== undefined) query = query.where('arrived_at', '>=', new Date(filter.from));
  if (filter.until !== undefined) query = query.where('arrived_at', '<', new Date(filter.until));
  if (filter.channel !== undefined) query = query.where('channel', '=', filter.channel);
  if (filter.queueId !== undefined) query = query.where('queue_id', '=', filter.queueId);
  if (filter.agentId !== undefined) query = query.where('agent_id', '=', filter.agentId);
  if (filter.agentIds !== undefined) query = query.where('agent_id', 'in', filter.agentIds);
  if (cursor !== null) {
    const { at, callId } = readCursor(cursor);
    query = query.where(sql<boolean>`(arrived_at, interaction_id) < (${at}::timestamptz, ${callId})`);
  }
  const rows = await query
    .orderBy('arrived_at', 'desc')
    .orderBy('interaction_id', 'desc')
    .limit(most + 1)
    .execute();
  const page = rows.slice(0, most);
  const last = page.at(-1);
  return { records: page.map(recordOf), next: rows.length > most && last !== undefined ? writeCursor(last.arrived_at, last.interaction_id) : null };
}

/** null: the tenant has no record of it. */
export async function interactionRecord(db: Kysely<Database>, tenantId: TenantId, interactionId: CallId): Promise<InteractionRecord | null> {
  const row = await db.selectFrom('interactions').selectAll().where('interaction_id', '=', interactionId).where('tenant_id', '=', tenantId).executeTakeFirst();
  return row === undefined ? null : recordOf(row);
}

/** What stands in these columns was written from a record. */
function recordOf(row: Selectable<Database['interactions']>): InteractionRecord {
  return {
    callId: asId(row.interaction_id),
    revision: row.revision,
    tenantId: asId(row.tenant_id),
    channel: row.channel,
    externalId: row.external_id,
    from: row.sender,
    priority: row.priority,
    data: row.data,
    arrivedAt: row.arrived_at.getTime(),
    offeredAt: row.offered_at?.getTime() ?? null,
    assignedAt: row.assigned_at?.getTime() ?? null,
    endedAt: row.ended_at.getTime(),
    end: row.outcome as InteractionEnd,
    queueId: asId(row.queue_id),
    agentId: row.agent_id === null ? null : asId(row.agent_id),
    disposition: row.disposition,
    waitMs: row.wait_ms,
    activeMs: row.active_ms,
    wrapUpMs: row.wrap_up_ms,
    queues: row.queues as InteractionVisit[],
    offers: row.offers as InteractionOffer[],
    agents: row.agents as InteractionPart[],
  };
}

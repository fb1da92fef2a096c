/** Tickets as those see and work them who see to them. */
import { type Kysely, type Selectable, sql } from 'kysely';
import type { TenantId, UserId } from '../../kernel/ids.ts';
import { type AuditEntry, writeAudit } from './audit.ts';
import { readCursor, writeCursor } from './calls.ts';
import { jsonOf } from './json.ts';
import type { Database } from './schema.ts';

export const ticketKinds = ['case', 'survey'] as const;
export type TicketKind = (typeof ticketKinds)[number];
export const ticketResults = ['resolved', 'not_reached', 'nothing_to_do', 'duplicate'] as const;
export type TicketResult = (typeof ticketResults)[number];
/** A ticket is worked by people: more than this nobody reads. */
const MOST_NOTES = 200;

export interface TicketNote {
  /** RFC 3339 */
  at: string;
  by: string;
  text: string;
}

/** Times RFC 3339. */
export interface Ticket {
  ticketId: string;
  kind: TicketKind;
  title: string;
  status: string;
  customerId: string | null;
  number: string | null;
  callId: string | null;
  queueId: string | null;
  /** Of `survey`: whom it counts for. */
  agentId: string | null;
  rating: number | null;
  reason: string | null;
  assignedTo: string | null;
  notes: TicketNote[];
  openedAt: string;
  closedAt: string | null;
  closedBy: string | null;
  result: string | null;
}

export interface TicketFilter {
  state: 'open' | 'closed';
  kind?: TicketKind;
  queueId?: string;
  assignedTo?: string;
  /** Opened before, ms since 1970. */
  openedBefore?: number;
  /** About one of these. */
  agentIds?: readonly string[];
}

/** `close`: with which result. */
export interface TicketChange {
  assignedTo?: UserId | null;
  note?: string;
  close?: TicketResult;
}

function ticketsQuery(db: Kysely<Database>, tenantId: TenantId, filter: TicketFilter) {
  let query = db
    .selectFrom('tickets')
    .where('tenant_id', '=', tenantId)
    .where('closed_at', filter.state === 'open' ? 'is' : 'is not', null);
  if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind);
  if (filter.queueId !== undefined) query = query.where('queue_id', '=', filter.queueId);
  if (filter.assignedTo !== undefined) query = query.where('assigned_to', '=', filter.assignedTo);
  if (filter.openedBefore !== undefined) query = query.where('opened_at', '<', new Date(filter.openedBefore));
  if (filter.agentIds !== undefined) query = query.where('agent_id', 'in', filter.agentIds);
  return query;
}

/** Open ones the oldest first, closed ones as they were closed, the last one first. Throws BadCursor. */
export async function listTickets(
  db: Kysely<Database>,
  tenantId: TenantId,
  filter: TicketFilter,
  limit: number,
  cursor: string | null,
): Promise<{ tickets: Ticket[]; next: string | null }> {
  const isOpen = filter.state === 'open';
  let query = ticketsQuery(db, tenantId, filter).selectAll();
  if (cursor !== null) {
    const { at, callId: ticketId } = readCursor(cursor);
    query = query.where(
      isOpen
        ? sql<boolean>`(opened_at, ticket_id) > (${at}::timestamptz, ${ticketId})`
        : sql<boolean>`(closed_at, ticket_id) < (${at}::timestamptz, ${ticketId})`,
    );
  }
  const ordered = isOpen ? query.orderBy('opened_at').orderBy('ticket_id') : query.orderBy('closed_at', 'desc').orderBy('ticket_id', 'desc');
  const rows = await ordered.limit(limit + 1).execute();
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const at = last === undefined ? null : isOpen ? last.opened_at : last.closed_at;
  return { tickets: page.map(ticketOf), next: rows.length > limit && last !== undefined && at !== null ? writeCursor(at, last.ticket_id) : null };
}

/** How many there are of them, and since when the oldest is open. */
export async function countTickets(db: Kysely<Database>, tenantId: TenantId, filter: TicketFilter): Promise<{ count: number; oldestAt: string | null }> {
  const row = await ticketsQuery(db, tenantId, filter)
    .select(({ fn }) => [fn.countAll().as('count'), fn.min('opened_at').as('oldest')])
    .executeTakeFirstOrThrow();
  return { count: Number(row.count), oldestAt: row.oldest === null ? null : new Date(row.oldest).toISOString() };
}

export async function ticketById(db: Kysely<Database>, tenantId: TenantId, ticketId: string): Promise<Ticket | null> {
  const row = await db.selectFrom('tickets').selectAll().where('tenant_id', '=', tenantId).where('ticket_id', '=', ticketId).executeTakeFirst();
  return row === undefined ? null : ticketOf(row);
}

/** With its entry of the audit trail, or not at all; null: it is not there, is closed already, or full of notes. */
export async function changeTicket(
  db: Kysely<Database>,
  ticketId: string,
  { assignedTo, note, close }: TicketChange,
  told: AuditEntry,
): Promise<Ticket | null> {
  const { at, userId, tenantId } = told;
  const now = new Date(at);
  const noted = note === undefined ? [] : [{ at: now.toISOString(), by: userId ?? '', text: note }];
  return db.transaction().execute(async (trx) => {
    const row = await trx
      .updateTable('tickets')
      .set({
        ...(assignedTo === undefined ? {} : { assigned_to: assignedTo, status: assignedTo === null ? 'open' : 'in_progress' }),
        ...(noted.length === 0 ? {} : { notes: sql<string>`notes || ${jsonOf(noted)}::jsonb` }),
        ...(close === undefined ? {} : { closed_at: now, closed_by: userId, result: close, status: 'closed' }),
      })
      .where('tenant_id', '=', tenantId)
      .where('ticket_id', '=', ticketId)
      .where('closed_at', 'is', null)
      .where(sql<boolean>`jsonb_array_length(notes) < ${MOST_NOTES}`)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) return null;
    await writeAudit(trx, told);
    return ticketOf(row);
  });
}

const ticketOf = (row: Selectable<Database['tickets']>): Ticket => ({
  ...{ ticketId: row.ticket_id, kind: row.kind as TicketKind, title: row.title, status: row.status, customerId: row.customer_id, number: row.number },
  ...{ callId: row.call_id, queueId: row.queue_id, agentId: row.agent_id, rating: row.rating, reason: row.reason, assignedTo: row.assigned_to },
  ...{ notes: row.notes, openedAt: row.opened_at.toISOString(), closedAt: row.closed_at?.toISOString() ?? null, closedBy: row.closed_by, result: row.result },
});

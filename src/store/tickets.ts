/** Tickets, as far as a screen pop shows them; and those that are opened because a caller was not content. */
import { type Kysely, sql } from 'kysely';
import type { CallId, CustomerId, TenantId } from '../../kernel/ids.ts';
import type { Language } from '../call/event.ts';
import { UNHAPPY_FROM } from '../call/survey.ts';
import type { CallRecord } from '../cdr/record.ts';
import { jsonOf } from './json.ts';
import type { Database } from './schema.ts';

export interface TicketRow {
  ticketId: string;
  tenantId: TenantId;
  customerId: CustomerId;
  title: string;
  status: string;
  /** ms since 1970 */
  openedAt: number;
  /** null = open */
  closedAt: number | null;
}

export async function saveTicket(db: Kysely<Database>, ticket: TicketRow): Promise<void> {
  const changing = { title: ticket.title, status: ticket.status, closed_at: ticket.closedAt === null ? null : new Date(ticket.closedAt) };
  await db
    .insertInto('tickets')
    .values({ ticket_id: ticket.ticketId, tenant_id: ticket.tenantId, customer_id: ticket.customerId, opened_at: new Date(ticket.openedAt), ...changing })
    .onConflict((conflict) => conflict.column('ticket_id').doUpdateSet(changing))
    .execute();
}

/** Nothing of the rating: whoever comes to see it may be whom it is about. */
const titles: Record<Language, string> = { zh: '通话后回访', en: 'Follow-up after the call' };

/**
 * In the transaction of the call's record, so that there is one for each call and none is lost. Of a customer where she is known, else of her number.
 * It is opened once: what has become of it since is not touched by a later revision, but for the reason, while it is open.
 */
export async function openFollowUps(db: Kysely<Database>, records: readonly CallRecord[]): Promise<void> {
  const rows = records.flatMap(({ survey, callId, tenantId, customerId, caller, language }) => {
    if (survey?.rating == null || survey.rating < UNHAPPY_FROM || survey.askedAt === null) return [];
    const { rating, reason, queueId, agentId } = survey;
    const about = {
      call_id: callId,
      tenant_id: tenantId,
      customer_id: customerId,
      number: caller.number,
      rating,
      reason,
      queue_id: queueId,
      agent_id: agentId,
    };
    return [{ ticket_id: `survey-${callId}`, ...about, title: titles[language], opened_at: new Date(survey.askedAt).toISOString() }];
  });
  if (rows.length === 0) return;
  await sql`
    insert into tickets (ticket_id, kind, call_id, tenant_id, customer_id, number, title, status, opened_at, rating, reason, queue_id, agent_id)
    select r.ticket_id, 'survey', r.call_id, r.tenant_id, c.customer_id, r.number, r.title, 'open', r.opened_at, r.rating, r.reason, r.queue_id, r.agent_id
    from jsonb_populate_recordset(null::tickets, ${jsonOf(rows)}::jsonb) r
    join tenants t on t.tenant_id = r.tenant_id
    left join customers c on c.customer_id = r.customer_id
    on conflict (ticket_id) do update set reason = excluded.reason where tickets.closed_at is null
  `.execute(db);
}

/** What was opened of this call. Times RFC 3339. */
export interface FollowUp {
  ticketId: string;
  status: string;
  openedAt: string;
  closedAt: string | null;
}

export async function followUpOf(db: Kysely<Database>, tenantId: TenantId, callId: CallId): Promise<FollowUp | null> {
  const row = await db
    .selectFrom('tickets')
    .select(['ticket_id', 'status', 'opened_at', 'closed_at'])
    .where('tenant_id', '=', tenantId)
    .where('call_id', '=', callId)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { ticket_id: ticketId, status, opened_at, closed_at } = row;
  return { ticketId, status, openedAt: opened_at.toISOString(), closedAt: closed_at?.toISOString() ?? null };
}

/** Tickets, as far as a screen pop shows them. */
import type { Kysely } from 'kysely';
import type { CustomerId, TenantId } from '../../kernel/ids.ts';
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

/** Tickets: what is to be seen to, by whom, what was noted of it and how it ended. Those that a rating opened say how a caller rated, so no agent sees any. */
import { z } from 'zod';
import { type AgentId, asId, type UserId } from '../../kernel/ids.ts';
import { personal } from '../../kernel/mask.ts';
import { type Ticket, type TicketChange, ticketKinds, ticketResults } from '../store/ticket-work.ts';
import { asker, author } from './access.ts';
import type { ApiPorts, Identity } from './ports.ts';
import { Problem } from './problems.ts';
import { agentsWithin, mayToAny } from './scope.ts';
import { type Api, given, idSchema, pageOf, pageQuery, pageRequest } from './shapes.ts';

const HOUR_MS = 3_600_000;
const text = z.string();
const noteSchema = z.object({ at: text, by: text, text: text.meta(personal('text')) });
const ticketSchema = z.object({
  ticketId: text,
  /** case: the operator's own · survey: a caller rated 4 or 5 */
  kind: z.enum(ticketKinds),
  title: text.meta(personal('text')),
  status: text,
  customerId: text.nullable(),
  number: text.meta(personal('number')).nullable(),
  callId: text.nullable(),
  queueId: text.nullable(),
  agentId: text.nullable().describe('Of survey: whom the rating counts for'),
  rating: z.number().nullable(),
  reason: text.nullable(),
  assignedTo: text.nullable().describe('The user who sees to it; null: nobody yet'),
  notes: z.array(noteSchema),
  openedAt: text,
  closedAt: text.nullable(),
  closedBy: text.nullable(),
  result: text.nullable(),
});
const listSchema = pageOf(ticketSchema).extend({
  open: z.object({ count: z.number().int(), oldestAt: text.nullable() }).describe('All open ones that she may see, whatever else was asked for'),
});
const filters = {
  state: z.enum(['open', 'closed']).default('open'),
  kind: z.enum(ticketKinds).optional(),
  queueId: idSchema.optional(),
  assignedTo: idSchema.optional(),
  olderThanHours: z.coerce.number().int().min(1).max(8_760).optional(),
};
const changeSchema = z
  .strictObject({
    assignedTo: idSchema.nullable().optional().describe('A user of the tenant; null: nobody'),
    note: z.string().trim().min(1).max(1_000).optional(),
    close: z.enum(ticketResults).optional().describe('The result it is closed with'),
  })
  .refine((body) => Object.keys(body).length > 0, 'at least one of assignedTo, note and close');

export function cases(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/tickets',
    {
      config: { action: 'ticket.read' },
      schema: {
        tags: ['tickets'],
        summary: 'Tickets: open ones the oldest first, or closed ones; a lead sees those that are about agents of her teams',
        querystring: z.strictObject({ ...pageQuery, ...filters }),
        response: { 200: listSchema },
      },
    },
    async (request) => {
      const user = asker(request);
      const { olderThanHours, state, kind, queueId, assignedTo } = request.query;
      const agentIds = agentsWithin(ports, user, 'ticket.read') ?? undefined;
      const mine = given({ agentIds });
      const openedBefore = olderThanHours === undefined ? undefined : ports.clock.now() - olderThanHours * HOUR_MS;
      const filter = { state, ...mine, ...given({ kind, queueId, assignedTo, openedBefore }) };
      const [page, open] = await Promise.all([
        ports.tickets.list(user.tenantId, filter, pageRequest(request.query)),
        ports.tickets.count(user.tenantId, { state: 'open', ...mine }),
      ]);
      return { ...page, open };
    },
  );
  app.patch(
    '/api/v1/tickets/:ticketId',
    {
      config: { action: 'ticket.work' },
      schema: {
        tags: ['tickets'],
        summary: 'Assign a ticket, note something of it, or close it with a result; 409 once it is closed',
        params: z.strictObject({ ticketId: idSchema }),
        body: changeSchema,
        response: { 200: ticketSchema },
      },
    },
    async (request) => {
      const user = asker(request);
      const { ticketId } = request.params;
      await ticketFor(ports, user, ticketId);
      const { assignedTo, note, close } = request.body;
      if (assignedTo != null) await demandUser(ports, user, assignedTo);
      const change: TicketChange = given({ assignedTo: assignedTo as UserId | null | undefined, note, close });
      // What was noted may name the caller: that there was a note is enough here.
      const after = { ...given({ assignedTo, close }), ...(note === undefined ? {} : { noted: true }) };
      const told = { ...author(request), action: close === undefined ? 'ticket.change' : 'ticket.close', resource: `ticket/${ticketId}`, after };
      const changed = await ports.tickets.change(ticketId, change, told);
      if (changed === null) throw new Problem('not_now', 'the ticket is closed already');
      return changed;
    },
  );
}

/** What she may not work does not exist for her. */
async function ticketFor(ports: ApiPorts, user: Identity, ticketId: string): Promise<Ticket> {
  const { tenantId } = user;
  const ticket = await ports.tickets.get(tenantId, ticketId);
  const agentIds = ticket?.agentId == null ? [] : [asId<AgentId>(ticket.agentId)];
  if (ticket === null || !mayToAny(ports, user, 'ticket.work', { tenantId, agentIds })) throw new Problem('not_found');
  return ticket;
}

async function demandUser({ users }: ApiPorts, { tenantId }: Identity, userId: string): Promise<void> {
  const found = await users.get(tenantId, asId<UserId>(userId));
  if (found === null || found.role === 'agent')
    throw new Problem('validation_failed', '', [{ at: 'body.assignedTo', message: 'a user of the tenant who is no agent: no agent sees ratings' }]);
}

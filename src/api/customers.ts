/** Customers by number, and one customer's card. Who does not see everybody's (`personal.read`) sees hers while she serves them; others masked. */
import { z } from 'zod';
import { type AgentId, asId } from '../../kernel/ids.ts';
import type { CustomerCard } from '../call/event.ts';
import { customerSchema } from '../cti/protocol.ts';
import { asker } from './access.ts';
import { agentsOn } from './calls.ts';
import { belonging, type Revealable } from './personal.ts';
import type { ApiPorts, Identity } from './ports.ts';
import { Problem } from './problems.ts';
import type { Reveals } from './reveals.ts';
import { type Api, branded, idSchema } from './shapes.ts';

const numberSchema = z.string().regex(/^\+?[0-9 -]{3,20}$/, 'a phone number: digits, perhaps +, spaces and -');

/** Who has her on the line, or had her until a moment ago. */
const servedBy = ({ calls }: ApiPorts, { tenantId }: Identity, { customerId }: CustomerCard): (AgentId | null)[] =>
  [...calls.values()].filter((call) => call.tenantId === tenantId && call.customer?.customerId === customerId).flatMap(({ legs }) => agentsOn(legs));

/** To be revealed it is also theirs who were in touch with her lately. */
export async function customerFor(ports: ApiPorts, user: Identity, customerId: string): Promise<Revealable> {
  const card = await ports.customers.byId(user.tenantId, branded(customerId));
  if (card === null) throw new Problem('not_found');
  const lately = card.recentContacts.flatMap(({ agent }) => (agent === null ? [] : [asId<AgentId>(agent)]));
  return { schema: customerSchema, value: belonging([...servedBy(ports, user, card), ...lately], { ...card }) };
}

export function customers(app: Api, ports: ApiPorts, reveals: Reveals): void {
  app.get(
    '/api/v1/customers',
    {
      config: { action: 'customer.read' },
      schema: {
        tags: ['customers'],
        summary: 'Customers with this number (0, 86, +86, 0086 forms alike); asked by who sees numbers masked, it is in the audit trail',
        querystring: z.strictObject({ number: numberSchema }),
        response: { 200: z.object({ items: z.array(customerSchema), nextCursor: z.null() }) },
      },
    },
    async (request) => {
      const user = asker(request);
      const { number } = request.query;
      await reveals.searched(request, 'customer', { number });
      const card = await ports.customers.byNumber(user.tenantId, number);
      return { items: card === null ? [] : [belonging(servedBy(ports, user, card), { ...card })], nextCursor: null };
    },
  );

  app.get(
    '/api/v1/customers/:customerId',
    {
      config: { action: 'customer.read' },
      schema: { tags: ['customers'], summary: 'One customer', params: z.strictObject({ customerId: idSchema }), response: { 200: customerSchema } },
    },
    async (request) => {
      const user = asker(request);
      const card = await ports.customers.byId(user.tenantId, branded(request.params.customerId));
      if (card === null) throw new Problem('not_found');
      return belonging(servedBy(ports, user, card), { ...card });
    },
  );
}

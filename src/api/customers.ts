/** Customers by number, and one customer's card. Supervisors, admins and programs see the number, others masked: an agent's screen pop has the caller's own. */
import { z } from 'zod';
import type { CustomerCard } from '../call/event.ts';
import { customerSchema } from '../cti/protocol.ts';
import { maskNumber } from '../customers/normalise.ts';
import type { Role } from '../users/user.ts';
import { asker } from './access.ts';
import type { ApiPorts } from './ports.ts';
import { Problem } from './problems.ts';
import { type Api, branded, idSchema } from './shapes.ts';

const numberSchema = z.string().regex(/^\+?[0-9 -]{3,20}$/, 'a phone number: digits, perhaps +, spaces and -');

const clear: readonly Role[] = ['supervisor', 'admin', 'key'];
const shownTo = (role: Role, card: CustomerCard): CustomerCard => (clear.includes(role) ? card : { ...card, number: maskNumber(card.number) });

export function customers(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/customers',
    {
      config: { action: 'customer.read' },
      schema: {
        tags: ['customers'],
        summary: 'Customers with this number (0, 86, +86, 0086 forms alike)',
        querystring: z.strictObject({ number: numberSchema }),
        response: { 200: z.object({ items: z.array(customerSchema), nextCursor: z.null() }) },
      },
    },
    async (request) => {
      const { tenantId, role } = asker(request);
      const card = await ports.customers.byNumber(tenantId, request.query.number);
      return { items: card === null ? [] : [shownTo(role, card)], nextCursor: null };
    },
  );

  app.get(
    '/api/v1/customers/:customerId',
    {
      config: { action: 'customer.read' },
      schema: { tags: ['customers'], summary: 'One customer', params: z.strictObject({ customerId: idSchema }), response: { 200: customerSchema } },
    },
    async (request) => {
      const { tenantId, role } = asker(request);
      const card = await ports.customers.byId(tenantId, branded(request.params.customerId));
      if (card === null) throw new Problem('not_found');
      return shownTo(role, card);
    },
  );
}

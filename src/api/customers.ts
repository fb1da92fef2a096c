/** Customers by number, and one customer's card. Agents see the number masked: their screen pop has the caller's own. */
import { z } from 'zod';
import type { CustomerCard } from '../call/event.ts';
import { customerSchema } from '../cti/protocol.ts';
import { asker } from './access.ts';
import type { ApiPorts, Role } from './ports.ts';
import { Problem } from './problems.ts';
import { type Api, branded, idSchema } from './shapes.ts';

const numberSchema = z.string().regex(/^\+?[0-9 -]{3,20}$/, 'a phone number: digits, perhaps +, spaces and -');

/** Keeps the first three and the last four digits, as on a Chinese bill: 138****1001. */
export function maskNumber(number: string): string {
  const digits = number.replace(/^\+86(?=1\d{10}$)/, '');
  if (digits.length < 8) return `${'*'.repeat(Math.max(0, digits.length - 2))}${digits.slice(-2)}`;
  return `${digits.slice(0, -8)}****${digits.slice(-4)}`;
}

const shownTo = (role: Role, card: CustomerCard): CustomerCard => (role === 'agent' ? { ...card, number: maskNumber(card.number) } : card);

export function customers(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/customers',
    {
      config: { action: 'customers.read' },
      schema: {
        tags: ['customers'],
        summary: 'Customers with this number (0, 86, +86, 0086 forms alike)',
        querystring: z.strictObject({ number: numberSchema }),
        response: { 200: z.object({ items: z.array(customerSchema), nextCursor: z.null() }) },
      },
    },
    async (request) => {
      const { tenantId, role } = asker(request);
      const card = await ports.customers.byNumber(tenantId, request.query.number.replaceAll(/[ -]/g, ''));
      return { items: card === null ? [] : [shownTo(role, card)], nextCursor: null };
    },
  );

  app.get(
    '/api/v1/customers/:customerId',
    {
      config: { action: 'customers.read' },
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

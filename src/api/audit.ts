/** The audit trail: who did what to what, and when. Nobody can change it; admins read it. */
import { z } from 'zod';
import { asker } from './access.ts';
import type { ApiPorts } from './ports.ts';
import { type Api, branded, idSchema, iso, pageOf, pageQuery, pageRequest, timeSchema } from './shapes.ts';

const entrySchema = z.object({
  auditId: z.number().int(),
  at: z.string(),
  userId: z.string().nullable().describe('null: the server itself'),
  action: z.string(),
  resource: z.string(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
});
const part = z.string().trim().min(1).max(100);

export function auditTrail(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/audit',
    {
      config: { action: 'audit.read' },
      schema: {
        tags: ['audit'],
        summary: 'Who did what, newest first',
        querystring: z.strictObject({
          ...pageQuery,
          userId: idSchema.optional(),
          action: part.optional().describe('Begins so: `queue` has all that was done to queues'),
          resource: part.optional().describe('Somewhere in the resource'),
          from: timeSchema.optional(),
          to: timeSchema.optional(),
        }),
        response: { 200: pageOf(entrySchema) },
      },
    },
    async (request) => {
      const { tenantId } = asker(request);
      const { userId, action, resource, from, to, ...page } = request.query;
      const filter = {
        ...(userId === undefined ? {} : { userId: branded(userId) as ReturnType<typeof asker>['userId'] }),
        ...(action === undefined ? {} : { action }),
        ...(resource === undefined ? {} : { resource }),
        ...(from === undefined ? {} : { from: Date.parse(from) }),
        ...(to === undefined ? {} : { to: Date.parse(to) }),
      };
      const { items, nextCursor } = await ports.audit.list(tenantId, filter, pageRequest(page));
      return { items: items.map(({ at, tenantId: _, ...entry }) => ({ ...entry, at: iso(at) })), nextCursor };
    },
  );
}

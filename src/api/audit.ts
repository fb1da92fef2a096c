/** The audit trail: who did what to what, from where and when. Nobody can change it, and that nobody has is proved; admins read it. */
import { z } from 'zod';
import { personal } from '../../kernel/mask.ts';
import { asker } from './access.ts';
import { impersonal } from './personal.ts';
import type { ApiPorts } from './ports.ts';
import { type Api, branded, idSchema, iso, isoOrNull, pageOf, pageQuery, pageRequest, timeSchema } from './shapes.ts';

const entrySchema = z.object({
  auditId: z.number().int(),
  seq: z.number().int().describe('Its place in the chain of the tenant'),
  hash: z.string().describe('SHA-256 of it and of the hash before it'),
  source: z.string().nullable().describe('From where: an address, or `cli`; null: not known'),
  at: z.string(),
  userId: z.string().nullable().describe('null: the server itself'),
  action: z.string(),
  resource: z.string(),
  before: z.unknown().meta(personal('json')).optional(),
  after: z.unknown().meta(personal('json')).optional(),
});
const standingSchema = z.object({
  entries: z.number().int().describe('Proved, from the first on'),
  hash: z.string().describe('Of the last of them'),
  provedAt: z.string().nullable(),
  breach: z
    .object({ seq: z.number().int(), by: z.enum(['changed', 'missing', 'unlinked', 'cut', 'rewritten']) })
    .nullable()
    .describe('The first entry that is not as it was written; null: all are'),
});
/** What is about these is about no caller: numbers in it are hotlines, trunks and phones. */
const configuration: ReadonlySet<string> = new Set([
  'account',
  'agent',
  'calendar',
  'dialplan',
  'key',
  'number',
  'prompt',
  'queue',
  'tenant',
  'trunk',
  'user',
  'webhook',
]);
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
      const shown = items.map(({ at, tenantId: _, ...entry }) => ({ ...entry, at: iso(at) }));
      return { items: shown.map((entry) => (configuration.has(entry.resource.split('/', 1)[0] ?? '') ? impersonal(entry) : entry)), nextCursor };
    },
  );

  app.get(
    '/api/v1/audit/proof',
    {
      config: { action: 'audit.read' },
      schema: { tags: ['audit'], summary: 'Whether every entry is as it was written, and none is missing: looked at now', response: { 200: standingSchema } },
    },
    async (request) => {
      const { head, provedAt, breach } = await ports.audit.prove(asker(request).tenantId);
      return { entries: head.seq, hash: head.hash, provedAt: isoOrNull(provedAt), breach: breach === null ? null : { seq: breach.seq, by: breach.by } };
    },
  );
}

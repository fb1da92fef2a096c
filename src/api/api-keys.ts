/** Keys with which programs use this API: made, shown once, looked at, revoked. */
import { z } from 'zod';
import type { ApiKey } from '../users/api-keys.ts';
import { type Action, keyScopes } from '../users/user.ts';
import { asker, author } from './access.ts';
import type { ApiPorts } from './ports.ts';
import { Problem } from './problems.ts';
import { type Api, branded, idSchema, iso, isoOrNull, nameSchema, timeSchema } from './shapes.ts';

const LONGEST_MS = 2 * 366 * 86_400_000;
const MOST_PER_MINUTE = 1_200;
const USUAL_PER_MINUTE = 300;

const scopeSchema = z.enum(keyScopes as [Action, ...Action[]]);
const keySchema = z.object({
  keyId: z.string(),
  name: z.string(),
  prefix: z.string().describe('Its token begins with `hwk_` and this'),
  scopes: z.array(z.string()),
  requestsPerMinute: z.number().int(),
  createdAt: z.string(),
  createdBy: z.string(),
  expiresAt: z.string(),
  revokedAt: z.string().nullable(),
  lastUsedAt: z.string().nullable().describe('As of the minute'),
  lastUsedFrom: z.string().nullable(),
});
const bodySchema = z.strictObject({
  name: nameSchema,
  scopes: z.array(scopeSchema).min(1).max(keyScopes.length),
  expiresAt: timeSchema.describe('Two years from now at most'),
  requestsPerMinute: z.number().int().min(1).max(MOST_PER_MINUTE).default(USUAL_PER_MINUTE),
});

const shown = ({ tenantId: _, ...key }: ApiKey): z.infer<typeof keySchema> => ({
  ...key,
  scopes: [...key.scopes],
  ...{ createdAt: iso(key.createdAt), expiresAt: iso(key.expiresAt), revokedAt: isoOrNull(key.revokedAt), lastUsedAt: isoOrNull(key.lastUsedAt) },
});

export function apiKeys(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/api-keys',
    {
      config: { action: 'key.read' },
      schema: {
        tags: ['api-keys'],
        summary: 'Keys of programs, newest first, also revoked ones; and the scopes there are',
        response: { 200: z.object({ items: z.array(keySchema), scopes: z.array(z.string()) }) },
      },
    },
    async (request) => ({ items: (await ports.keys.list(asker(request).tenantId)).map(shown), scopes: [...keyScopes] }),
  );
  makeKey(app, ports);
  app.delete(
    '/api/v1/api-keys/:keyId',
    {
      config: { action: 'key.change' },
      schema: { tags: ['api-keys'], summary: 'Revoke a key: it is refused at once', params: z.strictObject({ keyId: idSchema }), response: { 204: z.null() } },
    },
    async (request, reply) => {
      const { keyId } = request.params;
      const told = { ...author(request), action: 'key.revoke', resource: `key/${keyId}` };
      if (!(await ports.keys.revoke(asker(request).tenantId, branded(keyId), told))) throw new Problem('not_found');
      return reply.code(204).send(null);
    },
  );
}

function makeKey(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/api-keys',
    {
      config: { action: 'key.change' },
      schema: {
        tags: ['api-keys'],
        summary: 'Make a key; its token is in this answer and nowhere else',
        body: bodySchema,
        response: { 201: z.object({ key: keySchema, token: z.string() }) },
      },
    },
    async (request, reply) => {
      const { tenantId, userId } = asker(request);
      const { name, requestsPerMinute } = request.body;
      const scopes = [...new Set(request.body.scopes)].sort();
      const expiresAt = Date.parse(request.body.expiresAt);
      const now = ports.clock.now();
      if (expiresAt <= now || expiresAt > now + LONGEST_MS)
        throw new Problem('validation_failed', '', [{ at: 'body.expiresAt', message: 'a time to come, two years from now at most' }]);
      const after = { name, scopes, requestsPerMinute, expiresAt: iso(expiresAt) };
      const made = await ports.keys.create(tenantId, { name, scopes, requestsPerMinute, expiresAt, createdBy: userId }, (keyId) => ({
        ...author(request),
        ...{ action: 'key.create', resource: `key/${keyId}`, after },
      }));
      if (made === null) throw new Problem('in_use', 'the tenant has 100 keys that work: revoke one first');
      reply.code(201).header('cache-control', 'no-store');
      return { key: shown(made.key), token: made.token };
    },
  );
}

/** Webhooks: whom the tenant has told what, how they know it is us, and what became of each telling. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { TenantId } from '../../kernel/ids.ts';
import { personal } from '../../kernel/mask.ts';
import type { Delivery } from '../store/webhooks.ts';
import { webhookEvents } from '../webhooks/facts.ts';
import type { Webhook } from '../webhooks/webhooks.ts';
import { asker, author } from './access.ts';
import type { ApiPorts, AuditEntry } from './ports.ts';
import { Problem } from './problems.ts';
import { type Api, given, idSchema, iso, isoOrNull, nameSchema, pageOf, pageQuery, pageRequest } from './shapes.ts';

const LONGEST_URL = 2_000;
const MOST_HOURS = 7 * 24;
const USUAL_HOURS = 24;
const HOUR_MS = 3_600_000;

const webhookSchema = z.object({
  webhookId: z.string(),
  name: z.string(),
  url: z.string(),
  events: z.array(z.enum(webhookEvents)),
  personal: z.boolean(),
  enabled: z.boolean(),
  oldSecretUntil: z.string().nullable().describe('The secret before signs as well until then; null: it does not'),
});
const withSecret = z.object({ webhook: webhookSchema, secret: z.string().describe('In this answer and nowhere else') });
const fields = {
  name: nameSchema,
  url: z.string().min(1).max(LONGEST_URL).describe('https; to an address of the Internet, unless the settings name its host (WEBHOOK_HOSTS)'),
  events: z.array(z.enum(webhookEvents)).min(1).max(webhookEvents.length),
  personal: z.boolean().describe('Numbers whole, and what is attached to calls; else masked and without'),
  enabled: z.boolean().describe('While it is not, nothing is put by for it'),
};
const deliverySchema = z.object({
  deliveryId: z.number().int(),
  id: z.string().describe('Of the event: sent again, it is the same'),
  type: z.string(),
  state: z.enum(['waiting', 'delivered', 'dead']),
  attempts: z.number().int(),
  createdAt: z.string(),
  nextAt: z.string().nullable().describe('Of the next try; null: there is none'),
  endedAt: z.string().nullable(),
  status: z.number().int().nullable().describe('What it answered last'),
  error: z.string().nullable(),
  body: z.unknown().meta(personal('json')),
});
const params = z.strictObject({ webhookId: idSchema });

const shown = ({ tenantId: _, ...hook }: Webhook): z.infer<typeof webhookSchema> => ({
  ...hook,
  events: [...hook.events],
  oldSecretUntil: isoOrNull(hook.oldSecretUntil),
});
const shownDelivery = ({ key, ...delivery }: Delivery): z.infer<typeof deliverySchema> => ({
  ...delivery,
  id: key,
  ...{ createdAt: iso(delivery.createdAt), nextAt: delivery.state === 'waiting' ? iso(delivery.nextAt) : null, endedAt: isoOrNull(delivery.endedAt) },
});

/** A line of the audit trail about it. */
const told =
  (request: FastifyRequest, action: string, more: Partial<AuditEntry> = {}) =>
  (webhookId: string): AuditEntry => ({ ...author(request), action, resource: `webhook/${webhookId}`, ...more });

async function hookOf({ webhooks }: ApiPorts, tenantId: TenantId, webhookId: string): Promise<Webhook> {
  const hook = await webhooks.get(tenantId, webhookId);
  if (hook === null) throw new Problem('not_found');
  return hook;
}

function demandUrl({ webhooks }: ApiPorts, url: string | undefined): void {
  const fault = url === undefined ? null : webhooks.fault(url);
  if (fault !== null) throw new Problem('validation_failed', '', [{ at: 'body.url', message: fault }]);
}

export function webhooks(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/webhooks',
    {
      config: { action: 'webhook.read' },
      schema: { tags: ['webhooks'], summary: 'Webhooks', response: { 200: z.object({ items: z.array(webhookSchema) }) } },
    },
    async (request) => ({ items: (await ports.webhooks.list(asker(request).tenantId)).map(shown) }),
  );
  make(app, ports);
  change(app, ports);
  rotate(app, ports);
  deliveries(app, ports);
  ping(app, ports);
}

function make(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/webhooks',
    {
      config: { action: 'webhook.change' },
      schema: {
        tags: ['webhooks'],
        summary: 'Add a webhook',
        body: z.strictObject({ ...fields, personal: fields.personal.default(false), enabled: fields.enabled.default(true) }),
        response: { 201: withSecret },
      },
    },
    async (request, reply) => {
      const { tenantId } = asker(request);
      demandUrl(ports, request.body.url);
      const made = await ports.webhooks.create(tenantId, request.body, told(request, 'webhook.create', { after: request.body }));
      if (made === null) throw new Problem('in_use', 'the tenant has 20 webhooks: remove one first');
      reply.code(201).header('cache-control', 'no-store');
      return { webhook: shown(made.webhook), secret: made.secret };
    },
  );
}

function change(app: Api, ports: ApiPorts): void {
  app.patch(
    '/api/v1/webhooks/:webhookId',
    {
      config: { action: 'webhook.change' },
      schema: { tags: ['webhooks'], summary: 'Change a webhook', params, body: z.strictObject(fields).partial(), response: { 200: webhookSchema } },
    },
    async (request) => {
      const { tenantId } = asker(request);
      const before = await hookOf(ports, tenantId, request.params.webhookId);
      demandUrl(ports, request.body.url);
      const wish = given(request.body);
      const after = await ports.webhooks.change(tenantId, before.webhookId, wish, told(request, 'webhook.update', { before: shown(before), after: wish }));
      if (after === null) throw new Problem('not_found');
      return shown(after);
    },
  );
  app.delete(
    '/api/v1/webhooks/:webhookId',
    {
      config: { action: 'webhook.change' },
      schema: { tags: ['webhooks'], summary: 'Remove a webhook, with all that waits for it', params, response: { 204: z.null() } },
    },
    async (request, reply) => {
      const { tenantId } = asker(request);
      const before = await hookOf(ports, tenantId, request.params.webhookId);
      await ports.webhooks.remove(tenantId, before.webhookId, told(request, 'webhook.remove', { before: shown(before) }));
      return reply.code(204).send(null);
    },
  );
}

function rotate(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/webhooks/:webhookId/secret',
    {
      config: { action: 'webhook.change' },
      schema: {
        tags: ['webhooks'],
        summary: 'A new secret; the one before signs as well for so many hours more (0: not at all)',
        params,
        body: z.strictObject({ keepOldHours: z.number().int().min(0).max(MOST_HOURS).default(USUAL_HOURS) }).default({ keepOldHours: USUAL_HOURS }),
        response: { 201: withSecret },
      },
    },
    async (request, reply) => {
      const { tenantId } = asker(request);
      const { keepOldHours } = request.body;
      const after = { keepOldHours };
      const made = await ports.webhooks.rotate(tenantId, request.params.webhookId, keepOldHours * HOUR_MS, told(request, 'webhook.rotate', { after }));
      if (made === null) throw new Problem('not_found');
      reply.code(201).header('cache-control', 'no-store');
      return { webhook: shown(made.webhook), secret: made.secret };
    },
  );
}

function deliveries(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/webhooks/:webhookId/deliveries',
    {
      config: { action: 'webhook.read' },
      schema: {
        tags: ['webhooks'],
        summary: 'What was told to it or waits to be, newest first; what has arrived is kept for 14 days, what was given up for 30',
        params,
        querystring: z.strictObject({ ...pageQuery, state: z.enum(['waiting', 'delivered', 'dead']).optional() }),
        response: { 200: pageOf(deliverySchema) },
      },
    },
    async (request) => {
      const { webhookId } = await hookOf(ports, asker(request).tenantId, request.params.webhookId);
      const { cursor, limit } = pageRequest(request.query);
      if (cursor !== null && !/^[0-9]{1,15}$/.test(cursor))
        throw new Problem('validation_failed', '', [{ at: 'querystring.cursor', message: 'not a cursor of ours' }]);
      const found = await ports.webhooks.deliveries(webhookId, request.query.state ?? null, limit + 1, cursor === null ? null : Number(cursor));
      const items = found.slice(0, limit);
      return { items: items.map(shownDelivery), nextCursor: found.length > limit ? String(items.at(-1)?.deliveryId ?? '') : null };
    },
  );
  app.post(
    '/api/v1/webhooks/:webhookId/deliveries/:deliveryId/redelivery',
    {
      config: { action: 'webhook.change' },
      schema: {
        tags: ['webhooks'],
        summary: 'Send one again, from its first try on; it keeps its id',
        params: params.extend({ deliveryId: z.coerce.number().int().min(1) }),
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { webhookId } = await hookOf(ports, asker(request).tenantId, request.params.webhookId);
      const { deliveryId } = request.params;
      if (!(await ports.webhooks.redeliver(webhookId, deliveryId, told(request, 'webhook.redeliver', { after: { deliveryId } }))))
        throw new Problem('not_found');
      return reply.code(204).send(null);
    },
  );
}

function ping(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/webhooks/:webhookId/ping',
    {
      config: { action: 'webhook.change' },
      schema: { tags: ['webhooks'], summary: 'Tell it something that stands for no event, to see whether it arrives', params, response: { 204: z.null() } },
    },
    async (request, reply) => {
      const hook = await hookOf(ports, asker(request).tenantId, request.params.webhookId);
      await ports.webhooks.ping(hook);
      return reply.code(204).send(null);
    },
  );
}

/** Interactions of other channels than voice: another system hands them in to be routed, and agents' clients take them. */
import { z } from 'zod';
import { newCallId } from '../../kernel/ids.ts';
import { VOICE } from '../acd/channels/channel.ts';
import type { InteractionEvent } from '../acd/channels/event.ts';
import { eventOfWord, interactionWords, mayBeSaid } from '../acd/channels/words.ts';
import type { InteractionView } from '../acd/view.ts';
import { channelName } from '../tenants/channels.ts';
import { may } from '../users/user.ts';
import { asker } from './access.ts';
import type { ApiPorts, Identity } from './ports.ts';
import { Problem } from './problems.ts';
import { type Api, branded, idSchema, iso, isoOrNull, skillLevelSchema, skillNameSchema } from './shapes.ts';

const MOST_DATA = 50;
const LONGEST_WAIT_MS = 30 * 24 * 3_600_000;

const interactionSchema = z.object({
  interactionId: z.string(),
  channel: z.string(),
  queueId: z.string(),
  externalId: z.string().nullable(),
  from: z.string(),
  data: z.record(z.string(), z.string()),
  priority: z.number().int(),
  state: z.enum(['waiting', 'offered', 'active', 'wrapping_up', 'ended']),
  /** whom it is offered to, or who has or had it */
  agentId: z.string().nullable(),
  /** when the offer or the wrap-up ends by itself */
  until: z.string().nullable(),
  askedAt: z.string(),
  since: z.string(),
  /** 1 = next; null = it does not wait */
  place: z.number().int().nullable(),
  /** done, closed, timeout, full, no_agents …; null = it is not over */
  end: z.string().nullable(),
  /** what its agent said came of it */
  disposition: z.string().nullable(),
});

const params = z.strictObject({ interactionId: idSchema });
const queueField = { queueId: idSchema };
const askSchema = z.strictObject({
  channel: channelName.refine((name) => name !== VOICE, 'calls come by telephone'),
  ...queueField,
  priority: z.int().min(0).max(100).default(0),
  skills: z
    .array(z.strictObject({ skill: skillNameSchema, level: skillLevelSchema }))
    .max(10)
    .default([]),
  maxWaitMs: z.int().min(1_000).max(LONGEST_WAIT_MS).nullable().default(null),
  externalId: z.string().min(1).max(128).nullable().default(null),
  from: z.string().max(128).default(''),
  data: z
    .record(z.string().min(1).max(64), z.string().max(2_000))
    .refine((data) => Object.keys(data).length <= MOST_DATA, `at most ${MOST_DATA} entries`)
    .default({}),
});
const wordSchema = z.strictObject({
  word: z.enum(interactionWords),
  /** Of done and end_wrap_up: what came of it; the later one holds. */
  disposition: z.string().max(64).nullable().default(null),
  /** Of decline. */
  reason: z.string().max(64).nullable().default(null),
});

export function interactions(app: Api, ports: ApiPorts): void {
  handIn(app, ports);
  look(app, ports);
  change(app, ports);
  serve(app, ports);
}

function shown(ports: ApiPorts, { tenantId: _, offerId: _offer, ...view }: InteractionView) {
  const waits = view.state === 'waiting' || view.state === 'offered';
  const place = waits ? (ports.explain.call(view.interactionId, ports.clock.now())?.place ?? null) : null;
  return { ...view, askedAt: iso(view.askedAt), since: iso(view.since), until: isoOrNull(view.until), place };
}

function found(ports: ApiPorts, { tenantId }: Identity, interactionId: string): InteractionView {
  const view = ports.acd.interaction(branded(interactionId));
  if (view === undefined || view.tenantId !== tenantId) throw new Problem('not_found');
  return view;
}

/** What came of it; the answer says how it stands. */
function told(ports: ApiPorts, user: Identity, event: Extract<InteractionEvent, { interactionId: unknown }>) {
  ports.tellInteraction(event);
  return shown(ports, found(ports, user, event.interactionId));
}

function handIn(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/interactions',
    {
      config: { action: 'interaction.ask' },
      schema: {
        tags: ['interactions'],
        summary: 'Hand in a chat, mail or message to be routed; with an externalId that is known already, the one it has: 200',
        body: askSchema,
        response: { 200: interactionSchema, 201: interactionSchema },
      },
    },
    async (request, reply) => {
      const user = asker(request);
      const { tenantId } = user;
      const { queueId, ...asked } = request.body;
      const known = asked.externalId === null ? undefined : ports.acd.interactionNamed(tenantId, asked.externalId);
      if (known !== undefined) return shown(ports, known);
      const interactionId = newCallId(ports.clock.now());
      if (ports.acd.queue(branded(queueId))?.tenantId !== tenantId) throw new Problem('not_found', 'queueId');
      ports.tellInteraction({ type: 'interactionAsked', interactionId, tenantId, queueId: branded(queueId), ...asked });
      const view = ports.acd.interaction(interactionId);
      // As many as the house keeps are under way.
      if (view === undefined) throw new Problem('unavailable');
      reply.code(201);
      return shown(ports, view);
    },
  );
}

function look(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/interactions',
    {
      config: { action: 'interaction.read' },
      schema: {
        tags: ['interactions'],
        summary: 'Interactions under way, in the order in which they were handed in; a thousand at most. An agent sees her own',
        querystring: z.strictObject({ queueId: idSchema.optional(), agentId: idSchema.optional() }),
        response: { 200: z.object({ items: z.array(interactionSchema) }) },
      },
    },
    async (request) => {
      const user = asker(request);
      const { queueId, agentId } = request.query;
      const mine = ports.acd
        .interactions(user.tenantId)
        .filter((one) => may(user, 'interaction.read', one))
        .filter((one) => (queueId === undefined || one.queueId === queueId) && (agentId === undefined || one.agentId === agentId));
      return { items: mine.map((one) => shown(ports, one)) };
    },
  );
  app.get(
    '/api/v1/interactions/:interactionId',
    {
      config: { action: 'interaction.read' },
      schema: {
        tags: ['interactions'],
        summary: 'One interaction, under way or over; why it waits says /api/v1/calls/{id}/explanation',
        params,
        response: { 200: interactionSchema },
      },
    },
    async (request) => {
      const user = asker(request);
      const view = found(ports, user, request.params.interactionId);
      if (!may(user, 'interaction.read', view)) throw new Problem('forbidden');
      return shown(ports, view);
    },
  );
}

function change(app: Api, ports: ApiPorts): void {
  app.delete(
    '/api/v1/interactions/:interactionId',
    {
      config: { action: 'interaction.ask' },
      schema: { tags: ['interactions'], summary: 'End it: nobody is to serve it any more', params, response: { 200: interactionSchema } },
    },
    async (request) => {
      const user = asker(request);
      const { interactionId } = found(ports, user, request.params.interactionId);
      return told(ports, user, { type: 'interactionClosed', interactionId, by: user.userId });
    },
  );
  app.post(
    '/api/v1/interactions/:interactionId/requeue',
    {
      config: { action: 'interaction.ask' },
      schema: {
        tags: ['interactions'],
        summary: 'Have it served anew in its place, in this queue or another; 409 when it is over',
        params,
        body: z.strictObject({ queueId: idSchema.optional() }),
        response: { 200: interactionSchema },
      },
    },
    async (request) => {
      const user = asker(request);
      const view = found(ports, user, request.params.interactionId);
      if (view.state === 'ended') throw new Problem('conflict');
      const queueId = request.body.queueId === undefined ? view.queueId : branded<typeof view.queueId>(request.body.queueId);
      if (queueId !== view.queueId && ports.acd.queue(queueId)?.tenantId !== user.tenantId) throw new Problem('not_found', 'queueId');
      return told(ports, user, { type: 'interactionRequeued', interactionId: view.interactionId, queueId, by: user.userId });
    },
  );
}

function serve(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/interactions/:interactionId/word',
    {
      config: { action: 'interaction.serve' },
      schema: {
        tags: ['interactions'],
        summary: 'Her agent takes it, declines it, has done it, or ends its wrap-up, as at her desk; 409 when that is not how it stands',
        params,
        body: wordSchema,
        response: { 200: interactionSchema },
      },
    },
    async (request) => {
      const user = asker(request);
      const view = found(ports, user, request.params.interactionId);
      const { agentId } = user;
      if (agentId === null || !may(user, 'interaction.serve', view)) throw new Problem('forbidden');
      const { word, ...said } = request.body;
      if (!mayBeSaid(word, view)) throw new Problem('conflict');
      return told(ports, user, eventOfWord(word, view.interactionId, agentId, said));
    },
  );
}

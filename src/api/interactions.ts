/** Interactions of other channels than voice: another system hands them in to be routed, and agents' clients take them. */
import { z } from 'zod';
import { type AgentId, newCallId } from '../../kernel/ids.ts';
import { personal } from '../../kernel/mask.ts';
import { VOICE } from '../acd/channels/channel.ts';
import type { InteractionEvent } from '../acd/channels/event.ts';
import { eventOfWord, interactionWords, mayBeSaid } from '../acd/channels/words.ts';
import type { InteractionView } from '../acd/view.ts';
import type { InteractionRecord } from '../cdr/interaction-record.ts';
import { channelName } from '../tenants/channels.ts';
import { may } from '../users/user.ts';
import { asker } from './access.ts';
import { belonging, type Revealable } from './personal.ts';
import type { ApiPorts, Identity } from './ports.ts';
import { Problem } from './problems.ts';
import { agentsWithin, mayToAny, resourceOf } from './scope.ts';
import { type Api, branded, given, idSchema, iso, isoOrNull, pageOf, pageQuery, pageRequest, skillLevelSchema, skillNameSchema, timeSchema } from './shapes.ts';

const MOST_DATA = 50;
const LONGEST_WAIT_MS = 30 * 24 * 3_600_000;

const interactionSchema = z.object({
  interactionId: z.string(),
  channel: z.string(),
  queueId: z.string(),
  externalId: z.string().nullable(),
  from: z.string().meta(personal('text')),
  data: z.record(z.string(), z.string()).meta(personal('data')),
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

const recordSchema = z.object({
  interactionId: z.string(),
  channel: z.string(),
  /** the last one it was in */
  queueId: z.string(),
  /** whose it was last */
  agentId: z.string().nullable(),
  externalId: z.string().nullable(),
  from: z.string().meta(personal('text')),
  priority: z.number().int(),
  data: z.record(z.string(), z.string()).meta(personal('data')),
  arrivedAt: z.string(),
  /** first of all; null = never */
  offeredAt: z.string().nullable(),
  assignedAt: z.string().nullable(),
  endedAt: z.string(),
  end: z.string(),
  disposition: z.string().nullable(),
  /** sums over its queues and agents */
  waitMs: z.number().int(),
  activeMs: z.number().int(),
  wrapUpMs: z.number().int(),
  queues: z.array(z.object({ queueId: z.string(), enteredAt: z.string(), leftAt: z.string(), waitMs: z.number().int(), exit: z.string() })),
  offers: z.array(
    z.object({
      offerId: z.string(),
      agentId: z.string(),
      queueId: z.string(),
      offeredAt: z.string(),
      endedAt: z.string(),
      end: z.string(),
      reason: z.string().nullable(),
    }),
  ),
  agents: z.array(
    z.object({ agentId: z.string(), assignedAt: z.string(), endedAt: z.string(), activeMs: z.number().int(), wrapUpMs: z.number().int(), end: z.string() }),
  ),
});

const wholeSchema = interactionSchema.extend({ record: recordSchema.nullable() });
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
  readRecords(app, ports);
  change(app, ports);
  serve(app, ports);
}

function shown(ports: ApiPorts, { tenantId: _, offerId: _offer, ...view }: InteractionView) {
  const waits = view.state === 'waiting' || view.state === 'offered';
  const place = waits ? (ports.explain.call(view.interactionId, ports.clock.now())?.place ?? null) : null;
  return belonging([view.agentId], { ...view, askedAt: iso(view.askedAt), since: iso(view.since), until: isoOrNull(view.until), place });
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
        .filter(({ tenantId, agentId: hers }) => may(user, 'interaction.read', resourceOf(ports, tenantId, hers)))
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
        summary: 'One interaction, under way or over; once it is over with its record. Why it waits says /api/v1/calls/{id}/explanation',
        params,
        response: { 200: wholeSchema },
      },
    },
    async (request) => wholeFor(ports, asker(request), request.params.interactionId),
  );
}

async function wholeFor(ports: ApiPorts, user: Identity, asked: string): Promise<z.infer<typeof wholeSchema>> {
  const { tenantId } = user;
  const interactionId = branded<InteractionView['interactionId']>(asked);
  const view = ports.acd.interaction(interactionId);
  const known = view?.tenantId === tenantId ? view : undefined;
  const isLive = known !== undefined && known.state !== 'ended';
  const kept = isLive ? null : ports.interactionRecords.get(tenantId, interactionId);
  // While the database is away the core itself still knows how the last ones ended.
  const record = known === undefined ? await kept : ((await kept?.catch(() => null)) ?? null);
  if (known === undefined && record === null) throw new Problem('not_found');
  const agentIds = [known?.agentId ?? record?.agentId ?? null, ...(record?.agents ?? []).map(({ agentId }) => branded<AgentId>(agentId))];
  if (!mayToAny(ports, user, 'interaction.read', { tenantId, agentIds })) throw new Problem('forbidden');
  return belonging(agentIds, {
    ...(record === null ? shown(ports, known ?? found(ports, user, interactionId)) : shownOver(record)),
    record: record === null ? null : shownRecord(record),
  });
}

/** One that she may read. */
export const interactionFor = async (ports: ApiPorts, user: Identity, interactionId: string): Promise<Revealable> => ({
  schema: wholeSchema,
  value: await wholeFor(ports, user, interactionId),
});

/** As it stands at its end, from the record alone: the core forgets. */
const shownOver = ({
  callId: interactionId,
  channel,
  queueId,
  externalId,
  from,
  data,
  priority,
  agentId,
  arrivedAt,
  endedAt,
  end,
  disposition,
}: InteractionRecord) => ({
  ...{ interactionId, channel, queueId, externalId, from, data, priority, state: 'ended' as const, agentId, until: null },
  ...{ askedAt: iso(arrivedAt), since: iso(endedAt), place: null, end, disposition },
});

const shownRecord = ({ callId: interactionId, tenantId: _, revision: _revision, queues, offers, agents, ...record }: InteractionRecord) =>
  belonging([record.agentId], {
    ...record,
    interactionId,
    ...{ arrivedAt: iso(record.arrivedAt), offeredAt: isoOrNull(record.offeredAt), assignedAt: isoOrNull(record.assignedAt), endedAt: iso(record.endedAt) },
    queues: queues.map((visit) => ({ ...visit, enteredAt: iso(visit.enteredAt), leftAt: iso(visit.leftAt) })),
    offers: offers.map((offer) => ({ ...offer, offeredAt: iso(offer.offeredAt), endedAt: iso(offer.endedAt), reason: offer.reason ?? null })),
    agents: agents.map((part) => ({ ...part, assignedAt: iso(part.assignedAt), endedAt: iso(part.endedAt) })),
  });

const filters = {
  from: timeSchema.optional(),
  to: timeSchema.optional(),
  channel: channelName.optional(),
  queueId: idSchema.optional(),
  agentId: idSchema.optional(),
};

function readRecords(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/interactions/records',
    {
      config: { action: 'interaction.read' },
      schema: {
        tags: ['interactions'],
        summary: 'Records of interactions that are over, newest first; from and to: when they were handed in. An agent sees those that were hers last',
        querystring: z.strictObject({ ...pageQuery, ...filters }),
        response: { 200: pageOf(recordSchema) },
      },
    },
    async (request) => {
      const user = asker(request);
      const { tenantId } = user;
      const { from, to, channel, queueId, agentId } = request.query;
      const within = agentsWithin(ports, user, 'interaction.read');
      if (within?.length === 0 || (agentId !== undefined && within?.includes(branded(agentId)) === false)) throw new Problem('forbidden');
      const wanted = {
        from: from === undefined ? undefined : Date.parse(from),
        until: to === undefined ? undefined : Date.parse(to),
        channel,
        queueId,
        agentId,
        agentIds: agentId === undefined && within !== null ? within : undefined,
      };
      const page = await ports.interactionRecords.list(tenantId, given(wanted), pageRequest(request.query));
      return { ...page, items: page.items.map(shownRecord) };
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

/** Why a call waits, why an agent has none, why an offer was made to her. Codes and figures; the console makes sentences of them. */
import { z } from 'zod';
import {
  type AgentExplanation,
  agentAnswers,
  type CallExplanation,
  callStates,
  changeKinds,
  type OverflowExplanation,
  obstacles,
  overflowHindrances,
  precedences,
} from '../acd/explain/explanation.ts';
import type { CallerPlace, OfferChoice } from '../call/event.ts';
import { agentStates, notReadyReasons } from '../cti/protocol.ts';
import { may } from '../users/user.ts';
import { asker } from './access.ts';
import type { ApiPorts, OfferTold } from './ports.ts';
import { Problem } from './problems.ts';
import { overflowReasonSchema, overflowTargetSchema } from './queue-visits.ts';
import { resourceOf } from './scope.ts';
import { type Api, branded, idSchema, iso, isoOrNull } from './shapes.ts';

const text = z.string();
const count = z.number().int();
const obstacleSchema = z.object({
  what: z.enum(obstacles),
  skill: text.nullable(),
  level: count.nullable(),
  has: count.nullable(),
  reason: z.enum(notReadyReasons).nullable(),
  /** Of `channel_not_hers` and `channel_full` (`level` of the latter: how many she may have). */
  channel: text.nullable(),
});
/** What a step of the widening does. */
const wideningChangeSchema = z.object({
  lower: z.array(z.object({ skill: text.optional(), by: count })).optional(),
  drop: z.array(text).optional(),
  dropPreferred: z.union([z.array(text), z.literal('all')]).optional(),
  open: z.array(z.union([z.object({ queue: text }), z.object({ team: text })])).optional(),
});
const overflowSchema = z.object({
  /** Steps it took on its way, first to last; `stays`: of the queue it waits in. */
  taken: z.array(z.object({ queueId: text, step: count, at: text.nullable(), stays: z.boolean() })),
  /** Queues whose agents may serve it too. */
  also: z.array(text),
  lookAt: text.nullable(),
  /** Steps it may still take, with what each condition is and what it is held against (callers, ms, percent, or by name). */
  steps: z.array(
    z.object({
      step: count,
      to: overflowTargetSchema,
      conditions: z.array(overflowReasonSchema.extend({ holds: z.boolean() })),
      hindrance: z.enum(overflowHindrances).nullable(),
    }),
  ),
});
const callExplanationSchema = z.object({
  callId: text,
  at: text,
  state: z.enum(callStates),
  queueId: text.nullable(),
  priority: count,
  queuedAt: text.nullable(),
  placedAt: text.nullable(),
  leaveAt: text.nullable(),
  place: count.nullable(),
  before: z.array(z.object({ why: z.enum(precedences), calls: count })),
  ahead: z.array(z.object({ callId: text, queueId: text, why: z.enum(precedences), priority: count, placedAt: text, offered: z.boolean() })),
  needs: z.array(z.object({ skill: text, level: count })),
  eligible: count,
  excluded: z.array(obstacleSchema.extend({ agents: count })),
  widening: z.object({ at: text, step: text, change: wideningChangeSchema.nullable() }).nullable(),
  steps: count,
  awaited: z.object({ agentId: text, why: text, until: text }).nullable(),
  overflow: overflowSchema.nullable(),
  changes: z.array(z.object({ kind: z.enum(changeKinds), agents: z.array(text), skill: text.nullable(), level: count.nullable() })),
});
const agentExplanationSchema = z.object({
  agentId: text,
  at: text,
  why: z.enum(agentAnswers),
  state: z.enum(agentStates),
  reasons: z.array(z.enum(notReadyReasons)),
  since: text,
  idleSince: text.nullable(),
  callId: text.nullable(),
  phoneReachable: z.boolean(),
  queues: z.array(
    z.object({
      queueId: text,
      waiting: count,
      servable: count,
      idleBefore: count.nullable(),
      longest: z.object({ callId: text, queuedAt: text, obstacle: obstacleSchema.nullable() }).nullable(),
    }),
  ),
});
const callerSchema = z.object({ callId: text, priority: count, placedAt: text });
const offerExplanationSchema = z.object({
  offerId: text,
  callId: text,
  agentId: text,
  queueId: text.nullable(),
  offeredAt: text,
  endedAt: text.nullable(),
  end: text.nullable(),
  /** null: a direct offer (a transfer named her), or one from before offers said why. */
  choice: z
    .object({
      by: z.array(text),
      keys: z.array(z.number()),
      step: count.optional(),
      awaited: text.optional(),
      runnerUp: z.object({ agentId: text, keys: z.array(z.number()) }).nullable(),
      idle: count,
      caller: callerSchema,
      nextCaller: callerSchema.nullable(),
    })
    .nullable(),
});

export function explanations(app: Api, ports: ApiPorts): void {
  explainCall(app, ports);
  explainAgent(app, ports);
  explainOffer(app, ports);
  explainOffers(app, ports);
}

const shownOverflow = ({ taken, lookAt, ...rest }: OverflowExplanation) => ({
  ...rest,
  taken: taken.map(({ at, ...step }) => ({ ...step, at: isoOrNull(at) })),
  lookAt: isoOrNull(lookAt),
});
const shownCall = ({ tenantId: _, at, queuedAt, placedAt, leaveAt, ahead, widening, awaited, overflow, ...rest }: CallExplanation) => ({
  ...rest,
  ...{ at: iso(at), queuedAt: isoOrNull(queuedAt), placedAt: isoOrNull(placedAt), leaveAt: isoOrNull(leaveAt) },
  ahead: ahead.map((other) => ({ ...other, placedAt: iso(other.placedAt) })),
  awaited: awaited === null ? null : { ...awaited, until: iso(awaited.until) },
  widening: widening === null ? null : { ...widening, at: iso(widening.at) },
  overflow: overflow === null ? null : shownOverflow(overflow),
});

function explainCall(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/calls/:callId/explanation',
    {
      config: { action: 'call.explain' },
      schema: {
        tags: ['calls'],
        summary: 'Why a live call waits: its place, who stands before it, which agents do not get it and why, and the smallest change that would serve it now',
        params: z.strictObject({ callId: idSchema }),
        response: { 200: callExplanationSchema },
      },
    },
    async (request) => {
      const explanation = ports.explain.call(branded(request.params.callId), ports.clock.now());
      if (explanation === undefined || !may(asker(request), 'call.explain', explanation)) throw new Problem('not_found');
      return shownCall(explanation);
    },
  );
}

const shownAgent = ({ tenantId: _, at, since, idleSince, queues, ...rest }: AgentExplanation) => ({
  ...rest,
  ...{ at: iso(at), since: iso(since), idleSince: isoOrNull(idleSince) },
  queues: queues.map(({ longest, ...queue }) => ({ ...queue, longest: longest === null ? null : { ...longest, queuedAt: iso(longest.queuedAt) } })),
});

function explainAgent(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/agents/:agentId/explanation',
    {
      config: { action: 'agent.explain' },
      schema: {
        tags: ['agents'],
        summary: 'Why an agent has no call: her state, and for each of her queues what stands between her and the caller who came first',
        params: z.strictObject({ agentId: idSchema }),
        response: { 200: agentExplanationSchema },
      },
    },
    async (request) => {
      const explanation = ports.explain.agent(branded(request.params.agentId), ports.clock.now());
      if (explanation === undefined || explanation.tenantId !== asker(request).tenantId) throw new Problem('not_found');
      if (!may(asker(request), 'agent.explain', resourceOf(ports, explanation.tenantId, explanation.agentId))) throw new Problem('forbidden');
      return shownAgent(explanation);
    },
  );
}

const shownPlace = ({ callId, priority, placedAt }: CallerPlace) => ({ callId, priority, placedAt: iso(placedAt) });
const shownChoice = ({ caller, nextCaller, ...rest }: OfferChoice) => ({
  ...rest,
  caller: shownPlace(caller),
  nextCaller: nextCaller === null ? null : shownPlace(nextCaller),
});
const shownOffer = ({ offerId, agentId, queueId, offeredAt, endedAt, end, choice }: OfferTold) => ({
  ...{ offerId, agentId, queueId, offeredAt: iso(offeredAt), endedAt: isoOrNull(endedAt), end },
  callId: callIdOf(offerId),
  choice: choice === undefined ? null : shownChoice(choice),
});

/** `<callId>.o<n>` */
const callIdOf = (offerId: string): string => offerId.replace(/\.o\d+$/, '');

function explainOffer(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/offers/:offerId/explanation',
    {
      config: { action: 'call.explain' },
      schema: {
        tags: ['calls'],
        summary: 'Why an offer was made to this agent and for this caller: the comparators, and who would have been next; from the call’s record',
        params: z.strictObject({ offerId: idSchema }),
        response: { 200: offerExplanationSchema },
      },
    },
    async (request) => {
      const { tenantId } = asker(request);
      const { offerId } = request.params;
      const offers = await ports.offersOf(tenantId, branded(callIdOf(offerId)));
      const found = offers?.find((offer) => offer.offerId === offerId);
      if (found === undefined) throw new Problem('not_found');
      return shownOffer(found);
    },
  );
}

function explainOffers(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/calls/:callId/offers',
    {
      config: { action: 'call.explain' },
      schema: {
        tags: ['calls'],
        summary: 'To whom a call was offered, each with why; of a live call or from its record, in the order in which it was',
        params: z.strictObject({ callId: idSchema }),
        response: { 200: z.object({ items: z.array(offerExplanationSchema) }) },
      },
    },
    async (request) => {
      const offers = await ports.offersOf(asker(request).tenantId, branded(request.params.callId));
      if (offers === null) throw new Problem('not_found');
      return { items: offers.map(shownOffer) };
    },
  );
}

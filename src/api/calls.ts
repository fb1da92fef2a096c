/** Calls: those alive now, and the records of those that were. An agent sees the calls she had, nobody sees another tenant's. */

import { z } from 'zod';
import type { AgentId } from '../../kernel/ids.ts';
import { personal } from '../../kernel/mask.ts';
import type { Call, Leg } from '../call/call.ts';
import { type ConsentState, consentHows, consentStates } from '../call/consent.ts';
import { surveyGivenUpWhys, surveyNotAskedWhys } from '../call/survey.ts';
import { directions } from '../cdr/record.ts';
import { may, mayAtAll, scopeOf } from '../users/user.ts';
import { asker } from './access.ts';
import { audioSchema } from './call-audio.ts';
import { belonging, type Revealable } from './personal.ts';
import type { ApiPorts, CallDetail, CallFilter, CallRecord, Identity, LegRecord, RecordingRecord } from './ports.ts';
import { Problem } from './problems.ts';
import { queueVisitSchema, shownVisit } from './queue-visits.ts';
import { pausesSchema, playable, sendAll } from './recordings.ts';
import type { Reveals } from './reveals.ts';
import { agentsWithin, mayToAny } from './scope.ts';
import { type Api, branded, idSchema, iso, isoOrNull, pageOf, pageQuery, pageRequest, timeSchema } from './shapes.ts';

const text = z.string();
const number = text.meta(personal('number'));
/** What was attached. */
const data = z.record(text, text).meta(personal('data'));
const callSchema = z.object({
  callId: text,
  arrivedAt: text,
  answeredAt: text.nullable(),
  agentAnsweredAt: text.nullable(),
  endedAt: text,
  caller: number,
  callee: number,
  /** outbound, internal: an agent made it, and is its caller · callback: ours, to its caller, who had asked for it */
  direction: z.enum(directions),
  cause: text,
  endedBy: text,
  customerId: text.nullable(),
  tier: text.nullable(),
  language: text,
  authLevel: z.number(),
  queueId: text.nullable(),
  agentId: text.nullable(),
  /** partial: some of what should have been recorded is missing */
  recording: z.enum(['none', 'complete', 'partial']),
  queueWaitMs: z.number(),
  ringMs: z.number(),
  talkMs: z.number(),
  holdMs: z.number(),
  wrapUpMs: z.number(),
  disposition: text.nullable(),
  notes: text.meta(personal('text')).nullable(),
  ivrPath: z.array(text),
  data,
  /** It or a recording of it is under a legal hold. */
  legalHold: z.boolean(),
  /** What the caller was told of recording, or answered; null = nothing was said of it. `refused`: nothing of it was recorded after that. */
  consent: z
    .object({
      state: z.enum(consentStates),
      /** notice: heard to its end · key: hers · no_key, wrong_keys: which is no consent · failed: the question could not be put */
      how: z.enum(consentHows),
      at: text,
      /** When a notice was first heard to its end; null = none was. */
      announcedAt: text.nullable(),
    })
    .nullable(),
  /** What the caller said of the talk afterwards; null = her queue has no survey, or an agent asks: she does not see it. */
  survey: z
    .object({
      /** For whom it counts. */
      agentId: text,
      queueId: text,
      /** null = she was not asked; `end` says why. */
      askedAt: text.nullable(),
      how: z.enum(['hung_up', 'sent']).nullable(),
      /** 1 very satisfied to 5 very dissatisfied */
      rating: z.number().nullable(),
      reason: text.nullable(),
      end: z.enum([...surveyNotAskedWhys, ...surveyGivenUpWhys, 'answered', 'not_said_why', 'hung_up']),
    })
    .nullable(),
});
/** A ticket that was opened because she was not content; null = none was, or an agent asks. */
const followUpSchema = z.object({ ticketId: text, status: text, openedAt: text, closedAt: text.nullable() }).nullable();
const legSchema = z.object({
  legId: text,
  role: text,
  agentId: text.nullable(),
  target: number.nullable(),
  startedAt: text,
  answeredAt: text.nullable(),
  endedAt: text,
  holdMs: z.number(),
  cause: text,
  endedBy: text,
  sipStatus: z.number().nullable(),
  q850: z.number().nullable(),
  audio: audioSchema.nullable(),
  /** An agent asked for it to be rung while a call had her: alone with her, or to all; null = it came otherwise. */
  asked: z.object({ how: z.enum(['consult', 'conference']), by: z.string(), end: z.string().nullable(), cause: z.string().nullable() }).nullable(),
});
const recordingSchema = z.object({ recordingId: text, startedAt: text, durationMs: z.number().nullable(), complete: z.boolean(), pauses: pausesSchema });
const detailSchema = callSchema.extend({
  ...{ queues: z.array(queueVisitSchema), legs: z.array(legSchema), recordings: z.array(recordingSchema) },
  followUp: followUpSchema,
});
const liveCallSchema = z.object({
  callId: text,
  arrivedAt: text,
  caller: number,
  callee: number,
  customerName: text.meta(personal('name')).nullable(),
  tier: text.nullable(),
  authLevel: z.number(),
  queueId: text.nullable(),
  waiting: z.boolean(),
  ivrPath: z.array(text),
  data,
  legs: z.array(z.object({ legId: text, role: text, agentId: text.nullable(), offerId: text.nullable(), state: text, held: z.boolean() })),
});

const filters = {
  from: timeSchema.optional(),
  to: timeSchema.optional(),
  caller: z
    .string()
    .regex(/^\+?[0-9]{1,20}$/)
    .optional(),
  callerEnds: z
    .string()
    .regex(/^[0-9]{4}$/)
    .optional()
    .describe('The last four digits of who called'),
  callee: z
    .string()
    .regex(/^\+?[0-9]{1,20}$/)
    .optional(),
  agentId: idSchema.optional(),
  queueId: idSchema.optional(),
  cause: z
    .string()
    .regex(/^[a-z_]{1,32}$/)
    .optional(),
  rating: z
    .string()
    .regex(/^[1-5](-[1-5])?$/, 'one rating, or two with a hyphen: 4-5')
    .optional()
    .describe('Rated so by the caller: 1 very satisfied to 5; or from one to another, for example 4-5'),
  disposition: z.string().min(1).max(100).optional(),
  data: z
    .string()
    .max(400)
    .regex(/^[^=]{1,64}=/, 'a name and a value: orderId=4711')
    .optional()
    .describe('Attached to the call, name=value: orderId=4711. For who sees it in clear'),
  consent: z.enum(consentStates).optional().describe('What was said of recording: announced, given or refused'),
  held: z.literal('true').optional().describe('Only calls under a legal hold, they or a recording of theirs'),
};
type FilterQuery = { [K in keyof typeof filters]?: string | undefined };
const params = z.strictObject({ callId: idSchema });

/** An agent never sees how she was rated: what she can see she can beg for. */
const seesRatings = (user: Identity): boolean => scopeOf(user, 'record.read') !== 'own';

const shownCall = (user: Identity, { arrivedAt, answeredAt, agentAnsweredAt, endedAt, legalHold = false, consent, survey, ...rest }: CallRecord) =>
  belonging([rest.agentId], {
    ...rest,
    legalHold,
    consent: consent === null ? null : { ...consent, at: iso(consent.at), announcedAt: isoOrNull(consent.announcedAt) },
    survey: survey === null || !seesRatings(user) ? null : { ...survey, askedAt: isoOrNull(survey.askedAt) },
    ...{ arrivedAt: iso(arrivedAt), answeredAt: isoOrNull(answeredAt), agentAnsweredAt: isoOrNull(agentAnsweredAt), endedAt: iso(endedAt) },
  });
const shownLeg = ({ startedAt, answeredAt, endedAt, ...rest }: LegRecord) => ({
  ...rest,
  ...{ startedAt: iso(startedAt), answeredAt: isoOrNull(answeredAt), endedAt: iso(endedAt) },
});
const shownRecording = ({ recordingId, startedAt, durationMs, complete, pauses }: RecordingRecord) => ({
  recordingId,
  startedAt: iso(startedAt),
  durationMs,
  complete,
  pauses,
});

export const agentsOn = (legs: Call['legs']) => [...legs.values()].map(({ agentId }) => agentId);
const shownLiveLeg = ({ legId, role, agentId, offerId, progress }: Leg) => ({
  ...{ legId, role, agentId, offerId },
  state: progress.state,
  held: progress.state === 'up' && progress.held,
});
const shownLive = (call: Call) =>
  belonging(agentsOn(call.legs), {
    callId: call.callId,
    arrivedAt: iso(call.arrivedAt),
    caller: call.caller.number,
    callee: call.callee.number,
    customerName: call.customer?.name ?? null,
    tier: call.customer?.tier ?? null,
    authLevel: call.authLevel,
    queueId: call.queueId,
    waiting: call.waiting,
    ivrPath: call.ivrPath,
    data: call.data,
    legs: [...call.legs.values()].map(shownLiveLeg),
  });
const shownDetail = (user: Identity, { call, queues, legs, recordings, agentIds, followUp }: CallDetail) =>
  belonging(agentIds, {
    ...shownCall(user, call),
    ...{ queues: queues.map(shownVisit), legs: legs.map(shownLeg), recordings: recordings.map(shownRecording) },
    followUp: seesRatings(user) ? followUp : null,
  });

function filterOf(ports: ApiPorts, query: FilterQuery, user: Identity): CallFilter {
  const filter: CallFilter = {};
  if (query.from !== undefined) filter.from = Date.parse(query.from);
  if (query.to !== undefined) filter.to = Date.parse(query.to);
  if (query.caller !== undefined) filter.caller = query.caller;
  if (query.callerEnds !== undefined) filter.callerEnds = query.callerEnds;
  if (query.callee !== undefined) filter.callee = query.callee;
  if (query.queueId !== undefined) filter.queueId = branded(query.queueId);
  if (query.cause !== undefined) filter.cause = query.cause;
  if (query.disposition !== undefined) filter.disposition = query.disposition;
  if (query.data !== undefined) filter.data = dataAsked(query.data);
  if (query.consent !== undefined) filter.consent = query.consent as ConsentState;
  if (query.held !== undefined) filter.held = true;
  if (query.rating !== undefined) filter.rating = ratingsAsked(user, query.rating);
  if (query.agentId !== undefined) filter.agentId = branded(query.agentId);
  const agentIds = agentsWithin(ports, user, 'record.read');
  if (agentIds === null) return filter;
  // The calls that she or her teams had, whatever she asks for.
  if (agentIds.length === 0 || (filter.agentId !== undefined && !agentIds.includes(filter.agentId))) throw new Problem('forbidden');
  return filter.agentId === undefined ? { ...filter, agentIds } : filter;
}

/** Whoever sees it masked would learn by searching what it is. `of`: of whose calls; none = of all. */
function demandInClear(user: Identity, of: readonly AgentId[]): void {
  const { tenantId } = user;
  if (may(user, 'personal.read', { tenantId }) || (of.length > 0 && of.every((agentId) => may(user, 'personal.read', { tenantId, agentId })))) return;
  throw new Problem('forbidden', 'what is attached to calls is searched by who sees it in clear');
}

function dataAsked(asked: string): Record<string, string> {
  const at = asked.indexOf('=');
  return { [asked.slice(0, at)]: asked.slice(at + 1) };
}

function ratingsAsked(user: Identity, asked: string): { from: number; to: number } {
  if (!seesRatings(user)) throw new Problem('forbidden');
  const [from = 1, to = from] = asked.split('-').map(Number);
  return { from, to };
}

/** What she may not see does not exist for her. */
async function recordOf(ports: ApiPorts, user: Identity, action: 'record.read' | 'recording.play', callId: string): Promise<CallDetail> {
  const { tenantId } = user;
  const detail = await ports.records.get(tenantId, branded(callId));
  if (detail === null || !mayToAny(ports, user, action, { tenantId, agentIds: detail.agentIds })) throw new Problem('not_found');
  return detail;
}

const liveFor = (ports: ApiPorts, user: Identity): Call[] =>
  [...ports.calls.values()].filter(({ tenantId, legs }) => mayToAny(ports, user, 'call.readLive', { tenantId, agentIds: agentsOn(legs) }));

/** As it is now, or as it was. */
export async function callFor(ports: ApiPorts, user: Identity, callId: string): Promise<Revealable> {
  const live = mayAtAll(user, 'call.readLive') ? liveFor(ports, user).find((call) => call.callId === callId && call.endedAt === null) : undefined;
  if (live !== undefined) return { schema: liveCallSchema, value: shownLive(live) };
  if (!mayAtAll(user, 'record.read')) throw new Problem('forbidden');
  return { schema: detailSchema, value: shownDetail(user, await recordOf(ports, user, 'record.read', callId)) };
}

export function calls(app: Api, ports: ApiPorts, reveals: Reveals): void {
  listLive(app, ports);
  listRecords(app, ports, reveals);
  readRecord(app, ports);
  playRecording(app, ports);
}

function listLive(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/calls/live',
    {
      config: { action: 'call.readLive' },
      schema: { tags: ['calls'], summary: 'Calls alive now, oldest first', querystring: z.strictObject(pageQuery), response: { 200: pageOf(liveCallSchema) } },
    },
    async (request) => {
      const { cursor, limit } = pageRequest(request.query);
      // Call ids sort by the time of their making, so the last one of a page is where the next begins.
      const rest = liveFor(ports, asker(request)).filter((call) => cursor === null || call.callId > cursor);
      const page = rest.slice(0, limit);
      return { items: page.map(shownLive), nextCursor: rest.length > limit ? (page.at(-1)?.callId ?? null) : null };
    },
  );
}

function listRecords(app: Api, ports: ApiPorts, reveals: Reveals): void {
  app.get(
    '/api/v1/calls',
    {
      config: { action: 'record.read' },
      schema: {
        tags: ['calls'],
        summary: 'Call records, newest first. A search by a whole number, by who sees numbers masked, is in the audit trail; by its last four digits it is not',
        querystring: z.strictObject({ ...pageQuery, ...filters }),
        response: { 200: pageOf(callSchema) },
      },
    },
    async (request) => {
      const user = asker(request);
      const filter = filterOf(ports, request.query, user);
      const { caller, callee, agentIds, agentId } = filter;
      const of = agentId === undefined ? agentIds : [agentId];
      if (filter.data !== undefined) demandInClear(user, of ?? []);
      await reveals.searched(request, 'calls', { caller, callee }, of);
      const page = await ports.records.list(user.tenantId, filter, pageRequest(request.query));
      return { ...page, items: page.items.map((call) => shownCall(user, call)) };
    },
  );
}

function readRecord(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/calls/:callId',
    {
      config: { action: 'record.read' },
      schema: {
        tags: ['calls'],
        summary: 'One call record with its legs and recordings',
        params,
        response: { 200: detailSchema },
      },
    },
    async (request) => {
      const user = asker(request);
      return shownDetail(user, await recordOf(ports, user, 'record.read', request.params.callId));
    },
  );
}

function playRecording(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/calls/:callId/recording',
    {
      config: { action: 'recording.play', ticketed: true },
      schema: {
        tags: ['calls'],
        summary:
          'All recordings of the call as one WAV (caller left, agent right), without the gaps between them, or the one that is named (a single one also as Ogg if it was kept as Opus); understands Range. With a ticket, for a player that shows no token',
        params,
        querystring: z.strictObject({ recordingId: idSchema.optional(), ticket: z.string().max(64).optional(), as: z.enum(['wav', 'opus']).default('wav') }),
      },
    },
    async (request, reply) => {
      const user = asker(request);
      await recordOf(ports, user, 'recording.play', request.params.callId);
      const recordings = await playable(ports, user, request.params.callId);
      const { recordingId, as } = request.query;
      const wanted = recordingId === undefined ? recordings : recordings.filter((row) => row.recordingId === recordingId);
      return sendAll(ports, wanted, request, reply, as);
    },
  );
}

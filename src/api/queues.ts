/** Queues: their rules, and how they stand now. */
import { z } from 'zod';
import { calendarIdOf, type QueueId, queueIdOf, type TenantId } from '../../kernel/ids.ts';
import { Calendar } from '../acd/calendar/calendar.ts';
import { comingChanges } from '../acd/calendar/coming.ts';
import type { QueueConfiguration } from '../acd/event.ts';
import type { Names } from '../tenants/names.ts';
import { queueSectionChanges, queueSections, sectionsOfQueue, withQueueSections } from '../tenants/sections.ts';
import { asker, author } from './access.ts';
import { demandQueueNames, namesOf, warningsOf } from './names.ts';
import type { ApiPorts } from './ports.ts';
import { Problem } from './problems.ts';
import {
  type Api,
  bilingualSchema,
  branded,
  given,
  idSchema,
  iso,
  isoOrNull,
  pageOf,
  pageQuery,
  pageRequest,
  pageThrough,
  shortNameSchema,
  skillLevelSchema,
  skillNameSchema,
} from './shapes.ts';
import { waitNow } from './waits.ts';

const HOUR_MS = 3_600_000;

const rules = {
  name: bilingualSchema,
  skills: z.array(z.strictObject({ skill: skillNameSchema, level: skillLevelSchema })).max(20),
  maxWaitMs: z.number().int().min(1_000).max(HOUR_MS).nullable(),
  maxWaiting: z.number().int().min(0).max(10_000),
  leaveWhenNoAgents: z.boolean(),
  ringTimeoutMs: z.number().int().min(3_000).max(120_000),
  wrapUpMs: z.number().int().min(0).max(HOUR_MS),
  /** Whether its calls are recorded, where `recording` leaves it open. */
  record: z.boolean(),
  recording: z.enum(['optional', 'mandatory', 'forbidden']),
  /** `direct`: who talk unrecorded send their audio to one another, where their phones can. */
  media: z.enum(['anchored', 'direct']),
  music: z
    .string()
    .regex(/^[a-z0-9_-]{1,64}$/, 'name of a music source')
    .nullable(),
  answerWithinMs: z.number().int().min(1_000).max(HOUR_MS),
};
/** A change without its sections. */
const plainRules = z.object(rules).partial();
export const queueChangeSchema = z.strictObject({ ...z.strictObject(rules).partial().shape, ...queueSectionChanges });
const spokenSchema = z.string().trim().min(1).max(300).optional();
export const noticeSchema = z.union([
  z.strictObject({ prompt: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'name of a prompt') }),
  /** Spoken; who speaks the other language hears the one there is. */
  z.strictObject({
    text: z.strictObject({ zh: spokenSchema, en: spokenSchema }).refine(({ zh, en }) => zh !== undefined || en !== undefined, 'words in one language at least'),
  }),
]);
export const queueSchema = z.object({
  queueId: z.string(),
  ...rules,
  ...queueSections,
  /** What is not refused and should be known: names of what is gone since, queues that overflow into one another. */
  warnings: z.array(z.object({ at: z.string(), message: z.string() })),
  live: z
    .object({
      /** By its calendar, or as it is switched. */
      state: z.enum(['open', 'closed', 'emergency']),
      /** When its calendar, or the end of the switch, may change that. */
      stateUntil: z.string().nullable(),
      switched: z.boolean(),
      /** What callers hear who are sent back, before their dialplan goes on; null = what the dialplan says. */
      notice: noticeSchema.nullable(),
      /** What its calendar and the end of the switch bring next: two changes at most. */
      coming: z.array(z.object({ at: z.string(), state: z.enum(['open', 'closed', 'emergency']) })),
      waiting: z.number().int(),
      oldestSince: z.string().nullable(),
      signedIn: z.number().int(),
      ready: z.number().int(),
      talking: z.number().int(),
      wrappingUp: z.number().int(),
      /** Groups that help out now, by the rules of `widening`. */
      reserves: z.array(z.object({ name: z.string(), since: z.string() })),
      /** What a caller who comes now has to wait, as of the last five seconds; `calibrated`: it may be said aloud. null = nobody is there to serve it. */
      expectedWait: z.object({ p50Ms: z.number().int(), p90Ms: z.number().int(), calibrated: z.boolean() }).nullable(),
      /** How good estimates were: of the last n callers, shares within P50 and P90, and mean pinball loss of each. null = none yet. */
      estimateScore: z.object({ n: z.number().int(), p50: z.number(), p90: z.number(), loss50Ms: z.number(), loss90Ms: z.number() }).nullable(),
    })
    .nullable(),
});
/** What a new queue has unless told otherwise. */
const usual: Omit<QueueConfiguration, 'queueId' | 'tenantId' | 'name'> = {
  skills: [],
  maxWaitMs: 600_000,
  maxWaiting: 500,
  leaveWhenNoAgents: true,
  ringTimeoutMs: 20_000,
  wrapUpMs: 30_000,
  record: true,
  recording: 'optional',
  media: 'anchored',
  music: 'default',
  answerWithinMs: 20_000,
};
export const params = z.strictObject({ queueId: idSchema });

export function queues(app: Api, ports: ApiPorts): void {
  readQueues(app, ports);
  addQueue(app, ports);
  changeQueue(app, ports);
}

export function shown(ports: ApiPorts, configuration: QueueConfiguration, names: Names = namesOf(ports, configuration.tenantId)) {
  const { acd, directory, clock } = ports;
  const { tenantId, ...rest } = configuration;
  const usually = { recording: rest.recording ?? ('optional' as const), media: rest.media ?? ('anchored' as const) };
  const queue = { ...rest, ...usually, warnings: warningsOf(ports, configuration, names) };
  const view = acd.queue(queue.queueId);
  if (view === undefined) return { ...queue, live: null };
  const { state, stateUntil, switched, notice, waiting, oldestSince, signedIn, ready, talking, wrappingUp } = view;
  const reserves = view.reserves.map(({ name, since }) => ({ name, since: iso(since) }));
  const coming = comingChanges(state, switched ? stateUntil : undefined, calendarOf(directory, tenantId, rest.door?.calendar), clock.now());
  const standing = { state, stateUntil: isoOrNull(stateUntil), switched, notice, coming: coming.map((change) => ({ ...change, at: iso(change.at) })) };
  const live = { ...standing, waiting, oldestSince: isoOrNull(oldestSince), signedIn, ready, talking, wrappingUp, reserves };
  return { ...queue, live: { ...live, expectedWait: waitNow(acd, queue.queueId, clock.now()), estimateScore: acd.estimateScore(queue.queueId) } };
}

function calendarOf(directory: ApiPorts['directory'], tenantId: TenantId, name: string | undefined): Calendar | undefined {
  if (name === undefined) return undefined;
  const calendarId = calendarIdOf(tenantId, name);
  const found = directory.calendars().find((calendar) => calendar.calendarId === calendarId);
  return found === undefined ? undefined : new Calendar(found);
}

export function queueOf({ directory }: ApiPorts, tenantId: TenantId, queueId: QueueId): QueueConfiguration {
  const queue = directory.queue(queueId);
  if (queue === null || queue.tenantId !== tenantId) throw new Problem('not_found');
  return queue;
}

function readQueues(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/queues',
    {
      config: { action: 'queue.read' },
      schema: { tags: ['queues'], summary: 'Queues', querystring: z.strictObject(pageQuery), response: { 200: pageOf(queueSchema) } },
    },
    async (request) => {
      const { tenantId } = asker(request);
      const mine = ports.directory.queues().filter((queue) => queue.tenantId === tenantId);
      const page = pageThrough(mine, (queue) => queue.queueId, pageRequest(request.query));
      const names = namesOf(ports, tenantId);
      return { ...page, items: page.items.map((queue) => shown(ports, queue, names)) };
    },
  );

  app.get(
    '/api/v1/queues/:queueId',
    { config: { action: 'queue.read' }, schema: { tags: ['queues'], summary: 'One queue', params, response: { 200: queueSchema } } },
    async (request) => shown(ports, queueOf(ports, asker(request).tenantId, branded(request.params.queueId))),
  );
}

function addQueue(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/queues',
    {
      config: { action: 'queue.change' },
      schema: {
        tags: ['queues'],
        summary: 'Add a queue',
        body: z.strictObject({ ...z.strictObject(rules).partial().shape, ...queueSections, id: shortNameSchema, name: bilingualSchema }),
        response: { 201: queueSchema },
      },
    },
    async (request, reply) => {
      const { tenantId } = asker(request);
      const { id, name, ...rest } = request.body;
      const queueId = queueIdOf(tenantId, id);
      if (ports.directory.queue(queueId) !== null) throw new Problem('conflict');
      const queue: QueueConfiguration = { ...usual, ...given(plainRules.parse(rest)), ...sectionsOfQueue(rest), queueId, tenantId, name };
      demandQueueNames(ports, { ...usual, queueId, tenantId, name }, queue);
      await ports.configuration.saveQueue(queue, { ...author(request), action: 'queue.create', resource: `queue/${queueId}`, after: queue });
      reply.code(201);
      return shown(ports, queue);
    },
  );
}

/** The queue as it is and as it would be. Throws with every fault of the change. */
export function changedQueue(ports: ApiPorts, tenantId: TenantId, queueId: QueueId, change: z.infer<typeof queueChangeSchema>) {
  const before = queueOf(ports, tenantId, queueId);
  const after = withQueueSections({ ...before, ...given(plainRules.parse(change)) }, change);
  demandQueueNames(ports, before, after);
  return { before, after };
}

function changeQueue(app: Api, ports: ApiPorts): void {
  app.patch(
    '/api/v1/queues/:queueId',
    {
      config: { action: 'queue.change' },
      schema: {
        tags: ['queues'],
        summary: 'Change a queue; calls that wait keep their places',
        params,
        body: queueChangeSchema,
        response: { 200: queueSchema },
      },
    },
    async (request) => {
      const { tenantId } = asker(request);
      const { before, after } = changedQueue(ports, tenantId, branded(request.params.queueId), request.body);
      await ports.configuration.saveQueue(after, { ...author(request), action: 'queue.update', resource: `queue/${before.queueId}`, before, after });
      return shown(ports, after);
    },
  );
}

/** Numbers that callers dial: which flow each enters, by which calendar; added, changed, switched off, taken away. Nothing that would break the dialplan in use is taken. */
import { z } from 'zod';
import type { TenantId } from '../../kernel/ids.ts';
import { normaliseNumber } from '../customers/normalise.ts';
import { nearest } from '../ivr/fault.ts';
import { entryOf, type HotlineNumber, newNumber, numberFault, numberNames, numberRules } from '../tenants/numbers.ts';
import { asker, author } from './access.ts';
import type { ApiPorts } from './ports.ts';
import { Problem } from './problems.ts';
import { type Api, given, pageOf, pageQuery, pageRequest, pageThrough } from './shapes.ts';
import { hotlinesOf, settingsOf } from './tenant.ts';

const MOST_NUMBERS = 2_000;
const numberSchema = z.string().min(1).max(24).describe('10086, +862012345678');
const shownSchema = z.object({
  number: z.string(),
  ...numberRules,
  /** The flow the dialplan in use names for it; null = none. */
  dialplanFlow: z.string().nullable(),
  /** Which flow a caller enters at this moment; null = she is refused. */
  entersNow: z.string().nullable(),
  /** Whether its calendar is open; null = it goes by none. */
  open: z.boolean().nullable(),
});
const changes = z.strictObject(numberRules).partial();
const params = z.strictObject({ number: numberSchema });

export function numbers(app: Api, ports: ApiPorts): void {
  readNumbers(app, ports);
  addNumber(app, ports);
  changeNumber(app, ports);
  removeNumber(app, ports);
}

function shown({ directory, dialplans, clock }: ApiPorts, tenantId: TenantId, hotline: HotlineNumber): z.infer<typeof shownSchema> {
  const { flow, open } = entryOf(tenantId, hotline, directory.calendars(), clock.now());
  const dialplanFlow = dialplans.words(tenantId)?.numbers[hotline.number] ?? null;
  return { ...hotline, dialplanFlow, entersNow: hotline.enabled ? (flow ?? dialplanFlow) : null, open };
}

function hotlineOf(ports: ApiPorts, tenantId: TenantId, number: string): HotlineNumber {
  const found = hotlinesOf(ports, tenantId).find((one) => one.number === number);
  if (found === undefined) throw new Problem('not_found');
  return found;
}

/** Flows and calendars it names must be there; and the dialplan in use must stand with the numbers as they would be. */
async function demandFits(ports: ApiPorts, tenantId: TenantId, after: readonly HotlineNumber[], changed: HotlineNumber | null): Promise<void> {
  const errors = changed === null ? [] : namesMissing(ports, tenantId, changed);
  if (errors.length > 0) throw new Problem('validation_failed', '', errors);
  const before = new Set((await ports.dialplans.fits(tenantId, numberNames(hotlinesOf(ports, tenantId)))).map(({ message }) => message));
  const faults = (await ports.dialplans.fits(tenantId, numberNames(after))).filter(({ message }) => !before.has(message));
  if (faults.length === 0) return;
  throw new Problem(
    'validation_failed',
    'the dialplan in use would not stand with it',
    faults.map(({ file, line, column, message }) => ({ at: `${file}:${line}:${column}`, message })),
  );
}

function namesMissing({ directory, dialplans }: ApiPorts, tenantId: TenantId, { flow, hours }: HotlineNumber): { at: string; message: string }[] {
  const flows = dialplans.words(tenantId)?.flows ?? [];
  const noFlow = (name: string | null, at: string) =>
    name === null || flows.includes(name)
      ? []
      : [{ at: `body.${at}`, message: `the dialplan in use has no flow "${name}"${nearest(name, flows)}: publish one that has it first, or name another` }];
  const calendars = directory.calendars().flatMap((calendar) => (calendar.tenantId === tenantId ? [calendar.calendarId.slice(tenantId.length + 1)] : []));
  const noCalendar =
    hours === null || calendars.includes(hours.calendar)
      ? []
      : [
          {
            at: 'body.hours.calendar',
            message: `there is no calendar "${hours.calendar}"${nearest(hours.calendar, calendars)}: add it first, or name another`,
          },
        ];
  return [...noFlow(flow, 'flow'), ...noFlow(hours?.closedFlow ?? null, 'hours.closedFlow'), ...noCalendar];
}

function readNumbers(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/numbers',
    {
      config: { action: 'trunk.read' },
      schema: {
        tags: ['numbers'],
        summary: 'Numbers callers dial, and which flow each enters now',
        querystring: z.strictObject(pageQuery),
        response: { 200: pageOf(shownSchema) },
      },
    },
    async (request) => {
      const { tenantId } = asker(request);
      const page = pageThrough(hotlinesOf(ports, tenantId), ({ number }) => number, pageRequest(request.query));
      return { ...page, items: page.items.map((hotline) => shown(ports, tenantId, hotline)) };
    },
  );
}

function addNumber(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/numbers',
    {
      config: { action: 'number.change' },
      schema: {
        tags: ['numbers'],
        summary: 'Add a number; it is one tenant’s alone',
        body: z.strictObject({ number: numberSchema, ...changes.shape }),
        response: { 201: shownSchema },
      },
    },
    async (request, reply) => {
      const { tenantId } = asker(request);
      const { number, ...said } = request.body;
      const mine = hotlinesOf(ports, tenantId);
      const agents = ports.directory.agents().flatMap((agent) => (agent.tenantId === tenantId ? [agent.number] : []));
      const fault =
        numberFault(number, normaliseNumber(number), agents) ?? (mine.length >= MOST_NUMBERS ? `there are ${MOST_NUMBERS} already: remove one` : null);
      if (fault !== null) throw new Problem('validation_failed', '', [{ at: 'body.number', message: fault }]);
      if (mine.some((one) => one.number === number)) throw new Problem('conflict', `${number} is in the list already: change it there`);
      const hotline = newNumber(number, given(said));
      await demandFits(ports, tenantId, [...mine, hotline], hotline);
      await ports.configuration.saveNumber(tenantId, hotline, { ...author(request), action: 'number.create', resource: `number/${number}`, after: hotline });
      reply.code(201);
      return shown(ports, tenantId, hotline);
    },
  );
}

function changeNumber(app: Api, ports: ApiPorts): void {
  app.patch(
    '/api/v1/numbers/:number',
    {
      config: { action: 'number.change' },
      schema: {
        tags: ['numbers'],
        summary: 'Change what is said of a number, or switch it off; from the next call on',
        params,
        body: changes,
        response: { 200: shownSchema },
      },
    },
    async (request) => {
      const { tenantId } = asker(request);
      const before = hotlineOf(ports, tenantId, request.params.number);
      const after = { ...before, ...given(request.body) };
      if (!after.enabled && before.enabled) demandUnused(ports, tenantId, after.number);
      const all = hotlinesOf(ports, tenantId).map((one) => (one.number === after.number ? after : one));
      await demandFits(ports, tenantId, all, after);
      await ports.configuration.saveNumber(tenantId, after, { ...author(request), action: 'number.update', resource: `number/${after.number}`, before, after });
      return shown(ports, tenantId, after);
    },
  );
}

function removeNumber(app: Api, ports: ApiPorts): void {
  app.delete(
    '/api/v1/numbers/:number',
    {
      config: { action: 'number.change' },
      schema: {
        tags: ['numbers'],
        summary: 'Give a number up',
        description:
          'Refused while the dialplan in use names it: switch the number off, publish a dialplan without it, then remove it. Calls that came by it go on.',
        params,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { tenantId } = asker(request);
      const before = hotlineOf(ports, tenantId, request.params.number);
      const { number } = before;
      demandUnused(ports, tenantId, number);
      const flow = ports.dialplans.words(tenantId)?.numbers[number];
      if (flow !== undefined)
        throw new Problem('in_use', '', [
          { at: `dialplan numbers.${number}`, message: 'the dialplan in use names it: switch the number off, publish a dialplan without it, then remove it' },
        ]);
      await demandFits(
        ports,
        tenantId,
        hotlinesOf(ports, tenantId).filter((one) => one.number !== number),
        null,
      );
      await ports.configuration.removeNumber(tenantId, number, { ...author(request), action: 'number.remove', resource: `number/${number}`, before });
      reply.code(204);
      return null;
    },
  );
}

/** Whoever is called must be able to call back. */
function demandUnused(ports: ApiPorts, tenantId: TenantId, number: string): void {
  const purposes = Object.entries(settingsOf(ports, tenantId).outboundNumbers).filter(([, each]) => each === number);
  const queues = ports.directory.queues().filter((queue) => queue.tenantId === tenantId && queue.callback?.display === number);
  const why = [
    ...purposes.map(([purpose]) => ({ at: `tenant outboundNumbers.${purpose}`, message: 'those we call see it: show them another number first' })),
    ...queues.map(({ queueId }) => ({ at: `${queueId} callback.display`, message: 'this queue’s callbacks show it: name another there first' })),
  ];
  if (why.length > 0) throw new Problem('in_use', '', why);
}

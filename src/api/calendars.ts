/** Calendars of business hours: several queues may go by one. Holidays are imported as they are published. */
import { z } from 'zod';
import { type CalendarId, calendarIdOf, type TenantId } from '../../kernel/ids.ts';
import { Calendar, type CalendarConfiguration } from '../acd/calendar/calendar.ts';
import { calendarRules, MOST_DAYS, type StoredCalendar } from '../tenants/calendar.ts';
import { mergeDays, readHolidays } from '../tenants/holidays.ts';
import { type Author, asker, author } from './access.ts';
import type { ApiPorts } from './ports.ts';
import { Problem } from './problems.ts';
import { type Api, branded, given, idSchema, iso, pageOf, pageQuery, pageRequest, pageThrough, shortNameSchema } from './shapes.ts';
import { hotlinesOf, settingsOf } from './tenant.ts';

const MOST_CALENDARS = 200;
/** A file of ten years' holidays is a tenth of it. */
const LONGEST_IMPORT = 500_000;

const shownSchema = z.object({
  calendarId: z.string(),
  ...calendarRules,
  /** As it stands at this moment; queues that are switched stand otherwise. */
  open: z.boolean(),
  /** When that may change. */
  until: z.string(),
});
const importSchema = z.strictObject({
  format: z.enum(['json', 'csv', 'ical']),
  text: z.string().min(1).max(LONGEST_IMPORT),
  /** true: these days are all there are; else they are added, in the place of those of the same dates. */
  replace: z.boolean().optional(),
  /** true: only what the calendar would be; nothing is saved. */
  preview: z.boolean().optional(),
});
const params = z.strictObject({ calendarId: idSchema });

export function calendars(app: Api, ports: ApiPorts): void {
  readCalendars(app, ports);
  addCalendar(app, ports);
  changeCalendar(app, ports);
  importHolidays(app, ports);
  removeCalendar(app, ports);
}

function shown({ clock }: ApiPorts, configuration: CalendarConfiguration): z.infer<typeof shownSchema> {
  const { calendarId, name, timeZone, week, days } = configuration;
  const { open, until } = new Calendar(configuration).hoursAt(clock.now());
  return { calendarId, name, timeZone, week, days, open, until: iso(until) };
}

const mine = ({ directory }: ApiPorts, tenantId: TenantId): CalendarConfiguration[] =>
  directory.calendars().filter((calendar) => calendar.tenantId === tenantId);

function calendarOf(ports: ApiPorts, tenantId: TenantId, calendarId: CalendarId): CalendarConfiguration {
  const calendar = mine(ports, tenantId).find((one) => one.calendarId === calendarId);
  if (calendar === undefined) throw new Problem('not_found');
  return calendar;
}

async function save(ports: ApiPorts, by: Author, before: StoredCalendar | undefined, after: StoredCalendar): Promise<CalendarConfiguration> {
  const { calendarId } = after;
  const action = before === undefined ? 'calendar.create' : 'calendar.update';
  await ports.configuration.saveCalendar(after, { ...by, action, resource: `calendar/${calendarId}`, ...(before === undefined ? {} : { before }), after });
  return calendarOf(ports, by.tenantId, calendarId);
}

/** Without what is worked out of it. */
const stored = ({ offsets: _, ...rest }: CalendarConfiguration): StoredCalendar => rest;

function readCalendars(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/calendars',
    {
      config: { action: 'queue.read' },
      schema: {
        tags: ['calendars'],
        summary: 'Calendars, and whether they are open',
        querystring: z.strictObject(pageQuery),
        response: { 200: pageOf(shownSchema) },
      },
    },
    async (request) => {
      const page = pageThrough(mine(ports, asker(request).tenantId), (calendar) => calendar.calendarId, pageRequest(request.query));
      return { ...page, items: page.items.map((calendar) => shown(ports, calendar)) };
    },
  );

  app.get(
    '/api/v1/calendars/:calendarId',
    { config: { action: 'queue.read' }, schema: { tags: ['calendars'], summary: 'One calendar', params, response: { 200: shownSchema } } },
    async (request) => shown(ports, calendarOf(ports, asker(request).tenantId, branded(request.params.calendarId))),
  );
}

function addCalendar(app: Api, ports: ApiPorts): void {
  const { name, ...others } = calendarRules;
  app.post(
    '/api/v1/calendars',
    {
      config: { action: 'queue.change' },
      schema: {
        tags: ['calendars'],
        summary: 'Add a calendar',
        body: z.strictObject({ ...z.strictObject(others).partial().shape, id: shortNameSchema, name }),
        response: { 201: shownSchema },
      },
    },
    async (request, reply) => {
      const user = asker(request);
      const { id, timeZone = settingsOf(ports, user.tenantId).timeZone, week = {}, days = [], ...rest } = request.body;
      const calendarId = calendarIdOf(user.tenantId, id);
      const known = mine(ports, user.tenantId);
      if (known.some((one) => one.calendarId === calendarId)) throw new Problem('conflict');
      if (known.length >= MOST_CALENDARS)
        throw new Problem('validation_failed', '', [{ at: 'body', message: `there are ${MOST_CALENDARS} calendars already: remove one` }]);
      const made = await save(ports, author(request), undefined, { calendarId, tenantId: user.tenantId, name: rest.name, timeZone, week, days });
      reply.code(201);
      return shown(ports, made);
    },
  );
}

function changeCalendar(app: Api, ports: ApiPorts): void {
  app.patch(
    '/api/v1/calendars/:calendarId',
    {
      config: { action: 'queue.change' },
      schema: {
        tags: ['calendars'],
        summary: 'Change a calendar; its queues open and close by the new one at once',
        params,
        body: z.strictObject(calendarRules).partial(),
        response: { 200: shownSchema },
      },
    },
    async (request) => {
      const user = asker(request);
      const before = stored(calendarOf(ports, user.tenantId, branded(request.params.calendarId)));
      return shown(ports, await save(ports, author(request), before, { ...before, ...given(request.body) }));
    },
  );
}

function importHolidays(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/calendars/:calendarId/import',
    {
      config: { action: 'queue.change' },
      schema: {
        tags: ['calendars'],
        summary: 'Import holidays and make-up days: JSON, CSV (date,name,hours) or iCalendar',
        params,
        body: importSchema,
        response: { 200: shownSchema },
      },
    },
    async (request) => {
      const user = asker(request);
      const now = calendarOf(ports, user.tenantId, branded(request.params.calendarId));
      const before = stored(now);
      const { format, text, replace = false, preview = false } = request.body;
      const { days, faults } = readHolidays(format, text);
      const after = replace ? days : mergeDays(before.days, days);
      if (after.length > MOST_DAYS) faults.push({ line: 1, message: `the calendar would have ${after.length} special days: at most ${MOST_DAYS} can be` });
      if (faults.length > 0)
        throw new Problem(
          'validation_failed',
          '',
          faults.map(({ line, message }) => ({ at: `body.text line ${line}`, message })),
        );
      if (preview) return shown(ports, { ...now, days: after });
      return shown(ports, await save(ports, author(request), before, { ...before, days: after }));
    },
  );
}

function removeCalendar(app: Api, ports: ApiPorts): void {
  app.delete(
    '/api/v1/calendars/:calendarId',
    {
      config: { action: 'queue.change' },
      schema: { tags: ['calendars'], summary: 'Remove a calendar no queue goes by', params, response: { 204: z.null() } },
    },
    async (request, reply) => {
      const { tenantId } = asker(request);
      const before = stored(calendarOf(ports, tenantId, branded(request.params.calendarId)));
      const { calendarId } = before;
      const users = ports.directory
        .queues()
        .filter(({ tenantId: whose, door }) => whose === tenantId && door?.calendar !== undefined && calendarIdOf(tenantId, door.calendar) === calendarId);
      const numbers = hotlinesOf(ports, tenantId).filter(({ hours }) => hours !== null && calendarIdOf(tenantId, hours.calendar) === calendarId);
      const why = [
        ...users.map(({ queueId }) => ({ at: `${queueId} door.calendar`, message: 'this queue goes by it: name another there, or take it out, first' })),
        ...numbers.map(({ number }) => ({
          at: `number/${number} hours.calendar`,
          message: 'this number goes by it: name another there, or take it out, first',
        })),
      ];
      if (why.length > 0) throw new Problem('in_use', '', why);
      await ports.configuration.removeCalendar(calendarId, { ...author(request), action: 'calendar.remove', resource: `calendar/${calendarId}`, before });
      reply.code(204);
      return null;
    },
  );
}

/** Reports that are sent by mail: which, when, to whom, and what became of each time. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { TenantId } from '../../kernel/ids.ts';
import { reportIntervals } from '../ledger/calendar.ts';
import { serviceLevelVariants, USUAL_VARIANT } from '../ledger/definitions.ts';
import { reportSubjects } from '../ledger/report.ts';
import type { BuiltReport } from '../report-mail/report-mail.ts';
import { periods, reportFormats } from '../report-mail/schedule.ts';
import type { ClaimedReport, ReportDelivery, ReportSchedule } from '../store/report-mail.ts';
import { isTimeZone } from '../tenants/zone.ts';
import { asker, author } from './access.ts';
import type { ApiPorts, AuditEntry } from './ports.ts';
import { Problem } from './problems.ts';
import { fileOf } from './report-file.ts';
import { answer } from './reports.ts';
import { type Api, given, idSchema, iso, isoOrNull, nameSchema } from './shapes.ts';

const MOST_RECIPIENTS = 20;
const LONGEST_ADDRESS = 254;

const fields = {
  name: nameSchema,
  by: z.enum(reportSubjects),
  interval: z.enum(reportIntervals),
  channel: z.string().min(1).max(64).describe('As in reports: `voice`, …, `all`'),
  serviceLevel: z.enum(serviceLevelVariants),
  period: z.enum(periods).describe('The whole one before: sent every day, on Mondays, or on the first of the month'),
  at: z
    .string()
    .regex(/^(?:[01][0-9]|2[0-3]):[0-5][0-9]$/, 'a time of day, for example 07:30')
    .describe('By the clocks of the zone'),
  timeZone: z.string().max(64).refine(isTimeZone, 'a time zone, for example Asia/Shanghai'),
  format: z.enum(reportFormats),
  language: z.enum(['zh', 'en']),
  recipients: z.array(z.email().max(LONGEST_ADDRESS)).min(1).max(MOST_RECIPIENTS),
  enabled: z.boolean(),
};
const deliverySchema = z.object({
  deliveryId: z.string(),
  dueAt: z.string(),
  from: z.string(),
  to: z.string(),
  state: z.enum(['waiting', 'sent', 'failed']),
  attempts: z.number().int(),
  error: z.string().nullable().describe('Why the last try failed'),
  sentAt: z.string().nullable(),
});
const scheduleSchema = z.object({ scheduleId: z.string(), ...fields, nextAt: z.string().nullable(), last: deliverySchema.nullable() });
const params = z.strictObject({ scheduleId: idSchema });

const shownDelivery = ({ dueAt, from, to, sentAt, ...delivery }: ReportDelivery): z.infer<typeof deliverySchema> => ({
  ...delivery,
  ...{ dueAt: iso(dueAt), from: iso(from), to: iso(to), sentAt: isoOrNull(sentAt) },
});
const shown = ({ tenantId: _, nextAt, last, ...schedule }: ReportSchedule): z.infer<typeof scheduleSchema> => ({
  ...schedule,
  ...{ nextAt: schedule.enabled ? iso(nextAt) : null, last: last === null ? null : shownDelivery(last) },
});

/** A line of the audit trail about it. */
const told =
  (request: FastifyRequest, action: string, more: Partial<AuditEntry> = {}) =>
  (scheduleId: string): AuditEntry => ({ ...author(request), action, resource: `report-schedule/${scheduleId}`, ...more });

async function scheduleOf({ reportMail }: ApiPorts, tenantId: TenantId, scheduleId: string): Promise<ReportSchedule> {
  const schedule = await reportMail.get(tenantId, scheduleId);
  if (schedule === null) throw new Problem('not_found');
  return schedule;
}

function demandRecipients({ reportMail }: ApiPorts, recipients: readonly string[] | undefined): void {
  const refused = recipients === undefined ? null : reportMail.refusedRecipient(recipients);
  if (refused === null) return;
  const message = `${refused} may receive no reports: the server's settings (MAIL_TO_DOMAINS) allow ${reportMail.allowedDomains.join(', ')}`;
  throw new Problem('validation_failed', '', [{ at: 'body.recipients', message }]);
}

export function reportSchedules(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/report-schedules',
    {
      config: { action: 'report.schedule' },
      schema: {
        tags: ['reports'],
        summary: 'Reports that are sent by mail; and whether the server sends any (`mail`)',
        response: { 200: z.object({ mail: z.object({ configured: z.boolean(), from: z.string().nullable() }), items: z.array(scheduleSchema) }) },
      },
    },
    async (request) => ({ mail: ports.reportMail.mail, items: (await ports.reportMail.list(asker(request).tenantId)).map(shown) }),
  );
  make(app, ports);
  change(app, ports);
  send(app, ports);
}

function make(app: Api, ports: ApiPorts): void {
  const usual = { channel: fields.channel.default('voice'), serviceLevel: fields.serviceLevel.default(USUAL_VARIANT), enabled: fields.enabled.default(true) };
  app.post(
    '/api/v1/report-schedules',
    {
      config: { action: 'report.schedule' },
      schema: { tags: ['reports'], summary: 'Have a report sent by mail', body: z.strictObject({ ...fields, ...usual }), response: { 201: scheduleSchema } },
    },
    async (request, reply) => {
      demandRecipients(ports, request.body.recipients);
      const wish = told(request, 'report.schedule', { after: request.body });
      const made = await ports.reportMail.create(asker(request).tenantId, request.body, wish);
      if (made === null) throw new Problem('in_use', 'the tenant has 50 reports that are sent by mail: remove one first');
      reply.code(201);
      return shown(made);
    },
  );
}

function change(app: Api, ports: ApiPorts): void {
  app.patch(
    '/api/v1/report-schedules/:scheduleId',
    {
      config: { action: 'report.schedule' },
      schema: { tags: ['reports'], summary: 'Change it', params, body: z.strictObject(fields).partial(), response: { 200: scheduleSchema } },
    },
    async (request) => {
      const { tenantId } = asker(request);
      const before = await scheduleOf(ports, tenantId, request.params.scheduleId);
      demandRecipients(ports, request.body.recipients);
      const wish = given(request.body);
      const entry = told(request, 'report.reschedule', { before: shown(before), after: wish });
      const after = await ports.reportMail.change(tenantId, before.scheduleId, wish, entry);
      if (after === null) throw new Problem('not_found');
      return shown(after);
    },
  );
  app.delete(
    '/api/v1/report-schedules/:scheduleId',
    {
      config: { action: 'report.schedule' },
      schema: { tags: ['reports'], summary: 'Have it sent no more; what waits to be sent of it is not', params, response: { 204: z.null() } },
    },
    async (request, reply) => {
      const { tenantId } = asker(request);
      const before = await scheduleOf(ports, tenantId, request.params.scheduleId);
      await ports.reportMail.remove(tenantId, before.scheduleId, told(request, 'report.unschedule', { before: shown(before) }));
      return reply.code(204).send(null);
    },
  );
}

function send(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/report-schedules/:scheduleId/send',
    {
      config: { action: 'report.schedule' },
      schema: { tags: ['reports'], summary: 'Send now the one that would have been due last', params, response: { 202: deliverySchema } },
    },
    async (request, reply) => {
      const schedule = await scheduleOf(ports, asker(request).tenantId, request.params.scheduleId);
      if (!ports.reportMail.mail.configured)
        throw new Problem('conflict', 'the server sends no mail: its administrator sets SMTP_URL and MAIL_FROM, and starts it anew');
      const { recipients } = schedule;
      const delivery = await ports.reportMail.sendNow(schedule, told(request, 'report.send', { after: { recipients } }));
      reply.code(202);
      return shownDelivery(delivery);
    },
  );
  app.get(
    '/api/v1/report-schedules/:scheduleId/deliveries',
    {
      config: { action: 'report.schedule' },
      schema: {
        tags: ['reports'],
        summary: 'What became of the last hundred times, newest first; kept for 90 days',
        params,
        response: { 200: z.object({ items: z.array(deliverySchema) }) },
      },
    },
    async (request) => {
      const { scheduleId } = await scheduleOf(ports, asker(request).tenantId, request.params.scheduleId);
      return { items: (await ports.reportMail.deliveries(scheduleId)).map(shownDelivery) };
    },
  );
}

/** What is attached. Asked as a planner of the tenant would: figures of everybody, and nobody's personal data. Rejects while the database is away. */
export async function buildReport(ports: ApiPorts, { schedule, from, to }: ClaimedReport): Promise<BuiltReport> {
  const { tenantId, by, interval, channel, serviceLevel, timeZone, language, format } = schedule;
  try {
    const reader = { tenantId, language, role: 'planner' as const, agentId: null };
    const report = await answer(ports, reader, by, { interval, channel, serviceLevel, timeZone, from: iso(from), to: iso(to) });
    if (!report.complete) throw new Error('the database is away');
    const file = await fileOf(report, format);
    return { ok: true, ...file, serviceLevel: `${report.serviceLevel[language]} = ${report.serviceLevel.formula}` };
  } catch (error) {
    if (error instanceof Problem) return { ok: false, fault: error.errors?.map(({ message }) => message).join('; ') ?? error.message };
    throw error;
  }
}

/** Reports: what was counted, by queue, agent, team, number or disposition, in intervals of five minutes and longer; and the same of the day so far. */
import { z } from 'zod';
import { type AgentId, asId, type QueueId, type TenantId } from '../../kernel/ids.ts';
import { boundsOf, dayStart, reportIntervals } from '../ledger/calendar.ts';
import { definitions, serviceLevelDefinitions, serviceLevelVariants, USUAL_VARIANT, unknowable } from '../ledger/definitions.ts';
import { BASE_MS, startOf } from '../ledger/interval.ts';
import { callMeasures, handledMeasures, offerMeasures, ratingMeasures, timeMeasures, visitMeasures } from '../ledger/measures.ts';
import { discrepancies } from '../ledger/reconcile.ts';
import { type Filter, figuresOf, type Line, Report, type ReportSubject, reportSubjects, subjects, withoutRatings } from '../ledger/report.ts';
import { reportFormats } from '../report-mail/schedule.ts';
import { isPassing } from '../store/outage.ts';
import { isTimeZone } from '../tenants/zone.ts';
import { scopeOf } from '../users/user.ts';
import { asker } from './access.ts';
import type { ApiPorts, Identity } from './ports.ts';
import { Problem } from './problems.ts';
import { fileOf } from './report-file.ts';
import { type Api, given, idSchema, iso, timeSchema } from './shapes.ts';
import { settingsOf } from './tenant.ts';

/** Five minutes for a month, days for twenty years. */
const MOST_INTERVALS = 9_000;
const MOST_LINES = 50_000;
const DAY_MS = 86_400_000;
const LONGEST_RECONCILED_MS = 32 * DAY_MS;

const count = z.number();
const shareSchema = (name: keyof typeof definitions) =>
  z.number().nullable().describe(`${definitions[name].en} (${definitions[name].zh}): ${definitions[name].formula}`);
const counts = <Name extends string>(names: readonly Name[]): Record<Name, z.ZodNumber> =>
  Object.fromEntries(names.map((name) => [name, count])) as Record<Name, z.ZodNumber>;

/** Of the caller's rating an agent sees nothing: of her own least of all. */
const surveyMeasures = ['surveyed', 'rated', ...ratingMeasures] as const;
const isOfSurvey = (name: string): name is (typeof surveyMeasures)[number] => (surveyMeasures as readonly string[]).includes(name);
type ServedMeasure = Exclude<(typeof handledMeasures)[number], (typeof surveyMeasures)[number]>;
const servedMeasures = handledMeasures.filter((name): name is ServedMeasure => !isOfSurvey(name));
const ratingCounts = z.object(counts(surveyMeasures)).partial().shape;
const ratingFigures = {
  ...{ customerSatisfaction: shareSchema('customerSatisfaction').optional(), ratingRate: shareSchema('ratingRate').optional() },
  ...{ surveyRate: shareSchema('surveyRate').optional(), averageRating: shareSchema('averageRating').optional() },
};

/** Counts are contacts, offers or calls; names that end in Ms are ms; all others are shares from 0 to 1. null = nothing to work it out of. */
const lineSchema = z.object({
  start: z.string(),
  end: z.string(),
  /** Id of the queue or agent, name of the team, number, disposition; '' = none of them (a queue: she had it directly). */
  key: z.string(),
  /** For people, in the asker's language. */
  name: z.string().nullable(),
  contacts: z
    .object({
      ...counts(visitMeasures),
      offered: count.describe(definitions.offered.formula),
      blocked: count.describe(definitions.blocked.formula),
      serviceLevel: z.number().nullable().describe('By the variant and threshold that `serviceLevel` of the answer names'),
      ...{ answerRate: shareSchema('answerRate'), fifteenSecondRate: shareSchema('fifteenSecondRate') },
      ...{ abandonRate: shareSchema('abandonRate'), averageSpeedOfAnswerMs: shareSchema('averageSpeedOfAnswerMs') },
    })
    .optional(),
  handling: z
    .object({
      ...counts(servedMeasures),
      ...ratingCounts,
      ...{ averageHandleTimeMs: shareSchema('averageHandleTimeMs'), averageTalkMs: shareSchema('averageTalkMs') },
      ...{ averageHoldMs: shareSchema('averageHoldMs'), averageWrapUpMs: shareSchema('averageWrapUpMs'), transferRate: shareSchema('transferRate') },
      ...ratingFigures,
    })
    .optional(),
  time: z
    .object({
      ...counts(timeMeasures),
      ...{ signedInMs: count, busyMs: count, availableMs: count, occupancy: shareSchema('occupancy'), utilisation: shareSchema('utilisation') },
    })
    .optional(),
  offers: z.object({ ...counts(offerMeasures), ronaRate: shareSchema('ronaRate') }).optional(),
  calls: z.object({ ...counts(callMeasures), containment: shareSchema('containment') }).optional(),
});
export type ShownLine = z.infer<typeof lineSchema>;

const definitionSchema = z.object({ zh: z.string(), en: z.string(), formula: z.string(), unit: z.enum(['contacts', 'share', 'ms', 'rating']) });
const serviceLevelSchema = definitionSchema.extend({
  variant: z.enum(serviceLevelVariants),
  /** T of the formula: each queue has its own (`answerWithinMs`); null = several queues', or none. */
  withinMs: z.number().nullable(),
});
const reportSchema = z.object({
  by: z.enum(reportSubjects),
  interval: z.enum(reportIntervals),
  timeZone: z.string(),
  from: z.string(),
  to: z.string(),
  /** false: the database is away, and what is written already is not in it. */
  complete: z.boolean(),
  serviceLevel: serviceLevelSchema,
  items: z.array(lineSchema),
});
export type ShownReport = z.infer<typeof reportSchema>;

const zoneSchema = z.string().max(64).refine(isTimeZone, 'a time zone, for example Asia/Shanghai');
const shared = {
  timeZone: zoneSchema.optional().describe('Left out: the tenant’s'),
  serviceLevel: z.enum(serviceLevelVariants).default(USUAL_VARIANT),
  queueId: idSchema.optional(),
  agentId: idSchema.optional(),
  team: z.string().max(100).optional(),
  number: z.string().max(64).optional(),
  /** `voice`, `callback`, `internal`, `outbound`, or a channel in writing; `all` = all of them. */
  channel: z.string().max(64).default('voice'),
};
const reportQuery = z.strictObject({
  ...shared,
  interval: z.enum(reportIntervals).default('day'),
  /** Left out: the day so far. To five minutes. */
  from: timeSchema.optional(),
  to: timeSchema.optional(),
  format: z.enum(['json', ...reportFormats]).default('json'),
});
type Query = z.infer<typeof reportQuery>;
/** Who asks; a schedule asks as a planner of its tenant. */
export type Reader = Pick<Identity, 'tenantId' | 'role' | 'language' | 'agentId' | 'teams' | 'scopes'>;
const params = z.strictObject({ by: z.enum(reportSubjects) });

export function reports(app: Api, ports: ApiPorts): void {
  readDefinitions(app);
  readReconciliation(app, ports);
  app.get(
    '/api/v1/reports/:by',
    {
      config: { action: 'report.read' },
      schema: {
        tags: ['reports'],
        summary:
          'Figures by subject and interval, as JSON or as a file (CSV, xlsx); an agent reads her own (`agent`), a lead her teams’ (`agent`, `team`, `disposition`)',
        params,
        querystring: reportQuery,
        response: { 200: z.union([reportSchema, z.string().describe('The file, where `format` is csv or xlsx')]) },
      },
    },
    async (request, reply) => {
      const { format, ...query } = request.query;
      const report = await answer(ports, asker(request), request.params.by, query);
      if (!report.complete) throw new Problem('unavailable');
      if (format === 'json') return report;
      const file = await fileOf(report, format);
      // The type of the answer tells of its JSON; bytes go as they are.
      return reply
        .header('content-disposition', `attachment; filename="${file.name}"`)
        .type(file.type)
        .send(file.content as never);
    },
  );
  app.get(
    '/api/v1/figures/:by',
    {
      config: { action: 'report.read' },
      schema: {
        tags: ['reports'],
        summary: 'Live figures: the day so far in the time zone, by the same counts and definitions as the reports',
        params,
        querystring: z.strictObject(shared),
        response: { 200: reportSchema },
      },
    },
    async (request) => answer(ports, asker(request), request.params.by, { ...request.query, interval: 'total' }),
  );
}

function readDefinitions(app: Api): void {
  const words = z.object({ zh: z.string(), en: z.string() });
  app.get(
    '/api/v1/reports/definitions',
    {
      config: { action: 'report.read' },
      schema: {
        tags: ['reports'],
        summary: 'What each figure means: names, formulas, units; and which cannot be known here',
        response: {
          200: z.object({
            figures: z.record(z.string(), definitionSchema),
            serviceLevels: z.record(z.string(), definitionSchema),
            unknowable: z.record(z.string(), words.extend({ needs: z.string() })),
          }),
        },
      },
    },
    async () => ({ figures: definitions, serviceLevels: serviceLevelDefinitions, unknowable }),
  );
}

function readReconciliation(app: Api, ports: ApiPorts): void {
  const sums = z.record(z.string(), z.number());
  app.get(
    '/api/v1/reports/reconciliation',
    {
      config: { action: 'report.reconcile' },
      schema: {
        tags: ['reports'],
        summary: 'The sums of each five minutes, each counted in more than one way, and those that do not agree',
        querystring: z.strictObject({ from: timeSchema, to: timeSchema }),
        response: {
          200: z.object({
            intervals: z.number().int(),
            /** They agree in all intervals. */
            reconciled: z.boolean(),
            differences: z.array(z.object({ start: z.string(), what: z.string(), counts: sums })),
          }),
        },
      },
    },
    async (request) => {
      const { tenantId } = asker(request);
      const [from, to] = [Date.parse(request.query.from), Date.parse(request.query.to)];
      if (to <= from || to - from > LONGEST_RECONCILED_MS) throw invalid('to', 'behind `from`, and 32 days behind it at most');
      const memory = ports.ledger.memory(tenantId, from, to).map(({ arrivedAt, reconciliation }) => ({ start: arrivedAt, reconciliation }));
      const inMemory = new Set(memory.map(({ start }) => start));
      const written = (await ports.ledger.intervals(tenantId, from, to)).filter(({ start }) => !inMemory.has(start));
      const all = [...written, ...memory];
      const differences = all.flatMap(({ start, reconciliation }) => discrepancies(reconciliation).map((found) => ({ start: iso(start), ...found })));
      return { intervals: all.length, reconciled: differences.length === 0, differences };
    },
  );
}

const invalid = (name: string, message: string): Problem => new Problem('validation_failed', '', [{ at: `querystring.${name}`, message }]);

/** Throws Problem. */
export async function answer(ports: ApiPorts, user: Reader, by: ReportSubject, query: Omit<Query, 'format'>): Promise<ShownReport> {
  const { interval, serviceLevel: variant, timeZone = settingsOf(ports, user.tenantId).timeZone } = query;
  const filter = filterOf(user, by, query);
  const { from, to } = span(ports.clock.now(), { ...query, timeZone });
  const bounds = boundsOf(interval, timeZone, from, to, MOST_INTERVALS);
  if (bounds === null) throw invalid('interval', `that would be more than ${MOST_INTERVALS} intervals: ask for longer ones or for less time`);
  const { lines, complete } = await collect(ports, user.tenantId, by, bounds, filter);
  const nameOf = namer(ports, user, by);
  const sees = scopeOf(user, 'report.read') !== 'own';
  return {
    ...{ by, interval, timeZone, from: iso(from), to: iso(to), complete },
    serviceLevel: { variant, ...serviceLevelDefinitions[variant], withinMs: withinMs(ports, filter) },
    items: lines.map((line): ShownLine => {
      const [start = from, end = to] = [bounds[line.bin], bounds[line.bin + 1]];
      const figures = figuresOf(line, variant);
      const shown = sees || figures.handling === undefined ? figures : { ...figures, handling: withoutRatings(figures.handling) };
      return { start: iso(start), end: iso(end), key: line.key, name: nameOf(line.key), ...shown };
    }),
  };
}

/** Whole intervals: the one in which `to` lies is in it. */
function span(now: number, { from, to, timeZone, interval }: Pick<Query, 'from' | 'to' | 'interval'> & { timeZone: string }): { from: number; to: number } {
  const until = to === undefined ? now : Date.parse(to);
  const since = from === undefined ? dayStart(timeZone, Math.min(until, now)) : Date.parse(from);
  const rounded = { from: startOf(since), to: startOf(until - 1) + BASE_MS };
  if (rounded.to <= rounded.from) throw invalid('to', 'behind `from`');
  if (interval === 'total' && rounded.to - rounded.from > 3_660 * DAY_MS) throw invalid('to', 'ten years at most');
  return rounded;
}

/** Subjects of whose rows each is of a team. */
const ofTeams: readonly ReportSubject[] = ['agent', 'team', 'disposition'];

function filterOf(user: Reader, by: ReportSubject, { queueId, agentId, team, number, channel }: Omit<Query, 'format'>): Filter {
  const scope = scopeOf(user, 'report.read');
  const teams = scope === 'team' && user.teams !== undefined && user.teams.length > 0 && agentId !== user.agentId ? user.teams : undefined;
  // Of what has no team in its rows, nobody can say which part is hers.
  if (teams !== undefined && (!ofTeams.includes(by) || (team !== undefined && !teams.includes(team)))) throw new Problem('forbidden');
  const own = scope === 'all' || teams !== undefined ? undefined : user.agentId;
  // Of her own alone: no other subject is hers.
  if (own !== undefined && (by !== 'agent' || own === null || (agentId !== undefined && agentId !== own))) throw new Problem('forbidden');
  const asked = own ?? (agentId === undefined ? undefined : asId<AgentId>(agentId));
  const queue = queueId === undefined ? undefined : asId<QueueId>(queueId);
  return given({ queueId: queue, agentId: asked, team: team ?? teams, number, channel: channel === 'all' ? undefined : channel });
}

/** From the database, and what is still in memory in place of what may be there. */
async function collect(
  ports: ApiPorts,
  tenantId: TenantId,
  by: ReportSubject,
  bounds: readonly number[],
  filter: Filter,
): Promise<{ lines: Line[]; complete: boolean }> {
  const { key, sources } = subjects[by];
  const report = new Report(by, bounds);
  const memory = ports.ledger.memory(tenantId, bounds[0] ?? 0, bounds.at(-1) ?? 0);
  const except = memory.map(({ arrivedAt }) => arrivedAt);
  let complete = true;
  try {
    const asked = { tenantId, bounds, by: key === null ? [] : [key], filter, except, limit: MOST_LINES + 1 };
    const found = await Promise.all(sources.map(({ table }) => ports.ledger.sums({ ...asked, table })));
    for (const [at, rows] of found.entries()) report.addSums(sources[at]?.groups ?? [], rows);
  } catch (error) {
    if (!isPassing(error)) throw error;
    complete = false;
  }
  for (const record of memory) report.addRecord(record, filter);
  if (report.size > MOST_LINES) throw invalid('interval', `that would be more than ${MOST_LINES} lines: ask for longer intervals, or for one ${by}`);
  return { lines: report.lines(), complete };
}

function namer({ directory }: ApiPorts, { tenantId, language }: Reader, by: ReportSubject): (key: string) => string | null {
  if (by === 'agent') return (key) => directory.agent(asId<AgentId>(key))?.name ?? null;
  if (by === 'queue') return (key) => directory.queue(asId<QueueId>(key))?.name[language] ?? null;
  if (by === 'tenant') return () => directory.tenants().find((tenant) => tenant.tenantId === tenantId)?.name ?? null;
  return () => null;
}

/** Of one queue, or of all where they have the same. */
function withinMs({ directory }: ApiPorts, { queueId }: Filter): number | null {
  const queue = queueId === undefined ? null : directory.queue(queueId);
  return queue?.answerWithinMs ?? null;
}

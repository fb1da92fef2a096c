/** First contact resolution: of whom was served, who came back within seven days. Counted of the calls' records, and told apart from what may still come back. */
import { z } from 'zod';
import { type AgentId, asId, type QueueId } from '../../kernel/ids.ts';
import { boundsOf, dayStart } from '../ledger/calendar.ts';
import { definitions, resolutionFigures } from '../ledger/definitions.ts';
import { keyOfSubject, type Resolution, type ResolutionSubject, resolutionMeasures, resolutionSubjects } from '../ledger/resolution.ts';
import type { ResolutionRow } from '../store/resolution.ts';
import { isTimeZone } from '../tenants/zone.ts';
import { asker } from './access.ts';
import type { ApiPorts, Identity } from './ports.ts';
import { Problem } from './problems.ts';
import { local, tableFile } from './report-file.ts';
import { agentsWithin } from './scope.ts';
import { type Api, given, idSchema, iso, timeSchema } from './shapes.ts';
import { settingsOf } from './tenant.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Of a day that nobody has asked for yet each contact is looked at. */
const LONGEST_MS = 93 * DAY_MS;
const USUAL_DAYS = 31;
const MOST_LINES = 50_000;

const count = z.number();
const figure = (name: keyof typeof definitions) =>
  z.number().nullable().describe(`${definitions[name].en} (${definitions[name].zh}): ${definitions[name].formula}`);
const lineSchema = z.object({
  start: z.string(),
  end: z.string(),
  /** Id of the queue or agent, name of the team, number, disposition; '' = none of them. */
  key: z.string(),
  name: z.string().nullable(),
  contacts: count.describe('Served by an agent, from a number that was shown'),
  pending: count.describe('Of these, those whose seven days are not over: they are in no figure'),
  resolved: count,
  repeated: count,
  ...{ repeated24h: count, repeated48h: count, repeated72h: count },
  ...{ firstContactResolution: figure('firstContactResolution'), repeatRate24h: figure('repeatRate24h') },
  ...{ repeatRate48h: figure('repeatRate48h'), repeatRate72h: figure('repeatRate72h') },
});
const answerSchema = z.object({
  by: z.enum(resolutionSubjects),
  interval: z.enum(['day', 'month', 'total']),
  timeZone: z.string(),
  from: z.string(),
  to: z.string(),
  items: z.array(lineSchema),
});
const querySchema = z.strictObject({
  interval: z.enum(['day', 'month', 'total']).default('day'),
  /** Left out: the last 31 days. To hours. */
  from: timeSchema.optional(),
  to: timeSchema.optional(),
  timeZone: z.string().max(64).refine(isTimeZone, 'a time zone, for example Asia/Shanghai').optional().describe('Left out: the tenant’s'),
  queueId: idSchema.optional(),
  agentId: idSchema.optional(),
  number: z.string().max(64).optional(),
  format: z.enum(['json', 'csv', 'xlsx']).default('json'),
});
type Query = z.infer<typeof querySchema>;
type Answer = z.infer<typeof answerSchema>;

export function resolution(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/reports/resolution/:by',
    {
      config: { action: 'report.read' },
      schema: {
        tags: ['reports'],
        summary:
          'First contact resolution by subject and day, as JSON or as a file (CSV, xlsx); an agent reads her own (`agent`), a lead her teams’ (`agent`, `team`)',
        params: z.strictObject({ by: z.enum(resolutionSubjects) }),
        querystring: querySchema,
        response: { 200: z.union([answerSchema, z.string().describe('The file, where `format` is csv or xlsx')]) },
      },
    },
    async (request, reply) => {
      const { by } = request.params;
      const found = await answer(ports, asker(request), by, request.query);
      const { format } = request.query;
      if (format === 'json') return found;
      const columns = Object.keys(lineSchema.shape) as (keyof Answer['items'][number])[];
      const rows = found.items.map((line) => columns.map((name) => (name === 'start' || name === 'end' ? local(found.timeZone, line[name]) : line[name])));
      const file = await tableFile(`resolution-${by}`, found, { header: columns, rows }, format);
      // The type of the answer tells of its JSON; bytes go as they are.
      return reply
        .header('content-disposition', `attachment; filename="${file.name}"`)
        .type(file.type)
        .send(file.content as never);
    },
  );
}

const invalid = (name: string, message: string): Problem => new Problem('validation_failed', '', [{ at: `querystring.${name}`, message }]);

async function answer(ports: ApiPorts, user: Identity, by: ResolutionSubject, query: Query): Promise<Answer> {
  const { interval, queueId, number, timeZone = settingsOf(ports, user.tenantId).timeZone } = query;
  const now = ports.clock.now();
  const to = hourAfter(query.to === undefined ? now : Date.parse(query.to));
  const from = query.from === undefined ? dayStart(timeZone, to - USUAL_DAYS * DAY_MS) : hourOf(Date.parse(query.from));
  if (to <= from || to - from > LONGEST_MS) throw invalid('to', 'behind `from`, and 93 days behind it at most');
  const bounds = boundsOf(interval, timeZone, from, to, LONGEST_MS / DAY_MS + 1) ?? [from, to];
  const agents = agentsFor(ports, user, by, query.agentId);
  const filter = given({ queueId: asOptional<QueueId>(queueId), agentId: asOptional<AgentId>(query.agentId), number });
  const rows = await ports.ledger.resolution({ tenantId: user.tenantId, bounds, by: keyOfSubject[by], filter, now, limit: MOST_LINES });
  const lines = new Map<string, { bin: number; key: string; sums: Resolution }>();
  for (const row of rows) if (agents === null || agents.has(row.key)) add(lines, row, by === 'team' ? teamOf(ports, row.key) : row.key);
  if (lines.size > MOST_LINES) throw invalid('interval', `that would be more than ${MOST_LINES} lines: ask for longer intervals, or for one ${by}`);
  const nameOf = namer(ports, user, by);
  const items = [...lines.values()]
    .sort((a, b) => a.bin - b.bin || (a.key < b.key ? -1 : 1))
    .map(({ bin, key, sums }) => {
      const span = { start: iso(bounds[bin] ?? from), end: iso(bounds[bin + 1] ?? to) };
      return { ...span, key, name: nameOf(key), ...sums, ...resolutionFigures(sums) };
    });
  return { by, interval, timeZone, from: iso(from), to: iso(to), items };
}

const hourOf = (at: number): number => at - (at % HOUR_MS);
const hourAfter = (at: number): number => hourOf(at - 1) + HOUR_MS;
const asOptional = <Id extends AgentId | QueueId>(id: string | undefined): Id | undefined => (id === undefined ? undefined : asId<Id>(id));

/** Whose contacts she sees; null = everybody's, by any subject. */
function agentsFor(ports: ApiPorts, user: Identity, by: ResolutionSubject, asked: string | undefined): ReadonlySet<string> | null {
  const all = agentsWithin(ports, user, 'report.read');
  if (all === null) return null;
  const within = new Set<string>(all);
  if (within.size === 0 || (by !== 'agent' && by !== 'team') || (asked !== undefined && !within.has(asked))) throw new Problem('forbidden');
  return within;
}

function add(lines: Map<string, { bin: number; key: string; sums: Resolution }>, row: ResolutionRow, key: string): void {
  const name = `${row.bin} ${key}`;
  const known = lines.get(name)?.sums;
  const sums = Object.fromEntries(resolutionMeasures.map((measure) => [measure, Number(row[measure]) + (known?.[measure] ?? 0)])) as Resolution;
  lines.set(name, { bin: row.bin, key, sums });
}

/** In which she is now. */
const teamOf = ({ directory }: ApiPorts, agentId: string): string => directory.agent(asId<AgentId>(agentId))?.team ?? '';

function namer({ directory }: ApiPorts, { tenantId, language }: Identity, by: ResolutionSubject): (key: string) => string | null {
  if (by === 'agent') return (key) => directory.agent(asId<AgentId>(key))?.name ?? null;
  if (by === 'queue') return (key) => directory.queue(asId<QueueId>(key))?.name[language] ?? null;
  if (by === 'tenant') return () => directory.tenants().find((tenant) => tenant.tenantId === tenantId)?.name ?? null;
  return () => null;
}

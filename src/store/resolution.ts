/** Who came back: counted of the calls' records, by one look into `calls_caller` a contact. A day that is final is counted once and kept. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { AgentId, QueueId, TenantId } from '../../kernel/ids.ts';
import { daysOf, isFinal, RESOLUTION_MS, type Resolution, resolutionMeasures } from '../ledger/resolution.ts';
import type { Database } from './schema.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Longest call, within which a repeat can begin at the latest. */
const LONGEST_CALL_MS = 4 * HOUR_MS;
/** Counted in one statement: thirty thousand contacts at most, and a statement has five seconds. */
const PIECE_MS = 2 * HOUR_MS;

const columns = { agentId: 'agent_id', queueId: 'queue_id', number: 'number', disposition: 'disposition' } as const;
type Name = keyof typeof columns;

export interface ResolutionAsked {
  tenantId: TenantId;
  /** Begins of the intervals, ascending, on whole hours; the last one is the end. */
  bounds: readonly number[];
  by: Name | null;
  filter: { agentId?: AgentId; queueId?: QueueId; number?: string };
  now: number;
  /** At most so many rows a piece. */
  limit: number;
}
export type ResolutionRow = Resolution & { bin: number; key: string };

const iso = (at: number): string => new Date(at).toISOString();

/** Sums by interval and key, in pieces; who puts them together adds them up. */
export async function resolutionSums(db: Kysely<Database>, asked: ResolutionAsked): Promise<ResolutionRow[]> {
  const { bounds, tenantId, now } = asked;
  const [from = 0, to = 0] = [bounds[0], bounds.at(-1)];
  const rows: ResolutionRow[] = [];
  for (const day of daysOf(from, to)) {
    const span = { from: Math.max(from, day), to: Math.min(to, day + DAY_MS) };
    if (isFinal(day, now)) {
      await keepDay(db, tenantId, day, now);
      rows.push(...(await sumsOf(sql`select * from resolution_hours where ${within(tenantId, span)}`, asked).execute(db)).rows);
    } else for (const piece of pieces(span)) rows.push(...(await sumsOf(countedOf(tenantId, piece, now), asked).execute(db)).rows);
  }
  return rows;
}

interface Span {
  from: number;
  to: number;
}

function pieces({ from, to }: Span): Span[] {
  const spans: Span[] = [];
  for (let at = from; at < to; at += PIECE_MS) spans.push({ from: at, to: Math.min(to, at + PIECE_MS) });
  return spans;
}

const within = (tenantId: TenantId, { from, to }: Span): RawBuilder<unknown> =>
  sql`tenant_id = ${tenantId} and start_at >= ${iso(from)} and start_at < ${iso(to)}`;

function sumsOf(counted: RawBuilder<unknown>, { bounds, by, filter, limit }: ResolutionAsked): RawBuilder<ResolutionRow> {
  const key = by === null ? sql`''` : sql.ref(columns[by]);
  const sums = resolutionMeasures.map((name) => sql`sum(${sql.ref(name)})::bigint as ${sql.ref(name)}`);
  const wanted = Object.entries(filter).flatMap(([name, value]) => (value === undefined ? [] : [sql`${sql.ref(columns[name as Name])} = ${value}`]));
  const begins = bounds.slice(0, -1).map(iso);
  return sql<ResolutionRow>`
    select width_bucket(start_at, ${begins}::timestamptz[]) - 1 as bin, ${key} as key, ${sql.join(sums)} from (${counted}) counted
    where ${wanted.length === 0 ? sql`true` : sql.join(wanted, sql` and `)} group by 1, 2 limit ${limit}
  `;
}

/** Counts what nobody has asked for yet of these days, before the calls they are counted of go. */
export async function keepResolution(db: Kysely<Database>, tenantId: TenantId, { from, to }: Span, now: number): Promise<void> {
  for (const day of daysOf(from, to)) if (isFinal(day, now)) await keepDay(db, tenantId, day, now);
}

/** Two that come to it at once: one counts, the other finds it done. */
async function keepDay(db: Kysely<Database>, tenantId: TenantId, day: number, now: number): Promise<void> {
  const name = iso(day).slice(0, 10);
  const known = await db.selectFrom('resolution_days').select('day').where('tenant_id', '=', tenantId).where('day', '=', name).executeTakeFirst();
  if (known !== undefined) return;
  await db.transaction().execute(async (trx) => {
    const { rows } = await sql`insert into resolution_days (tenant_id, day) values (${tenantId}, ${name}) on conflict do nothing returning day`.execute(trx);
    if (rows.length === 0) return;
    for (const piece of pieces({ from: day, to: day + DAY_MS })) await sql`insert into resolution_hours ${countedOf(tenantId, piece, now)}`.execute(trx);
  });
}

/** Rows as `resolution_hours` has them, of the contacts that came in these hours. The bounds of the repeats are said twice, so that months that hold none are not looked into. */
export function countedOf(tenantId: TenantId, span: Span, now: number): RawBuilder<unknown> {
  const [from, to, last] = [iso(span.from), iso(span.to), iso(span.to + LONGEST_CALL_MS + RESOLUTION_MS)];
  const week = `${RESOLUTION_MS / HOUR_MS} hours`;
  const over = sql`c.ended_at + ${week}::interval <= ${iso(now)}`;
  const repeated = (hours: number): RawBuilder<unknown> => sql`count(*) filter (where ${over} and r.at <= c.ended_at + ${`${hours} hours`}::interval)`;
  return sql`
    select c.tenant_id, date_trunc('hour', c.arrived_at, 'UTC') as start_at, c.agent_id, coalesce(c.queue_id, '') as queue_id, c.callee as number,
      coalesce(c.disposition, '') as disposition, count(*) as contacts, count(*) filter (where not ${over}) as pending,
      ${repeated(RESOLUTION_MS / HOUR_MS)} as repeated, ${repeated(24)} as repeated24h, ${repeated(48)} as repeated48h, ${repeated(72)} as repeated72h
    from calls c
    left join lateral (
      select n.arrived_at as at from calls n
      where n.tenant_id = c.tenant_id and n.caller = c.caller and n.arrived_at > c.ended_at and n.arrived_at <= c.ended_at + ${week}::interval
        and n.arrived_at >= ${from} and n.arrived_at < ${last} and n.direction = 'inbound'
        and (n.disposition is null or c.disposition is null or n.disposition = c.disposition)
      order by n.arrived_at limit 1
    ) r on true
    where c.tenant_id = ${tenantId} and c.arrived_at >= ${from} and c.arrived_at < ${to}
      and c.agent_id is not null and c.caller <> '' and c.direction in ('inbound', 'callback')
    group by 1, 2, 3, 4, 5, 6
  `;
}

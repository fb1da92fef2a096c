/** The ledger's intervals: written whole by whoever writes records, read as sums. */
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import { type AgentId, asId, type QueueId, type TenantId } from '../../kernel/ids.ts';
import { callMeasures, handledMeasures, offerMeasures, timeMeasures, visitMeasures, zero } from '../ledger/measures.ts';
import type { Reconciliation } from '../ledger/reconcile.ts';
import type { LedgerRecord, LedgerRows } from '../ledger/record.ts';
import { jsonOf } from './json.ts';
import type { Database } from './schema.ts';

const tables = {
  visits: { table: 'ledger_visits', names: ['queueId', 'number', 'channel'], measures: visitMeasures },
  handled: { table: 'ledger_handled', names: ['agentId', 'team', 'queueId', 'number', 'channel', 'disposition'], measures: handledMeasures },
  agents: { table: 'ledger_agents', names: ['agentId', 'team', 'queueId'], measures: [...timeMeasures, ...offerMeasures] },
  calls: { table: 'ledger_calls', names: ['number', 'channel'], measures: callMeasures },
} as const satisfies Record<keyof LedgerRows, { table: keyof Database; names: readonly string[]; measures: readonly string[] }>;
export type LedgerTable = keyof typeof tables;

/** Sums of an hour, by so many of the names. The first that has all that is asked for is read. */
const hours = {
  visits: [{ table: 'ledger_visits_hours', names: tables.visits.names }],
  handled: [
    { table: 'ledger_handled_agent_hours', names: ['agentId', 'team', 'queueId', 'channel'] },
    { table: 'ledger_handled_queue_hours', names: ['queueId', 'number', 'channel', 'disposition'] },
  ],
  agents: [{ table: 'ledger_agents_hours', names: tables.agents.names }],
  calls: [{ table: 'ledger_calls_hours', names: tables.calls.names }],
} as const satisfies Record<LedgerTable, readonly { table: keyof Database; names: readonly string[] }[]>;
const HOUR_MS = 3_600_000;
/** What is made ready for the database in one go, between calls. */
const ROWS_AT_ONCE = 500;
/** Of more hours in part it is quicker to read the five minutes alone. */
const MOST_TOUCHED = 50;
const hourOf = (at: number): number => at - (at % HOUR_MS);

const columnOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const iso = (at: number): string => new Date(at).toISOString();

/** Once in effect: the same record twice changes nothing, and an older one neither. */
export async function writeInterval(trx: Transaction<Database>, { tenantId, arrivedAt, revision, ledger, reconciliation }: LedgerRecord): Promise<void> {
  const start = iso(arrivedAt);
  const { rows } = await sql`
    insert into ledger_intervals (tenant_id, start_at, revision, reconciliation) values (${tenantId}, ${start}, ${revision}, ${jsonOf(reconciliation)}::jsonb)
    on conflict (tenant_id, start_at) do update set revision = excluded.revision, reconciliation = excluded.reconciliation
    where ledger_intervals.revision < excluded.revision
    returning revision
  `.execute(trx);
  if (rows.length === 0) return;
  for (const [name, { table, measures }] of Object.entries(tables)) {
    await sql`delete from ${sql.table(table)} where tenant_id = ${tenantId} and start_at = ${start}`.execute(trx);
    // One that an earlier version left in the spool lacks what is counted since.
    const counts = zero<string>(measures);
    const rows = ledger[name as LedgerTable].map((row): object => ({ ...counts, ...row }));
    for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
      const written = rows.slice(from, from + ROWS_AT_ONCE).map((row) => columnsOf(row, { tenant_id: tenantId, start_at: start }));
      // By name: a column that a later version has added keeps what it has by default.
      const columns = sql.join(Object.keys(written[0] ?? {}).map((column) => sql.ref(column)));
      await sql`insert into ${sql.table(table)} (${columns}) select ${columns} from jsonb_populate_recordset(null::${sql.table(table)}, ${jsonOf(written)}::jsonb)`.execute(
        trx,
      );
    }
  }
  await sumHours(trx, tenantId, hourOf(arrivedAt), hourOf(arrivedAt) + HOUR_MS);
}

const columnsKnown = new Map<string, string>();

function columnsOf(row: object, columns: Record<string, unknown>): Record<string, unknown> {
  for (const [name, value] of Object.entries(row)) {
    let column = columnsKnown.get(name);
    if (column === undefined) {
      column = columnOf(name);
      columnsKnown.set(name, column);
    }
    columns[column] = value;
  }
  return columns;
}

/** Makes the hours from `from` to `to` anew, of what there is of their five minutes. */
export async function sumHours(db: Kysely<Database>, tenantId: TenantId, from: number, to: number): Promise<void> {
  const within = sql`tenant_id = ${tenantId} and start_at >= ${iso(from)} and start_at < ${iso(to)}`;
  for (const [name, { table: base, measures }] of Object.entries(tables)) {
    for (const { table, names } of hours[name as LedgerTable]) {
      const keys = sql.join([sql`tenant_id`, ...names.map((key) => sql.ref(columnOf(key)))]);
      const columns = sql.join(measures.map((measure) => sql.ref(columnOf(measure))));
      await sql`delete from ${sql.table(table)} where ${within}`.execute(db);
      await sql`
        insert into ${sql.table(table)} (start_at, ${keys}, ${columns}) select date_trunc('hour', start_at), ${keys}, ${sql.join(measures.map(summed))} from ${sql.table(base)}
        where ${within} group by 1, ${keys}
      `.execute(db);
    }
  }
}

const summed = (measure: string): RawBuilder<unknown> => {
  const column = sql.ref(columnOf(measure));
  return measure === 'longestWaitMs' ? sql`max(${column})` : sql`sum(${column})`;
};

export interface LedgerFilter {
  queueId?: QueueId;
  agentId?: AgentId;
  /** One, or one of these. */
  team?: string | readonly string[];
  number?: string;
  channel?: string;
}

export interface SumsAsked {
  tenantId: TenantId;
  table: LedgerTable;
  /** Begins of the intervals, ascending; the last one is the end. */
  bounds: readonly number[];
  /** Column names by which rows are told apart, as measures.ts has them. */
  by: readonly string[];
  filter: LedgerFilter;
  /** Base intervals that are not to be counted. */
  except: readonly number[];
  /** At most so many rows. */
  limit: number;
}

/** Sums of every measure, an interval (`bin`: from 0) and key at a time. What a table has no column for is not filtered by. */
export async function ledgerSums(db: Kysely<Database>, asked: SumsAsked): Promise<(Record<string, string | number> & { bin: number })[]> {
  const { measures } = tables[asked.table];
  const { bounds, limit } = asked;
  const by = asked.by.map((name) => sql`${sql.ref(columnOf(name))}`);
  const keys = asked.by.map((name) => sql`${sql.ref(columnOf(name))} as ${sql.ref(name)}`);
  const sums = measures.map((name) => sql`${summed(name)}::bigint as ${sql.ref(name)}`);
  const inner = bounds.slice(0, -1).map(iso);
  const single = inner.length === 1;
  const bin = single ? sql`1` : sql`width_bucket(start_at, ${inner}::timestamptz[])`;
  const grouping = [...(single ? [] : [sql`1`]), ...by];
  const { rows } = await sql<Record<string, string | number> & { bin: number }>`
    select ${sql.join([sql`${bin} - 1 as bin`, ...keys, ...sums])} from (${rowsAsked(asked)}) counted
    ${grouping.length === 0 ? sql`having count(*) > 0` : sql`group by ${sql.join(grouping)}`}
    limit ${limit}
  `.execute(db);
  return rows;
}

/** Hours where whole ones are asked for; of those that are asked for in part, or hold an interval that is not to be counted, the five minutes. */
function rowsAsked({ table, bounds, tenantId, except, by, filter }: SumsAsked): RawBuilder<unknown> {
  const { table: base, names, measures } = tables[table];
  const filters = Object.entries(filter).filter(([name, value]) => value !== undefined && (names as readonly string[]).includes(name));
  const needed = [...by, ...filters.map(([name]) => name)];
  const columns = sql.join([sql`start_at`, ...[...new Set(needed), ...measures].map((name) => sql.ref(columnOf(name)))]);
  const [from = 0, to = 0] = [bounds[0], bounds.at(-1)];
  const select = (of: string, more: RawBuilder<unknown>[]): RawBuilder<unknown> => {
    const span = [sql`tenant_id = ${tenantId}`, sql`start_at >= ${iso(from)}`, sql`start_at < ${iso(to)}`];
    const equal = filters.map(([name, value]) => sql`${sql.ref(columnOf(name))} = any(${[value].flat()}::text[])`);
    return sql`select ${columns} from ${sql.table(of)} where ${sql.join([...span, ...equal, ...more], sql` and `)}`;
  };
  const but = (list: readonly number[]): RawBuilder<unknown>[] => (list.length === 0 ? [] : [sql`start_at <> all(${list.map(iso)}::timestamptz[])`]);
  const summary = hours[table].find((found) => needed.every((name) => (found.names as readonly string[]).includes(name)));
  const touched = [...new Set([...except, ...bounds.filter((bound) => bound % HOUR_MS !== 0)].map(hourOf))];
  if (summary === undefined || touched.length > MOST_TOUCHED) return select(base, but(except));
  if (touched.length === 0) return select(summary.table, []);
  const ranges = sql.join(
    touched.map((hour) => sql`(start_at >= ${iso(hour)} and start_at < ${iso(hour + HOUR_MS)})`),
    sql` or `,
  );
  return sql`${select(summary.table, but(touched))} union all ${select(base, [...but(except), sql`(${ranges})`])}`;
}

export interface LedgerInterval {
  start: number;
  revision: number;
  reconciliation: Reconciliation;
}

/** Oldest first. */
export async function ledgerIntervals(db: Kysely<Database>, tenantId: TenantId, from: number, to: number): Promise<LedgerInterval[]> {
  const rows = await db
    .selectFrom('ledger_intervals')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('start_at', '>=', new Date(from))
    .where('start_at', '<', new Date(to))
    .orderBy('start_at')
    .execute();
  return rows.map(({ start_at, revision, reconciliation }) => ({ start: start_at.getTime(), revision, reconciliation }));
}

/** All rows of one interval, as they were written. */
export async function ledgerRows(db: Kysely<Database>, tenantId: TenantId, start: number): Promise<LedgerRows> {
  const read = async (name: LedgerTable): Promise<unknown[]> => {
    const { table, names, measures } = tables[name];
    const columns = [...names, ...measures].map((column) => sql`${sql.ref(columnOf(column))} as ${sql.ref(column)}`);
    return (await sql`select ${sql.join(columns)} from ${sql.table(table)} where tenant_id = ${tenantId} and start_at = ${iso(start)}`.execute(db)).rows;
  };
  const [visits, handled, agents, calls] = await Promise.all([read('visits'), read('handled'), read('agents'), read('calls')]);
  return { visits, handled, agents, calls } as LedgerRows;
}

export interface CallsCounted {
  start: number;
  /** Of calls. */
  records: number;
  /** By the ledger, as it was written last: calls that arrived and were over, and those that were up. */
  over: number;
  open: number;
}

/**
 * Intervals in which there are not as many records of calls as the ledger has counted, oldest first; of those that the ledger knows. A call has its record when it is over, and
 * the interval in which it arrived is written again at the end of the one in which that was: until then calls that were up may or may not have theirs.
 */
export async function unequalCalls(db: Kysely<Database>, tenantId: TenantId, from: number, to: number): Promise<CallsCounted[]> {
  const { rows } = await sql<Omit<CallsCounted, 'start'> & { start: Date }>`
    with counted as (
      select date_bin('5 minutes', arrived_at, 'epoch') as start_at, count(*) as n from calls
      where tenant_id = ${tenantId} and arrived_at >= ${iso(from)} and arrived_at < ${iso(to)} group by 1
    ), known as (
      select i.start_at, coalesce(sum(c.arrived - c.open), 0)::bigint as over, coalesce(sum(c.open), 0)::bigint as open from ledger_intervals i
      left join ledger_calls c on c.tenant_id = i.tenant_id and c.start_at = i.start_at
      where i.tenant_id = ${tenantId} and i.start_at >= ${iso(from)} and i.start_at < ${iso(to)} group by 1
    )
    select known.start_at as start, coalesce(counted.n, 0) as records, known.over, known.open from known left join counted using (start_at)
    where coalesce(counted.n, 0) not between known.over and known.over + known.open order by 1
  `.execute(db);
  return rows.map(({ start, ...counts }) => ({ start: start.getTime(), ...counts }));
}

/** Tenants of which something was counted. */
export async function ledgerTenants(db: Kysely<Database>, from: number, to: number): Promise<TenantId[]> {
  const found = db.selectFrom('ledger_intervals').select('tenant_id').distinct().where('start_at', '>=', new Date(from)).where('start_at', '<', new Date(to));
  return (await found.orderBy('tenant_id').execute()).map(({ tenant_id }) => asId<TenantId>(tenant_id));
}

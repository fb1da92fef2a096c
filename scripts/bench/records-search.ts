/**
 * `npm run bench -- records --searches [--calls N]`: what the consoles ask of the records of calls, on N generated ones of a year (10 million unless told otherwise):
 * p95 in ms of each search, and whether PostgreSQL reads a whole table for it, which it must not; then who came back (first contact resolution), a day that
 * nobody asked about before, one that is kept, a month of kept ones, and the last seven days, which are counted each time.
 */
import { sql } from 'kysely';
import { systemClock as clock } from '../../kernel/clock.ts';
import { type AgentId, asId, type QueueId, type TenantId } from '../../kernel/ids.ts';
import { type CallFilter, callsQuery, listCalls } from '../../src/store/calls.ts';
import { resolutionSums } from '../../src/store/resolution.ts';
import type { Store } from '../../src/store/store.ts';
import { quantile, round } from './figures.ts';

const TENANT = asId<TenantId>('bench');
const CALLS = 10_000_000;
const DAYS = 365;
const FIRST_DAY = Date.parse('2025-12-01T00:00:00Z');
const DAY_MS = 86_400_000;
const PIECE = 50_000;
const ASKED_TIMES = 20;
const PAGE = 50;
const MOST_ROWS = 50_000;
const QUEUES = 60;
const AGENTS = 3_000;
const CALLERS = 2_000_000;

export async function benchSearches(store: Store, calls = CALLS): Promise<object> {
  const startedAt = clock.now();
  await sql`select ensure_call_months(${new Date(FIRST_DAY).toISOString().slice(0, 10)}::date, 13)`.execute(store.db);
  for (let from = 0; from < calls; from += PIECE) await generateCalls(store, from, Math.min(PIECE, calls - from), calls);
  const { rows: parts } = await sql<{ name: string }>`select inhrelid::regclass::text as name from pg_inherits where inhparent = 'calls'::regclass`.execute(
    store.db,
  );
  await store.db.transaction().execute(async (trx) => {
    await sql`set local statement_timeout = '5min'`.execute(trx);
    for (const { name } of parts) await sql`analyze ${sql.table(name)}`.execute(trx);
  });
  const generatedSeconds = round((clock.now() - startedAt) / 1000, 1);
  const found: Record<string, { p95Ms: number; rows: number; readsAll: boolean }> = {};
  for (const [name, filterOf] of Object.entries(searches)) found[name] = await ask(store, filterOf);
  if (Object.values(found).some(({ readsAll }) => readsAll)) process.exitCode = 1;
  return { calls, days: DAYS, generatedSeconds, searches: found, resolution: await askWhoCameBack(store) };
}

const at = (n: number): number => FIRST_DAY + ((n * 37) % DAYS) * DAY_MS;
const number = (n: number): string => `+86138${String((n * 7_919) % CALLERS).padStart(8, '0')}`;

/** What differs from one asking to the next is another caller, day or agent. */
const searches: Record<string, (n: number) => Omit<CallFilter, 'tenantId'>> = {
  newest: () => ({}),
  'a day': (n) => ({ from: at(n), until: at(n) + DAY_MS }),
  'a caller': (n) => ({ caller: number(n) }),
  'last four digits': (n) => ({ callerEnds: number(n).slice(-4) }),
  'an agent': (n) => ({ agentId: asId<AgentId>(`bench:${n + 1}`) }),
  'agents of a team, a week': (n) => ({
    agentIds: Array.from({ length: 20 }, (_, of) => asId<AgentId>(`bench:${n * 20 + of + 1}`)),
    ...{ from: at(n), until: at(n) + 7 * DAY_MS },
  }),
  'a queue': (n) => ({ queueId: asId<QueueId>(`bench:q${n}`) }),
  'a queue that had none for half a year': () => ({ queueId: asId<QueueId>('bench:old') }),
  'a disposition': (n) => ({ disposition: `d${n % 12}` }),
  'not content': () => ({ rating: { from: 4, to: 5 } }),
  'an order attached': (n) => ({ data: { orderId: String(n * 4_711) } }),
  'abandoned, a day': (n) => ({ cause: 'abandoned', from: at(n), until: at(n) + DAY_MS }),
};

async function ask({ db }: Store, filterOf: (n: number) => Omit<CallFilter, 'tenantId'>): Promise<{ p95Ms: number; rows: number; readsAll: boolean }> {
  const found = await timed(async (n) => (await listCalls(db, { ...filterOf(n), tenantId: TENANT }, PAGE, null)).calls);
  return { ...found, readsAll: await readsAll(db, { ...filterOf(1), tenantId: TENANT }) };
}

async function askWhoCameBack({ db }: Store): Promise<Record<string, { p95Ms: number; rows: number }>> {
  const now = clock.now();
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  const sums = (from: number, days: number): Promise<readonly unknown[]> => {
    const bounds = Array.from({ length: days + 1 }, (_, day) => from + day * DAY_MS);
    return resolutionSums(db, { tenantId: TENANT, bounds, by: 'queueId', filter: {}, now, limit: MOST_ROWS });
  };
  const past = (n: number): number => FIRST_DAY + (30 + n) * DAY_MS;
  return {
    'a day, asked for first': await timed((n) => sums(past(n), 1)),
    'a day that is kept': await timed((n) => sums(past(n), 1)),
    'a month that is kept': await timed(() => sums(past(0), 30), { before: 1 }),
    'the last seven days': await timed(() => sums(today - 6 * DAY_MS, 7)),
  };
}

async function timed(work: (n: number) => Promise<readonly unknown[]>, { before = 0 } = {}): Promise<{ p95Ms: number; rows: number }> {
  const took: number[] = [];
  let rows = 0;
  for (let n = -before; n < ASKED_TIMES; n += 1) {
    const from = performance.now();
    rows = (await work(n)).length;
    if (n >= 0) took.push(performance.now() - from);
  }
  took.sort((a, b) => a - b);
  return { p95Ms: round(quantile(took, 0.95), 1), rows };
}

/** By the plan of the very statement: a month read from end to end. One that is empty yet is read so, and costs nothing. */
async function readsAll(db: Store['db'], filter: CallFilter): Promise<boolean> {
  const [explained] = await callsQuery(db, filter, null).limit(PAGE).explain<{ 'QUERY PLAN': { Plan: PlanNode }[] }>('json');
  return nodesOf(explained?.['QUERY PLAN'][0]?.Plan).some((node) => node['Node Type'] === 'Seq Scan' && node['Total Cost'] > COST_OF_A_MONTH);
}

/** In PostgreSQL's unit, a page read: a month of ten million calls a year costs a hundred times as much. */
const COST_OF_A_MONTH = 1_000;

interface PlanNode {
  'Node Type': string;
  'Total Cost': number;
  Plans?: PlanNode[];
}
const nodesOf = (node: PlanNode | undefined): PlanNode[] => (node === undefined ? [] : [node, ...(node.Plans ?? []).flatMap(nodesOf)]);

/** The rows as the writer would have made them, in pieces. */
export async function generateCalls({ db }: Store, from: number, count: number, of: number): Promise<void> {
  const spanSeconds = (DAYS * DAY_MS) / 1000;
  await db.transaction().execute(async (trx) => {
    await sql`set local synchronous_commit = off`.execute(trx);
    await sql`set local statement_timeout = '5min'`.execute(trx);
    await sql`
      insert into calls (call_id, arrived_at, revision, tenant_id, caller, caller_raw, callee, callee_raw, trunk, sip_call_id, answered_at, agent_answered_at, ended_at, cause, ended_by,
        language, auth_level, queue_id, agent_id, queue_wait_ms, ring_ms, talk_ms, hold_ms, wrap_up_ms, disposition, ivr_path, queues, offers, agents, data, rating)
      select 'b-' || lpad(n::text, 12, '0'), arrived, 1, ${TENANT}, caller, caller, '10086', '10086', 'carrier', 'sip-' || n, arrived, case when served then arrived + interval '20 s' end,
        arrived + interval '200 s', case when served then 'normal' else 'abandoned' end, 'far_end', 'zh', 1,
        case when n < ${Math.floor(of / 2)} and n % 997 = 0 then 'bench:old' else 'bench:q' || n % ${QUEUES}::int end, case when served then 'bench:' || n % ${AGENTS}::int end,
        12000, 4000, 150000, 5000, 25000, case when served then 'd' || n % 12 end, '{main,main-menu,agent}',
        jsonb_build_array(jsonb_build_object('queueId', 'bench:q' || n % ${QUEUES}::int, 'exit', 'answered', 'waitMs', 12000)), '[]', '[]',
        jsonb_build_object('topic', 't' || n % 20, 'orderId', n::text), case when n % 20 = 0 then 1 + (n / 20) % 5 end
      from (
        select n, n % 20 <> 7 as served, to_timestamp(${FIRST_DAY / 1000}::float8 + n * (${spanSeconds}::float8 / ${of}::float8)) as arrived,
          '+86138' || lpad(((n * 7919) % ${CALLERS})::text, 8, '0') as caller
        from generate_series(${from}::bigint, ${from + count - 1}::bigint) n) made
    `.execute(trx);
  });
}

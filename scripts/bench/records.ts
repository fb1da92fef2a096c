/**
 * `npm run bench -- records [--calls N] [--agents N] [--seconds N]`: what records and reports cost. The journal's append and fsync on this disk; records of calls a second
 * through the writer into an embedded PostgreSQL (`--writer`); the whole server, whose application is killed in mid-call (`--kill` = that alone; `--journal`: the journal),
 * and whose database is away for a minute (`--away`); what consoles search (`--searches`, ten million calls unless told otherwise); how long a restore takes (`--restore`); and reports (`--reports`) over a month of N generated calls (as intervals of the ledger), each asked for several times.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { systemClock as clock, pause } from '../../kernel/clock.ts';
import { asId, type CallId, type TenantId } from '../../kernel/ids.ts';
import { silentLog as log } from '../../kernel/log.ts';
import type { CallRecord } from '../../src/cdr/record.ts';
import { Spool } from '../../src/cdr/spool.ts';
import { CdrWriter } from '../../src/cdr/writer.ts';
import { boundsOf, type ReportInterval } from '../../src/ledger/calendar.ts';
import { BASE_MS } from '../../src/ledger/interval.ts';
import { Report, type ReportSubject, subjects } from '../../src/ledger/report.ts';
import { ledgerSums, sumHours } from '../../src/store/ledger.ts';
import { recordWriter } from '../../src/store/records.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { records } from '../../test/cdr/records.ts';
import { quantile, round } from './figures.ts';
import { benchAway } from './records-away.ts';
import { benchJournal } from './records-journal.ts';
import { benchKill } from './records-kill.ts';
import { benchRestore } from './records-restore.ts';
import { benchSearches } from './records-search.ts';

const TENANT = asId<TenantId>('bench');
const CALLS = 1_000_000;
const AGENTS = 1_000;
const QUEUES = 60;
const DAYS = 30;
const SHIFT_HOURS = 8;
const FIRST_DAY = Date.parse('2026-04-30T16:00:00Z');
const DAY_MS = 86_400_000;
const ASKED_TIMES = 7;
const TABLES = [
  'ledger_agents',
  'ledger_handled',
  'ledger_visits',
  'ledger_agents_hours',
  'ledger_handled_agent_hours',
  'ledger_handled_queue_hours',
  'ledger_visits_hours',
];
/** Four hours. */
const PIECE_INTERVALS = 48;
const MOST_LINES = 50_000;

interface Options {
  /** The killing part alone. */
  kill?: boolean;
  /** The part without a database alone. */
  away?: boolean;
  /** The journal alone. */
  journal?: boolean;
  /** What consoles search in the records alone. */
  searches?: boolean;
  /** A backup and its restore alone. */
  restore?: boolean;
  /** Records of calls into PostgreSQL alone. */
  writer?: boolean;
  /** Reports on generated intervals alone. */
  reports?: boolean;
  seconds: number;
  calls?: number;
  agents?: number;
}

export async function run({
  seconds,
  calls,
  agents = AGENTS,
  kill = false,
  away = false,
  journal = false,
  writer = false,
  searches = false,
  restore = false,
  reports = false,
}: Options): Promise<object> {
  if (kill) return benchKill();
  if (away) return benchAway();
  const dataDir = mkdtempSync(join(tmpdir(), 'huawu-bench-records-'));
  // Below root the database runs as another user, who must be able to reach its folder.
  chmodSync(dataDir, 0o711);
  try {
    if (restore) return await benchRestore(dataDir, calls);
    if (searches) return await withStore(dataDir, (store) => benchSearches(store, calls));
    if (journal) return await benchJournal(dataDir, seconds);
    if (writer) return await withStore(dataDir, (store) => benchWriter(store, dataDir, seconds));
    if (reports) return await withStore(dataDir, (store) => benchReports(store, calls ?? CALLS, agents));
    const killed = { kill: await benchKill(), away: await benchAway() };
    const appended = await benchJournal(dataDir, Math.min(10, seconds / 4));
    return await withStore(dataDir, async (store) => {
      const cdr = await benchWriter(store, dataDir, Math.min(15, seconds / 3));
      return { ...killed, ...appended, ...cdr, ...(await benchReports(store, calls ?? CALLS, agents)) };
    });
  } finally {
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

async function withStore(dataDir: string, work: (store: Store) => Promise<object>): Promise<object> {
  const store = await openStore({ dataDir, log, clock });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function benchWriter(store: Store, dataDir: string, seconds: number): Promise<object> {
  const writer = new CdrWriter({ write: recordWriter(store.db), spool: new Spool(join(dataDir, 'spool-bench'), 1024 * 1024 * 1024), clock, log });
  const batch: readonly CallRecord[] = records(1_000, FIRST_DAY, 'w');
  const startedAt = clock.now();
  let given = 0;
  for (let round = 0; clock.now() - startedAt < seconds * 1000; round += 1) {
    for (const record of batch) {
      const callId = asId<CallId>(`${record.callId}-${round}`);
      const legs = record.legs.map((leg, n) => ({ ...leg, legId: asId<typeof leg.legId>(`${callId}.${n}`) }));
      writer.accept({ type: 'writeCdr', record: { ...record, callId, legs, recordings: [] } });
    }
    given += batch.length;
    // What is not written yet stays below what goes to disk.
    while (writer.counts.unwritten > 2_000) await pause(clock, 5);
  }
  await writer.drained(60_000);
  const ran = (clock.now() - startedAt) / 1000;
  await writer.close(0);
  const { legs } = { legs: (batch[0]?.legs.length ?? 0) * given };
  return { callRecordsPerSecond: Math.round(given / ran), cdrRowsPerSecond: Math.round((given + legs) / ran) };
}

/** A month of a tenant whose agents work eight hours a day, three shifts: the ledger's rows as they would have been written. */
async function generate(store: Store, calls: number, agents: number): Promise<number> {
  const startedAt = clock.now();
  const perAgentInterval = calls / (agents * DAYS * SHIFT_HOURS * 12);
  // In pieces that each take less time than any statement is given.
  for (let piece = 0; piece < DAYS * 288; piece += PIECE_INTERVALS) await generatePiece(store, perAgentInterval, agents, piece);
  for (const table of TABLES) await sql`analyze ${sql.table(table)}`.execute(store.db);
  return round((clock.now() - startedAt) / 1000, 1);
}

async function generatePiece(store: Store, perAgentInterval: number, agents: number, from: number): Promise<void> {
  const intervals = sql`generate_series(${from}::int, ${from + PIECE_INTERVALS - 1}::int) i`;
  const within = sql`start_at >= to_timestamp(${FIRST_DAY / 1000 + from * 300}) and start_at < to_timestamp(${FIRST_DAY / 1000 + (from + PIECE_INTERVALS) * 300})`;
  await store.db.transaction().execute(async (db) => {
    await sql`set local synchronous_commit = off`.execute(db);
    const start = sql`to_timestamp(${FIRST_DAY / 1000}) + i * interval '5 minutes'`;
    await sql`
      insert into ledger_agents select ${TENANT}, ${start}, 'bench:' || a, 'team' || a % 20, q.queue, case when q.queue = '' then 90000 else 0 end, 0,
        case when q.queue = '' then 0 else 3000 end, 0, case when q.queue = '' then 0 else 150000 + (a * 7 + i) % 20000 end, 5000, 0, case when q.queue = '' then 0 else 30000 end,
        case when q.queue = '' then 12000 else 0 end, 0, '{"break": 12000}', 1, 1, 0, 0, 0, 0, 0, 0
      from ${intervals}, generate_series(1, ${agents}::int) a, lateral (values (''), ('bench:q' || a % ${QUEUES}::int)) q(queue)
      where (i / 96) % 3 = a % 3
    `.execute(db);
    await sql`
      insert into ledger_handled select ${TENANT}, ${start}, 'bench:' || a, 'team' || a % 20, 'bench:q' || a % ${QUEUES}::int, '1008' || (a + i) % 5, 'voice', 'd' || (a * 13 + i) % 12,
        n, n, n * (120000 + (i * 31 + a) % 90000), n * 9000, n * 25000, (a + i) % 2
      from (select i, a, floor(${perAgentInterval}::float8 + random())::int as n from ${intervals}, generate_series(1, ${agents}::int) a where (i / 96) % 3 = a % 3) drawn
      where n > 0
    `.execute(db);
    await sql`
      insert into ledger_visits (tenant_id, start_at, queue_id, number, channel, entered, waiting, answered, abandoned, short_abandoned, timed_out, no_agents, closed, overflowed, left_by_key,
        transferred, otherwise, "full", dissuaded, refused_closed, refused_no_agents, answered_within, abandoned_within, answered_within15, abandoned_within15, answer_wait_ms, abandon_wait_ms, longest_wait_ms)
      select tenant_id, start_at, queue_id, number, 'voice', sum(handled) + 1, 0, sum(handled), 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, sum(handled) * 8 / 10, 0, sum(handled) * 7 / 10, 0, sum(handled) * 11000, 40000, 60000
      from ledger_handled where tenant_id = ${TENANT} and ${within} group by 1, 2, 3, 4
    `.execute(db);
    await sql`
      insert into ledger_calls (tenant_id, start_at, number, channel, arrived, open, served, abandoned, short_abandoned, unserved, callback_kept, contained, left_in_ivr, refused, internal)
      select tenant_id, start_at, number, 'voice', sum(entered) * 3, 0, sum(answered), sum(abandoned), 0, 0, 0, sum(entered) * 2, 0, 0, 0 from ledger_visits where tenant_id = ${TENANT} and ${within} group by 1, 2, 3
    `.execute(db);
    await sumHours(db, TENANT, FIRST_DAY + from * BASE_MS, FIRST_DAY + (from + PIECE_INTERVALS) * BASE_MS);
  });
}

async function benchReports(store: Store, calls: number, agents: number): Promise<object> {
  const generatedSeconds = await generate(store, calls, agents);
  return { calls, agents, days: DAYS, generatedSeconds, reports: await askReports(store) };
}

/** p95 in ms of each report as the API asks for it, and how many lines it has. */
async function askReports(store: Store): Promise<Record<string, { p95Ms: number; lines: number } | { failed: string }>> {
  const asked: [ReportSubject, ReportInterval, number][] = [
    ...([
      ['queue', '15min', 1],
      ['queue', 'day', DAYS],
      ['queue', 'total', DAYS],
      ['agent', '30min', 1],
      ['agent', 'day', 7],
      ['agent', 'total', DAYS],
    ] as const),
    ...([
      ['team', 'day', DAYS],
      ['tenant', '5min', 1],
      ['tenant', 'day', DAYS],
      ['number', 'day', DAYS],
      ['disposition', 'total', DAYS],
    ] as const),
  ] as [ReportSubject, ReportInterval, number][];
  const found: Record<string, { p95Ms: number; lines: number } | { failed: string }> = {};
  for (const [by, interval, days] of asked) {
    const name = `${by} ${interval} ${days}d`;
    try {
      const took: number[] = [];
      let lines = 0;
      for (let n = 0; n < ASKED_TIMES; n += 1) {
        // Another day each time where it is not the whole month.
        const from = FIRST_DAY + (days === DAYS ? 0 : n * DAY_MS);
        const before = performance.now();
        lines = await report(store, by, interval, from, from + days * DAY_MS);
        took.push(performance.now() - before);
      }
      found[name] = {
        p95Ms: Math.round(
          quantile(
            took.sort((a, b) => a - b),
            0.95,
          ),
        ),
        lines,
      };
    } catch (error) {
      found[name] = { failed: error instanceof Error ? error.message : String(error) };
      process.exitCode = 1;
    }
  }
  return found;
}

async function report(store: Store, by: ReportSubject, interval: ReportInterval, from: number, to: number): Promise<number> {
  const { key, sources } = subjects[by];
  const bounds = boundsOf(interval, 'Asia/Shanghai', from, to, MOST_LINES) ?? [];
  const made = new Report(by, bounds);
  const asked = { tenantId: TENANT, bounds, by: key === null ? [] : [key], filter: { channel: 'voice' }, except: [], limit: MOST_LINES };
  const rows = await Promise.all(sources.map(({ table }) => ledgerSums(store.db, { ...asked, table })));
  for (const [at, found] of rows.entries()) made.addSums(sources[at]?.groups ?? [], found);
  return made.lines().length;
}

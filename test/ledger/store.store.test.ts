/** The ledger in PostgreSQL: an interval is there once, whole, in its newest revision; reports read from it are those of the fold. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { systemClock as clock } from '../../kernel/clock.ts';
import { silentLog as log } from '../../kernel/log.ts';
import { createAcd } from '../../src/acd/acd.ts';
import { isFault, runShift, START } from '../../src/acd/simulation/run.ts';
import { createCdr } from '../../src/cdr/fold.ts';
import type { KeptRecord } from '../../src/cdr/kept.ts';
import type { CallRecord } from '../../src/cdr/record.ts';
import { Spool } from '../../src/cdr/spool.ts';
import { CdrWriter } from '../../src/cdr/writer.ts';
import { main } from '../../src/commands/reconcile.ts';
import { readConfig } from '../../src/config.ts';
import { FileJournal } from '../../src/journal/file.ts';
import { boundsOf } from '../../src/ledger/calendar.ts';
import { createLedger } from '../../src/ledger/fold.ts';
import { BASE_MS, startOf } from '../../src/ledger/interval.ts';
import type { LedgerRecord } from '../../src/ledger/record.ts';
import { Report, type ReportSubject, reportSubjects, subjects } from '../../src/ledger/report.ts';
import { ledgerIntervals, ledgerSums, unequalCalls } from '../../src/store/ledger.ts';
import { recordWriter, writeRecords } from '../../src/store/records.ts';
import { connectStore, type Store } from '../../src/store/store.ts';
import type { Event } from '../../src/vocabulary.ts';
import { DEMO } from '../acd/floor.ts';
import { openCluster, type TestCluster } from '../store/cluster.ts';

let cluster: TestCluster;
before(async () => {
  cluster = await openCluster();
});
after(() => cluster.close());

type Told = (event: Event, at: number, derived: boolean) => void;

/** Every record of a shift, the earlier revisions too, and what holds in the end. */
function shift(seed: number, tell: Told = () => undefined): { all: LedgerRecord[]; last: Map<string, LedgerRecord> } {
  const played = runShift(seed, 300);
  if (isFault(played)) throw new Error(played.message);
  const acd = createAcd();
  const ledger = createLedger();
  const all: LedgerRecord[] = [];
  let last = START;
  for (const { at, event } of played.log) {
    const facts: Event[] = [event];
    for (const fact of facts) {
      tell(fact, at, fact !== event);
      facts.push(...acd.decide(fact, at).events);
      for (const { record } of ledger.decide(fact, at).commands) all.push(record);
    }
    last = Math.max(last, at);
  }
  tell({ type: 'timePassed' }, startOf(last) + 2 * BASE_MS, false);
  for (const { record } of ledger.decide({ type: 'timePassed' }, startOf(last) + 2 * BASE_MS).commands) all.push(record);
  return { all, last: new Map(all.map((record) => [record.callId, record])) };
}

async function read(store: Store, by: ReportSubject, bounds: number[], except: number[]) {
  const { key, sources } = subjects[by];
  const report = new Report(by, bounds);
  for (const { table, groups } of sources) {
    const asked = { tenantId: DEMO, table, bounds, by: key === null ? [] : [key], filter: {}, except, limit: 10_000 };
    report.addSums(groups, await ledgerSums(store.db, asked));
  }
  return report.lines();
}

function counted(records: Iterable<LedgerRecord>, by: ReportSubject, bounds: number[]) {
  const report = new Report(by, bounds);
  for (const record of records) report.addRecord(record, {});
  return report.lines();
}

test('each interval is written once in effect, and reports of every subject and interval are the sums of the fold', async () => {
  const store = await cluster.store();
  const { all, last } = shift(8);
  const spool = new Spool(await mkdtemp(join(tmpdir(), 'huawu-ledger-')), 1024 * 1024);
  const writer = new CdrWriter({ write: recordWriter(store.db), spool, clock, log });
  const confirmed = new Map<string, number>();
  writer.onWritten((callId, revision) => confirmed.set(callId, revision));
  for (const record of all) writer.accept({ type: 'writeLedger', record });
  assert.equal(await writer.drained(20_000), true);
  await writer.close(0);
  assert.deepEqual(confirmed, new Map([...last].map(([callId, { revision }]) => [callId, revision])), 'the newest revision of each is confirmed');
  // The batch whose COMMIT was in doubt is written again, and an old one comes late.
  await writeRecords(store.db, [...last.values()]);
  await writeRecords(store.db, all.slice(0, 20));
  // Hours where they are whole, five minutes at the ends.
  const [from, to] = [startOf(START) - 70 * 60_000, startOf(START) + 250 * 60_000];
  const intervals = await ledgerIntervals(store.db, DEMO, 0, Date.now());
  assert.deepEqual(
    intervals.map(({ start, revision, reconciliation }) => ({ start, revision, reconciliation })),
    [...last.values()].map(({ arrivedAt, revision, reconciliation }) => ({ start: arrivedAt, revision, reconciliation })),
  );
  for (const by of reportSubjects) {
    for (const interval of ['5min', '30min', 'hour', 'day', 'total'] as const) {
      const bounds = boundsOf(interval, 'Asia/Shanghai', from, to, 1_000) ?? [];
      const lines = await read(store, by, bounds, []);
      assert.deepEqual(lines, counted(last.values(), by, bounds), `${by} by ${interval}`);
      assert.ok(lines.length > 0, `${by}: something was counted`);
      const [first = 0, , third = 0] = [...last.values()].map(({ arrivedAt }) => arrivedAt);
      const others = [...last.values()].filter(({ arrivedAt }) => arrivedAt !== first && arrivedAt !== third);
      assert.deepEqual(await read(store, by, bounds, [first, third]), counted(others, by, bounds), `${by} by ${interval}, but for two intervals`);
    }
  }
});

/** What the command says of the day of the shift, and its exit code. */
async function reconciled(url: string, dataDir: string): Promise<{ code: number; said: string }> {
  const written: string[] = [];
  const { write } = process.stdout;
  process.stdout.write = (text: string | Uint8Array): boolean => written.push(String(text)) > 0;
  try {
    const code = await main(['--day', '2023-11-15'], readConfig(['--data-dir', dataDir, '--database-url', url]));
    return { code, said: written.join('') };
  } finally {
    process.stdout.write = write;
  }
}

test('a day is proved by its own sums, by the records of its calls and by the journal; one figure that is changed is named', async () => {
  const url = await cluster.database('migrated');
  const store = connectStore({ url, clock, log, embedded: null });
  const dataDir = await mkdtemp(join(tmpdir(), 'huawu-reconcile-'));
  const folder = join(dataDir, 'journal');
  await mkdir(folder);
  const journal = new FileJournal({ folder, lastSeq: 0, clock, log });
  const cdr = createCdr();
  const calls: CallRecord[] = [];
  const { last } = shift(8, (event, at, derived) => {
    journal.append(event, at, derived);
    for (const command of cdr.decide(event, at).commands) if (command.type === 'writeCdr') calls.push(command.record);
  });
  await journal.close();
  await writeRecords(store.db, [...calls, ...last.values()]);
  const proved = await reconciled(url, dataDir);
  assert.equal(proved.code, 0, proved.said);
  assert.match(
    proved.said,
    new RegExp(`demo: ${last.size} intervals, all sums agree; as many records of calls as were counted; ${last.size} of them counted anew`),
  );
  await sql`update ledger_agents set talking_ms = talking_ms + 1 where ctid = (select ctid from ledger_agents where talking_ms > 0 order by start_at limit 1)`.execute(
    store.db,
  );
  const changed = await reconciled(url, dataDir);
  assert.equal(changed.code, 1);
  assert.match(
    changed.said,
    /DIFFERS demo: 2023-11-14T2\d:\d\d:00.000Z: agents queueId=\S* agentId=demo:800\d .*: talkingMs is \d+ in the database and \d+ by the journal/,
  );
  await sql`delete from calls where call_id = (select call_id from calls order by arrived_at limit 1)`.execute(store.db);
  assert.match((await reconciled(url, dataDir)).said, /DIFFERS demo: \S+: \d+ records of calls, and the ledger has counted \d+/);
  await store.close();
});

test('while calls are up there are as many records as were counted too, however much of it all is written yet', async () => {
  const store = await cluster.store();
  const [cdr, ledger] = [createCdr(), createLedger()];
  const told: KeptRecord[] = [];
  shift(11, (event, at) => {
    for (const command of cdr.decide(event, at).commands) if (command.type === 'writeCdr') told.push(command.record);
    for (const { record } of ledger.decide(event, at).commands) told.push(record);
  });
  let mostOpen = 0;
  for (const [n, record] of told.entries()) {
    await writeRecords(store.db, [record]);
    assert.deepEqual(await unequalCalls(store.db, DEMO, 0, Date.now()), [], `${n + 1} of ${told.length} are written`);
    const { rows } = await sql<{ open: number }>`select coalesce(sum(open), 0)::integer as open from ledger_calls`.execute(store.db);
    mostOpen = Math.max(mostOpen, rows[0]?.open ?? 0);
  }
  assert.ok(mostOpen > 1, 'calls were up as intervals ended');
});

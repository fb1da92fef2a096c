import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { systemClock as clock, turn } from '../../kernel/clock.ts';
import { silentLog as log } from '../../kernel/log.ts';
import type { KeptRecord } from '../../src/cdr/kept.ts';
import type { CallRecord } from '../../src/cdr/record.ts';
import { Spool } from '../../src/cdr/spool.ts';
import { CdrWriter } from '../../src/cdr/writer.ts';
import { interactionRecord, listInteractions } from '../../src/store/interactions.ts';
import { recordWriter, writeRecords } from '../../src/store/records.ts';
import { connectStore, type Store } from '../../src/store/store.ts';
import { DEMO } from '../acd/floor.ts';
import { openCluster, type TestCluster } from '../store/cluster.ts';
import { Line } from '../store/line.ts';
import { FakeClock } from '../support/clock.ts';
import { until } from '../support/wait.ts';
import { accepted, asked, closed, done, id, openChats, opening } from './floor-of-chats.ts';
import { records } from './records.ts';

const MAY = Date.parse('2026-05-17T02:00:00Z');
const MOST_SPOOLED = 64 * 1024 * 1024;
const down = Object.assign(new Error('no server'), { code: 'ECONNREFUSED' });

let cluster: TestCluster;
before(async () => {
  cluster = await openCluster();
});
after(() => cluster.close());

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function spoolFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'huawu-spool-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  return folder;
}

async function openWriter(write: (batch: readonly CallRecord[]) => Promise<void>, folder?: string): Promise<CdrWriter> {
  const spool = new Spool(folder ?? (await spoolFolder()), MOST_SPOOLED);
  const writer = new CdrWriter({ write, spool, clock, log });
  cleanups.push(() => writer.close(0));
  return writer;
}

const accept = (writer: CdrWriter, batch: readonly CallRecord[]): void => {
  for (const record of batch) writer.accept({ type: 'writeCdr', record });
};

async function counted(store: Store): Promise<{ calls: number; legs: number; recordings: number }> {
  const count = async (table: 'calls' | 'call_legs' | 'recordings') =>
    (
      await store.db
        .selectFrom(table)
        .select((select) => select.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow()
    ).n;
  return { calls: await count('calls'), legs: await count('call_legs'), recordings: await count('recordings') };
}

test('what is accepted is written, told, and no longer owed to the journal', async () => {
  const store = await cluster.store();
  const writer = await openWriter(recordWriter(store.db));
  const written: string[] = [];
  writer.onWritten((callId, revision) => written.push(`${callId} ${revision}`));
  const batch = records(450, MAY);
  accept(writer, batch);
  assert.equal(writer.unwritten().length, 450);
  assert.equal(writer.oldestUnwrittenAt, MAY - 449_000);
  assert.equal(await writer.drained(20_000), true);
  assert.deepEqual(await counted(store), { calls: 450, legs: 900, recordings: 450 });
  assert.deepEqual(written.sort(), batch.map(({ callId }) => `${callId} 1`).sort());
  assert.deepEqual([writer.unwritten(), writer.oldestUnwrittenAt], [[], null]);
});

test('a lone call is written after a moment; a busy house writes two or three batches a second, in which a call that changed twice is there once', async () => {
  const slow = new FakeClock();
  const batches: string[][] = [];
  const write = async (batch: readonly KeptRecord[]): Promise<void> => void batches.push(batch.map(({ callId, revision }) => `${callId} ${revision}`));
  const writer = new CdrWriter({ write, spool: new Spool(await spoolFolder(), MOST_SPOOLED), clock: slow, log });
  cleanups.push(() => writer.close(0));
  const [first, second, third] = records(3, MAY) as [CallRecord, CallRecord, CallRecord];
  accept(writer, [first]);
  slow.forward(50);
  await turn();
  assert.deepEqual(batches, [['c-000000 1']]);
  slow.forward(10);
  accept(writer, [second, { ...second, revision: 2 }]);
  slow.forward(389);
  accept(writer, [third]);
  assert.equal(batches.length, 1, 'it still gathers');
  slow.forward(1);
  await turn();
  assert.deepEqual(batches.slice(1), [['c-000001 2', 'c-000002 1']]);
  slow.forward(1_000);
  accept(writer, [{ ...first, revision: 2 }]);
  slow.forward(50);
  await turn();
  assert.deepEqual(batches.slice(2), [['c-000000 2']]);
});

test('a batch written twice is there once; a newer revision wins, an older one does not', async () => {
  const store = await cluster.store();
  const [record] = records(1, MAY);
  assert.ok(record);
  const later = { ...record, revision: 3, disposition: 'later' };
  for (const batch of [[record], [record], [later], [{ ...record, revision: 2, disposition: 'too late' }], [record]]) await writeRecords(store.db, batch);
  const rows = await store.db.selectFrom('calls').select(['revision', 'disposition']).execute();
  assert.deepEqual(rows, [{ revision: 3, disposition: 'later' }]);
  assert.deepEqual(await counted(store), { calls: 1, legs: 2, recordings: 1 });
});

test('of several revisions that wait, the last one is written', async () => {
  const store = await cluster.store();
  const writer = await openWriter(recordWriter(store.db));
  const [record] = records(1, MAY);
  assert.ok(record);
  accept(writer, [record, { ...record, revision: 2, disposition: 'second' }, record]);
  await writer.drained(10_000);
  assert.deepEqual(await store.db.selectFrom('calls').select(['revision', 'disposition']).execute(), [{ revision: 2, disposition: 'second' }]);
});

test('text that Postgres refuses is mended, not lost', async () => {
  const store = await cluster.store();
  const [record] = records(1, MAY);
  assert.ok(record);
  const name = 'a\u0000b\ud800c';
  await writeRecords(store.db, [{ ...record, caller: { ...record.caller, name }, notes: name, data: { 'k\u0000': name } }]);
  const [row] = await store.db.selectFrom('calls').select(['caller_name', 'notes', 'data']).execute();
  assert.deepEqual(row, { caller_name: 'ab\ufffdc', notes: 'ab\ufffdc', data: { k: 'ab\ufffdc' } });
});

test('A4: while the line to Postgres is cut records wait; afterwards all are there once', async () => {
  const line = new Line(cluster.server.port);
  const url = await line.open(await cluster.database('migrated'));
  const store = connectStore({ url, clock, log, embedded: null });
  cleanups.push(() => store.close().then(() => line.close()));
  const seen: string[] = [];
  store.watchHealth((state) => seen.push(state));
  const writer = await openWriter(recordWriter(store.db));
  const batch = records(900, MAY);
  accept(writer, batch.slice(0, 300));
  await until('the first ones to be written', () => writer.unwritten().length < 300);
  line.set('refused');
  accept(writer, batch.slice(300, 600));
  await until('the store to be degraded', () => store.health().state === 'degraded');
  assert.equal(await writer.drained(300), false);
  accept(writer, batch.slice(600));
  line.set('open');
  assert.equal(await writer.drained(20_000), true);
  await until('the store to be well again', () => store.health().state === 'ok');
  assert.deepEqual(await counted(store), { calls: 900, legs: 1800, recordings: 900 });
  assert.deepEqual(seen, ['degraded', 'ok']);
});

test('A7: a commit that was never confirmed is written again and is there once', async () => {
  const line = new Line(cluster.server.port);
  const url = await line.open(await cluster.database('migrated'));
  const store = connectStore({ url, clock, log, embedded: null });
  cleanups.push(() => store.close().then(() => line.close()));
  let writes = 0;
  const write = recordWriter(store.db);
  const writer = await openWriter((batch) => {
    writes += 1;
    return write(batch);
  });
  line.set('cut_after_commit');
  accept(writer, records(20, MAY));
  await until('a confirmation to be lost', () => line.cuts > 0);
  line.set('open');
  assert.equal(await writer.drained(20_000), true);
  assert.ok(writes >= 2, 'it was tried again');
  assert.deepEqual(await counted(store), { calls: 20, legs: 40, recordings: 20 });
});

test('A8: a primary that became read-only is waited out', async () => {
  const store = await cluster.store();
  const [{ name } = { name: '' }] = (await store.db.selectNoFrom((select) => select.fn<string>('current_database', []).as('name')).execute()) as {
    name: string;
  }[];
  const { administer } = await import('../store/cluster.ts');
  const drop = () => administer(cluster.server, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
  await administer(cluster.server, `alter database ${name} set default_transaction_read_only = on`);
  await drop();
  const writer = await openWriter(recordWriter(store.db));
  accept(writer, records(10, MAY));
  await until('the store to be degraded', () => store.health().state === 'degraded');
  assert.equal(await store.quickly('anything', (db) => db.selectFrom('calls').selectAll().execute()), null);
  assert.equal(await writer.drained(500), false);
  await administer(cluster.server, `alter database ${name} set default_transaction_read_only = off`);
  await drop();
  assert.equal(await writer.drained(20_000), true);
  assert.deepEqual((await counted(store)).calls, 10);
});

test('what finds no room in memory goes to disk and comes back', async () => {
  const folder = await spoolFolder();
  let away = true;
  const kept = new Map<string, number>();
  const writer = await openWriter(async (batch) => {
    if (away) throw down;
    for (const record of batch) kept.set(record.callId, (kept.get(record.callId) ?? 0) + 1);
  }, folder);
  const batch = records(6_000, MAY);
  accept(writer, batch);
  await until('the rest to be spooled', () => writer.counts.spooledBytes > 0 && writer.unwritten().length <= 4_400);
  const inMemory = writer.unwritten().length;
  assert.ok(inMemory >= 3_000 && inMemory < 6_000, `${inMemory} in memory`);
  away = false;
  assert.equal(await writer.drained(30_000), true);
  assert.equal(kept.size, 6_000);
  await until('the spool to be empty', () => readdirSync(folder).length === 0);
});

test('A1: what was spooled when we died is written by the next, a torn line aside', async () => {
  const folder = await spoolFolder();
  const first = new Spool(folder, MOST_SPOOLED);
  await first.append(records(300, MAY));
  await first.close();
  const [name = ''] = readdirSync(folder);
  appendFileSync(join(folder, name), '{"callId":"c-torn","rev');
  const kept: string[] = [];
  const writer = await openWriter(async (batch) => void kept.push(...batch.map(({ callId }) => callId)), folder);
  assert.equal(await writer.drained(10_000), true);
  assert.deepEqual(
    kept.sort(),
    records(300, MAY)
      .map(({ callId }) => callId)
      .sort(),
  );
});

test('a record that Postgres never takes is set aside; those beside it are written', async () => {
  const folder = await spoolFolder();
  const store = await cluster.store();
  const writer = await openWriter(recordWriter(store.db), folder);
  const batch = records(50, MAY);
  const [bad] = records(1, MAY, 'bad');
  assert.ok(bad);
  accept(writer, [...batch.slice(0, 25), { ...bad, endedAt: bad.arrivedAt - 1 }, ...batch.slice(25)]);
  assert.equal(await writer.drained(10_000), true);
  assert.equal((await counted(store)).calls, 50);
  assert.equal(writer.counts.rejected, 1);
  assert.match(readFileSync(join(folder, 'refused.ndjson'), 'utf8'), /"callId":"bad-000000"/);
});

test('closed while Postgres is away it tells what the journal must keep', async () => {
  const writer = await openWriter(async () => {
    throw down;
  });
  const batch = records(10, MAY);
  accept(writer, batch);
  await writer.close(100);
  assert.deepEqual(
    writer
      .unwritten()
      .map(({ callId }) => callId)
      .sort(),
    batch.map(({ callId }) => callId).sort(),
  );
});

test('A5: with memory and spool full records wait, the writer says so, and all are written when Postgres is back', async () => {
  let away = true;
  const kept = new Set<string>();
  const write = async (batch: readonly CallRecord[]): Promise<void> => {
    if (away) throw down;
    for (const { callId } of batch) kept.add(callId);
  };
  const spool = new Spool(await spoolFolder(), 200_000);
  const writer = new CdrWriter({ write, spool, clock, log });
  cleanups.push(() => writer.close(0));
  assert.equal(writer.counts.full, false);
  accept(writer, records(8_000, MAY));
  await until('the writer to be full', () => writer.counts.full);
  assert.ok(writer.counts.spooledBytes < 1_000_000, 'the disk is not used beyond its limit by more than a batch');
  away = false;
  assert.equal(await writer.drained(30_000), true);
  assert.deepEqual([kept.size, writer.counts.lost, writer.counts.full], [8_000, 0, false]);
});

test('interactions that are over are written once each, with what came of them, however often the house is killed', async () => {
  const store = await cluster.store();
  const folder = await spoolFolder();
  const away = await openWriter(async () => {
    throw down;
  });
  const first = openChats(folder, clock, away);
  first.tell(...opening, asked('i1', { topic: '账单' }), accepted('i1'), done('i1', 'handled'), asked('i2'), closed('i2'), asked('i3'), accepted('i3'));
  first.tell(asked('i4'), accepted('i4'), asked('i5'));
  assert.equal(away.unwritten().length, 2, 'two are over, and Postgres is away');

  first.kill();
  const killedAtOnce = openChats(folder, clock, { accept: () => undefined, unwritten: () => [] });
  assert.equal(killedAtOnce.leftover.length, 2);
  killedAtOnce.kill();
  const writer = await openWriter(recordWriter(store.db));
  const second = openChats(folder, clock, writer);
  assert.deepEqual(second.leftover.map(({ callId }) => callId).sort(), ['i1', 'i2'], 'the journal owes them');
  second.tell(...opening, done('i3', 'other'), closed('i4'), closed('i5'));
  assert.equal(await writer.drained(20_000), true);
  const written = async () => (await listInteractions(store.db, DEMO, {}, { limit: 100, cursor: null })).records;
  const rows = await written();
  const summary = rows.map(({ callId, end, agentId, disposition, agents }) => `${callId} ${end} ${agentId} ${disposition} ${agents.length}`).sort();
  const expected = ['i1 done demo:8001 handled 1', 'i2 closed null null 0', 'i3 done demo:8001 other 1', 'i4 closed demo:8001 null 1', 'i5 closed null null 0'];
  assert.deepEqual(summary, expected);

  second.kill();
  // Nobody told the journal that they are written: the next run writes all of them again.
  const third = openChats(folder, clock, writer);
  assert.equal(third.leftover.length, 5);
  third.kill();
  assert.equal(await writer.drained(20_000), true);
  assert.deepEqual(await written(), rows);

  const one = await interactionRecord(store.db, DEMO, id('i1'));
  assert.deepEqual(
    [one?.externalId, one?.from, one?.data, one?.offers.map(({ end }) => end), one?.queues.map(({ exit }) => exit)],
    ['x-i1', '+8613800001001', { topic: '账单' }, ['answered'], ['answered']],
  );
  const page = await listInteractions(store.db, DEMO, { agentId: 'demo:8001' }, { limit: 2, cursor: null });
  const rest = await listInteractions(store.db, DEMO, { agentId: 'demo:8001' }, { limit: 2, cursor: page.next });
  assert.deepEqual([page.records.length, rest.records.length, rest.next], [2, 1, null]);
});

/** The call path never waits longer than its deadline, and finds its way back. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { systemClock as clock } from '../../kernel/clock.ts';
import { asId, type CallId, type TenantId } from '../../kernel/ids.ts';
import { silentLog as log } from '../../kernel/log.ts';
import { BadCursor, callDetail, listCalls } from '../../src/store/calls.ts';
import { writeRecords } from '../../src/store/records.ts';
import { connectStore } from '../../src/store/store.ts';
import { records } from '../cdr/records.ts';
import { until } from '../support/wait.ts';
import { openCluster, query, type TestCluster } from './cluster.ts';
import { Line } from './line.ts';

const demo = asId<TenantId>('demo');
const MAY = Date.parse('2026-05-17T02:00:00Z');

let cluster: TestCluster;
before(async () => {
  cluster = await openCluster();
});
after(() => cluster.close());

const took = async (job: () => Promise<unknown>): Promise<number> => {
  const from = performance.now();
  await job();
  return performance.now() - from;
};

test('a query that is slow costs a call 300 ms, and after three the next costs nothing', async () => {
  const line = new Line(cluster.server.port);
  const store = connectStore({ url: await line.open(await cluster.database('migrated')), clock, log, embedded: null });
  try {
    const ask = () => store.quickly('one', async (db) => (await sql<{ one: number }>`select 1 as one`.execute(db)).rows[0]?.one);
    assert.equal(await ask(), 1);
    line.set('stalled');
    for (let n = 0; n < 3; n += 1) {
      const ms = await took(async () => assert.equal(await ask(), null));
      assert.ok(ms < 600, `call ${n} waited ${ms} ms`);
    }
    assert.equal(store.health().state, 'degraded');
    const ms = await took(async () => {
      for (let n = 0; n < 100; n += 1) assert.equal(await ask(), null);
    });
    assert.ok(ms < 200, `a hundred calls waited ${ms} ms`);
    line.set('open');
    await until('the store to be well again', () => store.health().state === 'ok');
    assert.equal(await ask(), 1);
  } finally {
    await line.close();
    await store.close();
  }
});

test('reports that hold every connection of theirs leave the call path its own', async () => {
  const store = await cluster.store();
  const reports = Array.from({ length: 10 }, () => sql`select pg_sleep(1)`.execute(store.db));
  await until('the reports to hold all their connections', async () => {
    const [row] = await query(cluster.server.url, `select count(*)::int as n from pg_stat_activity where state = 'active' and query = 'select pg_sleep(1)'`);
    return row?.n === 10;
  });
  assert.deepEqual(await store.quickly('one', async (db) => (await sql`select 1 as one`.execute(db)).rows), [{ one: 1 }]);
  await Promise.all(reports);
});

test('a statement that runs longer than 5 s is cancelled, and its connection is of use again', async () => {
  const store = await cluster.store();
  await assert.rejects(sql`select pg_sleep(8)`.execute(store.db), /statement timeout/);
  assert.equal(store.health().state, 'ok');
});

test('a fault of our own in a query is null for the call and no outage', async () => {
  const store = await cluster.store();
  for (let n = 0; n < 5; n += 1) assert.equal(await store.quickly('nonsense', (db) => sql`select nonsense`.execute(db)), null);
  assert.equal(store.health().state, 'ok');
});

test('calls are listed newest first, page by page, each once, while new ones come in', async () => {
  const store = await cluster.store();
  await writeRecords(store.db, records(25, MAY));
  const seen: string[] = [];
  let cursor: string | null = null;
  let pages = 0;
  do {
    const page: Awaited<ReturnType<typeof listCalls>> = await listCalls(store.db, { tenantId: demo }, 10, cursor);
    seen.push(...page.calls.map(({ callId }) => callId));
    cursor = page.next;
    pages += 1;
    await writeRecords(store.db, records(1, MAY + pages * 60_000, `new${pages}`));
  } while (cursor !== null);
  assert.deepEqual(
    seen,
    records(25, MAY).map(({ callId }) => callId),
  );
  assert.equal(pages, 3);
});

test('calls are found by when, who and how they ended, and only in their own tenant', async () => {
  const store = await cluster.store();
  const [first, second] = records(2, MAY);
  assert.ok(first && second);
  await writeRecords(store.db, [first, { ...second, caller: { number: '95588', raw: '95588' }, ending: { cause: 'abandoned', by: 'far_end' } }]);
  const idsOf = async (filter: object) => (await listCalls(store.db, { tenantId: demo, ...filter }, 10, null)).calls.map(({ callId }) => callId);
  assert.deepEqual(await idsOf({}), [first.callId, second.callId]);
  assert.deepEqual(await idsOf({ caller: '95588' }), [second.callId]);
  assert.deepEqual(await idsOf({ cause: 'abandoned' }), [second.callId]);
  assert.deepEqual(await idsOf({ from: MAY }), [first.callId]);
  assert.deepEqual(await idsOf({ until: MAY }), [second.callId]);
  assert.deepEqual(await idsOf({ agentId: 'demo:8001', queueId: 'demo:service', customerId: 'demo:13800001001' }), [first.callId, second.callId]);
  assert.deepEqual(await idsOf({ tenantId: 'other' }), []);
  assert.equal(await callDetail(store.db, asId<TenantId>('other'), first.callId), null);
});

test('one call comes with its legs and its recording, as the fold told them', async () => {
  const store = await cluster.store();
  const [record] = records(1, MAY);
  assert.ok(record);
  await writeRecords(store.db, [record]);
  const detail = await callDetail(store.db, demo, record.callId);
  assert.deepEqual(
    detail?.legs.map(({ legId, role, ending }) => ({ legId, role, ending })),
    record.legs.map(({ legId, role, ending }) => ({ legId, role, ending })),
  );
  assert.deepEqual(
    detail?.recordings.map(({ path, durationMs, complete }) => ({ path, durationMs, complete })),
    [{ path: '/r/1.wav', durationMs: 44_000, complete: true }],
  );
  assert.deepEqual([detail?.queues, detail?.offers, detail?.agents], [record.queues, record.offers, record.agents]);
  assert.deepEqual([detail?.arrivedAt, detail?.endedAt], [new Date(record.arrivedAt).toISOString(), new Date(record.endedAt).toISOString()]);
  assert.equal(await callDetail(store.db, demo, asId<CallId>('c-none')), null);
});

test('a cursor that is not ours is refused', async () => {
  const store = await cluster.store();
  for (const cursor of ['', 'x', Buffer.from('2026-99-99T00:00:00Z c-1').toString('base64url')])
    await assert.rejects(listCalls(store.db, { tenantId: demo }, 10, cursor), BadCursor);
});

/** The call path never waits longer than its deadline, and finds its way back. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { systemClock as clock, pause, turn } from '../../kernel/clock.ts';
import { asId, type CallId, type TenantId, type UserId } from '../../kernel/ids.ts';
import { silentLog as log } from '../../kernel/log.ts';
import type { CallRecord, SurveyRecord } from '../../src/cdr/record.ts';
import { BadCursor, callDetail, lastSurveyed, listCalls } from '../../src/store/calls.ts';
import { writeRecords } from '../../src/store/records.ts';
import { connectStore } from '../../src/store/store.ts';
import { changeTicket, countTickets, listTickets } from '../../src/store/ticket-work.ts';
import { records } from '../cdr/records.ts';
import { service, wang } from '../cdr/story.ts';
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

test('an answer that came while the process stood is no late one', async () => {
  const store = await cluster.store();
  const ask = () => store.quickly('one', async (db) => (await sql<{ one: number }>`select 1 as one from pg_sleep(0.1)`.execute(db)).rows[0]?.one);
  assert.equal(await ask(), 1);
  for (let n = 0; n < 4; n += 1) {
    const answer = ask();
    await pause(clock, 20);
    // Then timers are looked at before sockets.
    await turn();
    for (const until = performance.now() + 400; performance.now() < until; );
    assert.equal(await answer, 1);
  }
  assert.equal(store.health().state, 'ok');
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
  assert.deepEqual(await idsOf({ callerEnds: '1001' }), [first.callId]);
  assert.deepEqual(await idsOf({ cause: 'abandoned' }), [second.callId]);
  assert.deepEqual(await idsOf({ from: MAY }), [first.callId]);
  assert.deepEqual(await idsOf({ until: MAY }), [second.callId]);
  assert.deepEqual(await idsOf({ agentId: 'demo:8001', queueId: 'demo:service', customerId: 'demo:13800001001' }), [first.callId, second.callId]);
  assert.deepEqual(await idsOf({ disposition: 'no such one' }), []);
  await writeRecords(store.db, [{ ...second, revision: second.revision + 1, data: { orderId: '4711', wish: 'a new plan' } }]);
  assert.deepEqual(await idsOf({ data: { orderId: '4711' } }), [second.callId]);
  assert.deepEqual(await idsOf({ data: { orderId: '4711', wish: 'another' } }), []);
  assert.deepEqual(await idsOf({ data: { orderId: '471' } }), []);
  const consent = { state: 'refused', how: 'key', at: MAY, announcedAt: null } as const;
  await writeRecords(store.db, [{ ...second, revision: second.revision + 2, consent }]);
  assert.deepEqual(await idsOf({ consent: 'refused' }), [second.callId]);
  assert.deepEqual(await idsOf({ consent: 'given' }), []);
  assert.deepEqual((await callDetail(store.db, demo, second.callId))?.consent, consent);
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

test('tickets are listed the oldest first, assigned, noted and closed once, each with its line in the trail', async () => {
  const store = await cluster.store();
  await sql`insert into tenants (tenant_id, name) values (${demo}, 'demo') on conflict do nothing`.execute(store.db);
  const made = records(3, MAY, 'worked').map((record, n): CallRecord => {
    const survey: SurveyRecord = {
      agentId: wang,
      queueId: service,
      askedAt: MAY + n * 3_600_000,
      how: 'hung_up',
      rating: 5,
      reason: null,
      end: 'not_said_why',
    };
    return { ...record, customerId: null, caller: { number: `+861390000010${n}`, raw: '' }, survey };
  });
  await writeRecords(store.db, made);
  const [first, second, third] = made.map(({ callId }) => `survey-${callId}`) as [string, string, string];
  const open = async (filter: object = {}) =>
    (await listTickets(store.db, demo, { state: 'open', ...filter }, 2, null)).tickets.map(({ ticketId }) => ticketId);
  const page = await listTickets(store.db, demo, { state: 'open' }, 2, null);
  assert.deepEqual(
    [page.tickets.map(({ ticketId }) => ticketId), (await listTickets(store.db, demo, { state: 'open' }, 2, page.next)).tickets[0]?.ticketId],
    [[first, second], third],
  );
  assert.deepEqual(await open({ openedBefore: MAY + 1 }), [first]);
  assert.deepEqual([await open({ queueId: 'demo:vip' }), await open({ kind: 'case' }), await open({ agentIds: ['demo:8002'] })], [[], [], []]);
  const told = { at: MAY + 9_000_000, tenantId: demo, userId: asId<UserId>('demo:lead'), source: null, action: 'ticket.change', resource: `ticket/${first}` };
  const noted = await changeTicket(store.db, first, { assignedTo: told.userId, note: '已回电' }, told);
  assert.deepEqual(
    [noted?.status, noted?.assignedTo, noted?.notes],
    ['in_progress', 'demo:lead', [{ at: new Date(told.at).toISOString(), by: 'demo:lead', text: '已回电' }]],
  );
  assert.deepEqual(await open({ assignedTo: 'demo:lead' }), [first]);
  assert.equal((await changeTicket(store.db, first, { note: '再次回电', close: 'resolved' }, { ...told, action: 'ticket.close' }))?.notes.length, 2);
  assert.equal(await changeTicket(store.db, first, { note: 'too late' }, told), null);
  assert.equal(await changeTicket(store.db, second, { note: 'not ours' }, { ...told, tenantId: asId<TenantId>('other') }), null);
  const { count, oldestAt } = await countTickets(store.db, demo, { state: 'open' });
  assert.deepEqual([count, oldestAt], [2, new Date(MAY + 3_600_000).toISOString()]);
  const closed = await listTickets(store.db, demo, { state: 'closed' }, 5, null);
  assert.deepEqual(
    closed.tickets.map(({ ticketId, result, closedBy, rating }) => [ticketId, result, closedBy, rating]),
    [[first, 'resolved', 'demo:lead', 5]],
  );
  const trail = await store.db.selectFrom('audit_log').select('action').where('resource', '=', `ticket/${first}`).orderBy('audit_id').execute();
  assert.deepEqual(
    trail.map(({ action }) => action),
    ['ticket.change', 'ticket.close'],
  );
});

test('a rating is found by, opens one ticket, and is what the number is left alone for', async () => {
  const store = await cluster.store();
  const at = MAY + 90 * 86_400_000;
  const [one, two, three, four] = records(4, at, 'survey').map((record, n) => {
    const survey: SurveyRecord = {
      agentId: wang,
      queueId: service,
      askedAt: record.endedAt - 5_000,
      how: 'hung_up',
      rating: null,
      reason: null,
      end: 'hung_up',
    };
    const given = [{ rating: 2, end: 'answered' }, { rating: 4, end: 'not_said_why' }, { rating: 5, reason: 'waited', end: 'answered' }, {}][n];
    return { ...record, customerId: null, caller: { number: `+861390000000${n}`, raw: '' }, survey: { ...survey, ...given } } as CallRecord;
  });
  assert.ok(one && two && three && four);
  await sql`insert into tenants (tenant_id, name) values (${demo}, 'demo') on conflict do nothing`.execute(store.db);
  const later = { ...two, revision: two.revision + 1, survey: { ...(two.survey as SurveyRecord), reason: 'manner', end: 'answered' as const } };
  await writeRecords(store.db, [one, two, three, four]);
  await writeRecords(store.db, [later]);
  await writeRecords(store.db, [later]);
  const rated = async (from: number, to: number) =>
    (await listCalls(store.db, { tenantId: demo, rating: { from, to } }, 50, null)).calls.map(({ callId }) => callId);
  assert.deepEqual(await rated(4, 5), [two.callId, three.callId]);
  assert.deepEqual(await rated(1, 3), [one.callId]);
  const detail = await callDetail(store.db, demo, two.callId);
  assert.deepEqual(detail?.survey, later.survey);
  assert.deepEqual([detail?.followUp?.ticketId, detail?.followUp?.status], [`survey-${two.callId}`, 'open']);
  assert.equal((await callDetail(store.db, demo, one.callId))?.followUp, null);
  const tickets = await store.db.selectFrom('tickets').selectAll().where('call_id', 'is not', null).orderBy('ticket_id').execute();
  assert.deepEqual(
    tickets.map(({ ticket_id, number, title, kind, rating, reason, queue_id, agent_id }) => [
      ticket_id,
      number,
      title,
      kind,
      rating,
      reason,
      queue_id,
      agent_id,
    ]),
    [
      [`survey-${two.callId}`, '+8613900000001', '通话后回访', 'survey', 4, 'manner', service, wang],
      [`survey-${three.callId}`, '+8613900000002', '通话后回访', 'survey', 5, 'waited', service, wang],
    ],
  );
  assert.equal(await lastSurveyed(store.db, demo, '+8613900000003'), four.survey?.askedAt, 'also who did not answer was asked');
  assert.equal(await lastSurveyed(store.db, demo, '+8613900009999'), null);
});

test('a ticket that somebody has taken up is not opened again by a late revision of its call', async () => {
  const store = await cluster.store();
  const [record] = records(1, MAY + 91 * 86_400_000, 'taken');
  assert.ok(record);
  await sql`insert into tenants (tenant_id, name) values (${demo}, 'demo') on conflict do nothing`.execute(store.db);
  const survey: SurveyRecord = { agentId: wang, queueId: service, askedAt: record.endedAt, how: 'sent', rating: 5, reason: null, end: 'not_said_why' };
  await writeRecords(store.db, [{ ...record, customerId: null, survey }]);
  await store.db
    .updateTable('tickets')
    .set({ status: 'done', closed_at: new Date(MAY) })
    .where('call_id', '=', record.callId)
    .execute();
  await writeRecords(store.db, [{ ...record, customerId: null, revision: record.revision + 1, survey: { ...survey, reason: 'waited', end: 'answered' } }]);
  const { followUp } = (await callDetail(store.db, demo, record.callId)) ?? {};
  assert.deepEqual([followUp?.status, followUp?.closedAt], ['done', new Date(MAY).toISOString()]);
});

test('a cursor that is not ours is refused', async () => {
  const store = await cluster.store();
  for (const cursor of ['', 'x', Buffer.from('2026-99-99T00:00:00Z c-1').toString('base64url')])
    await assert.rejects(listCalls(store.db, { tenantId: demo }, 10, cursor), BadCursor);
});

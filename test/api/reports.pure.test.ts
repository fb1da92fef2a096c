/** Reports by the API: what is in memory is in the answer, an agent reads her own alone, and a file is safe to open. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asId, type OfferId, type QueueId } from '../../kernel/ids.ts';
import { csvOf } from '../../src/api/csv.ts';
import { createLedger } from '../../src/ledger/fold.ts';
import type { SumsAsked } from '../../src/store/ledger.ts';
import type { ResolutionAsked } from '../../src/store/resolution.ts';
import type { Event } from '../../src/vocabulary.ts';
import { agentConfigured, agentId, callArrived, callId, callQueued, legAnswered, legId, queueConfigured } from '../acd/floor.ts';
import { openFakeHouse, tokenOf } from './fake-house.ts';

const AT = Date.parse('2026-03-01T08:02:00.000Z');
const as = (role: 'agent' | 'supervisor') => ({ authorization: `Bearer ${tokenOf('demo', role)}` });

/** A call that was answered after ten seconds by 8001, and one that waits. */
function counted() {
  const ledger = createLedger();
  const queueId = asId<QueueId>('demo:service');
  const ids = { callId: callId('c1'), queueId, offerId: asId<OfferId>('c1.o1'), legId: legId('c1.1'), agentId: agentId('8001') };
  const story: [number, Event][] = [
    [0, queueConfigured('service')],
    [0, agentConfigured('8001')],
    [0, callArrived('c1')],
    [0, callQueued('c1')],
    [5, { type: 'callOffered', ...ids, record: false, until: 0 }],
    [10, legAnswered('c1.1')],
    [10, { type: 'callLeftQueue', callId: callId('c1'), queueId, exit: 'answered' }],
    [10, { type: 'agentStateChanged', agentId: agentId('8001'), state: 'talking', reasons: [], callId: callId('c1'), wrapUpUntil: null }],
    [15, { type: 'surveyAsked', callId: callId('c1'), queueId, agentId: agentId('8001'), flow: 'survey', how: 'hung_up' }],
    [18, { type: 'surveyAnswered', callId: callId('c1'), rating: 2, asksWhy: false }],
    [20, callArrived('c2')],
    [20, callQueued('c2')],
  ];
  for (const [seconds, event] of story) ledger.decide(event, AT + seconds * 1000);
  return ledger;
}

async function openHouse() {
  const ledger = counted();
  const asked: SumsAsked[] = [];
  const resolutions: ResolutionAsked[] = [];
  let away = false;
  const house = await openFakeHouse(() => ({
    ledger: {
      memory: (tenantId, from, to) => ledger.view.intervals(tenantId, AT + 70_000, from, to),
      sums: async (wanted) => {
        if (away) throw Object.assign(new Error('no server'), { code: 'ECONNREFUSED' });
        asked.push(wanted);
        return [];
      },
      intervals: async () => [],
      resolution: async (wanted) => {
        resolutions.push(wanted);
        return returned;
      },
    },
  }));
  house.now = AT + 70_000;
  return { ...house, asked, resolutions, goAway: () => (away = true) };
}

const counts = { contacts: 10, pending: 2, repeated: 2, repeated24h: 1, repeated48h: 1, repeated72h: 2 };
/** As the days bring them: the same agent twice in one interval, and one of another team. */
const returned = [
  { bin: 0, key: 'demo:8001', ...counts },
  { bin: 0, key: 'demo:8001', ...counts },
  { bin: 0, key: 'demo:8002', ...counts },
];

test('first contact resolution is told of those whose seven days are over; what may still come back stands apart', async () => {
  const { app, resolutions } = await openHouse();
  const answer = await app.inject({
    url: '/api/v1/reports/resolution/agent?interval=total&from=2026-02-01T00:20:00Z&to=2026-03-01T00:20:00Z',
    headers: as('supervisor'),
  });
  assert.equal(answer.statusCode, 200, answer.body);
  const { items, from, to } = answer.json();
  assert.deepEqual([from, to], ['2026-02-01T00:00:00.000Z', '2026-03-01T01:00:00.000Z'], 'to whole hours');
  const { start: _start, end: _end, name: _name, ...line } = items[0];
  const figures = { firstContactResolution: 0.75, repeatRate24h: 0.125, repeatRate48h: 0.125, repeatRate72h: 0.25 };
  assert.deepEqual(line, { key: 'demo:8001', contacts: 20, pending: 4, resolved: 12, repeated: 4, repeated24h: 2, repeated48h: 2, repeated72h: 4, ...figures });
  assert.equal(resolutions[0]?.by, 'agentId');
  const teams = (await app.inject({ url: '/api/v1/reports/resolution/team?interval=total', headers: as('supervisor') })).json().items as { contacts: number }[];
  assert.equal(
    teams.reduce((sum, { contacts }) => sum + contacts, 0),
    30,
    'each agent’s stand with her team',
  );
  const file = await app.inject({ url: '/api/v1/reports/resolution/queue?format=csv', headers: as('supervisor') });
  assert.match(file.body, /^\ufeff?"?start"?,"?end"?,"?key"?,"?name"?,"?contacts"?,"?pending"?/);
  const book = await app.inject({ url: '/api/v1/reports/resolution/queue?format=xlsx', headers: as('supervisor') });
  assert.deepEqual(
    [book.rawPayload.subarray(0, 2).toString(), /filename="(resolution-queue-.*\.xlsx)"/.test(String(book.headers['content-disposition']))],
    ['PK', true],
  );
});

test('first contact resolution: an agent reads herself alone; what is longer than a quarter is refused', async () => {
  const { app } = await openHouse();
  const own = await app.inject({ url: '/api/v1/reports/resolution/agent', headers: as('agent') });
  assert.deepEqual(
    (own.json().items as { key: string }[]).map(({ key }) => key),
    ['demo:8001'],
  );
  for (const url of ['queue', 'tenant', 'agent?agentId=demo:8002'])
    assert.equal((await app.inject({ url: `/api/v1/reports/resolution/${url}`, headers: as('agent') })).statusCode, 403, url);
  const long = await app.inject({ url: '/api/v1/reports/resolution/queue?from=2025-11-01T00:00:00Z&to=2026-03-01T00:00:00Z', headers: as('supervisor') });
  assert.equal(long.statusCode, 400);
});

test('live figures are those of the fold, with the name and formula of the service level', async () => {
  const { app, asked } = await openHouse();
  const answer = await app.inject({ url: '/api/v1/figures/queue?serviceLevel=offered', headers: as('supervisor') });
  assert.equal(answer.statusCode, 200, answer.body);
  const { items, serviceLevel, timeZone, from, complete } = answer.json();
  assert.deepEqual([timeZone, from, complete], ['Asia/Shanghai', '2026-02-28T16:00:00.000Z', true]);
  assert.deepEqual([serviceLevel.variant, serviceLevel.formula], ['offered', 'A(≤T) / O']);
  const [line] = items;
  const { entered, offered, answered, waiting, serviceLevel: level, averageSpeedOfAnswerMs } = line.contacts;
  assert.deepEqual([line.key, line.name], ['demo:service', 'Service']);
  assert.deepEqual(
    { entered, offered, answered, waiting, level, averageSpeedOfAnswerMs },
    { entered: 2, offered: 2, answered: 1, waiting: 1, level: 0.5, averageSpeedOfAnswerMs: 10_000 },
  );
  assert.equal(line.handling.talkMs, 60_000, 'up to this moment');
  assert.deepEqual(asked[0]?.except, [Date.parse('2026-03-01T08:00:00Z')], 'what is in memory is not asked of the database');
});

test('an agent reads herself, and nobody else and nothing else', async () => {
  const { app } = await openHouse();
  const own = await app.inject({ url: '/api/v1/figures/agent', headers: as('agent') });
  assert.deepEqual(
    own.json().items.map(({ key, time }: { key: string; time: { talkingMs: number } }) => [key, time.talkingMs]),
    [['demo:8001', 60_000]],
  );
  for (const url of [
    '/api/v1/figures/queue',
    '/api/v1/reports/tenant',
    '/api/v1/reports/agent?agentId=demo:8002',
    '/api/v1/reports/reconciliation?from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z',
  ])
    assert.equal((await app.inject({ url, headers: as('agent') })).statusCode, 403, url);
});

test('how callers rated is in the reports of whoever leads, by every subject that served them, and in none that an agent reads of herself', async () => {
  const { app } = await openHouse();
  const ask = async (by: string, role: 'agent' | 'supervisor') =>
    (await app.inject({ url: `/api/v1/figures/${by}`, headers: as(role) })).json().items[0].handling;
  for (const by of ['queue', 'agent', 'team', 'tenant', 'number', 'disposition']) {
    const { surveyed, rated, rated2, customerSatisfaction, ratingRate, averageRating } = await ask(by, 'supervisor');
    assert.deepEqual([surveyed, rated, rated2, customerSatisfaction, ratingRate, averageRating], [1, 1, 1, 1, 1, 2], by);
  }
  const own = await ask('agent', 'agent');
  assert.equal(own.handled, 1);
  assert.deepEqual(
    Object.keys(own).filter((name) => /survey|rat(ed|ing)|satisf/i.test(name)),
    [],
  );
  const file = await app.inject({ url: '/api/v1/reports/agent?format=csv', headers: as('agent') });
  assert.doesNotMatch(file.body, /rated|satisf/i);
});

test('with the database away live figures say that they are not whole, and a report is refused', async () => {
  const { app, goAway } = await openHouse();
  goAway();
  const live = await app.inject({ url: '/api/v1/figures/tenant', headers: as('supervisor') });
  assert.deepEqual([live.statusCode, live.json().complete, live.json().items[0].calls.arrived], [200, false, 2]);
  assert.equal((await app.inject({ url: '/api/v1/reports/tenant', headers: as('supervisor') })).statusCode, 503);
});

test('a file begins with a byte order mark, shows times of the zone, and holds no formula', async () => {
  const { app } = await openHouse();
  const file = await app.inject({ url: '/api/v1/reports/queue?format=csv&interval=5min', headers: as('supervisor') });
  assert.equal(file.statusCode, 200, file.body);
  assert.match(String(file.headers['content-type']), /^text\/csv; charset=utf-8/);
  const lines = file.body.split('\r\n');
  assert.ok(lines[0]?.startsWith('\ufeffstart,end,key,name,contacts.entered,'), lines[0]);
  assert.ok(lines[1]?.startsWith('2026-03-01T16:00:00+08:00,2026-03-01T16:05:00+08:00,demo:service,Service,2,'), lines[1]);
  assert.equal(csvOf(['a'], [['=1+1'], ['+1'], ['-1'], ['@x'], ['a,"b"'], [-1], [null]]), `\ufeffa\r\n'=1+1\r\n'+1\r\n'-1\r\n'@x\r\n"a,""b"""\r\n-1\r\n\r\n`);
});

test('what cannot be answered is refused with how to mend it', async () => {
  const { app } = await openHouse();
  const refused = async (query: string) => {
    const answer = await app.inject({ url: `/api/v1/reports/queue?${query}`, headers: as('supervisor') });
    return [answer.statusCode, answer.json().errors?.[0]?.at];
  };
  assert.deepEqual(await refused('interval=5min&from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z'), [400, 'querystring.interval']);
  assert.deepEqual(await refused('from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z'), [400, 'querystring.to']);
  assert.deepEqual((await refused('timeZone=Nowhere'))[0], 400);
  assert.deepEqual((await refused('colour=red'))[0], 400);
});

/** What every request meets: strict shapes, one table of problems, keys, pages, the audit, health and documents. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentId, asId, type CallId, type QueueId } from '../../kernel/ids.ts';
import { rangeOf } from '../../src/api/playback.ts';
import type { Page } from '../../src/api/ports.ts';
import { type ProblemDocument, problems } from '../../src/api/problems.ts';
import type { Role } from '../../src/users/user.ts';
import { until } from '../support/wait.ts';
import { type FakeHouse, openFakeHouse, PASSWORD, recordingBytes, tokenOf } from './fake-house.ts';
import { liveCalls } from './live-calls.ts';

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
const as = (role: Role, more: Record<string, string> = {}): Record<string, string> => ({ authorization: `Bearer ${tokenOf('demo', role)}`, ...more });

async function send(house: FakeHouse, method: Method, url: string, payload?: object | string, headers: Record<string, string> = as('admin')) {
  return house.app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
}

function assertProblem(answer: { statusCode: number; headers: Record<string, unknown>; body: string }, code: keyof typeof problems): ProblemDocument {
  const document = JSON.parse(answer.body) as ProblemDocument;
  assert.equal(document.code, code, answer.body);
  assert.equal(answer.statusCode, problems[code].status);
  assert.equal(document.status, answer.statusCode);
  assert.equal(document.type, `urn:huawu:problem:${code}`);
  assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
  return document;
}

test('a ticket is noted and closed by who may, assigned to no agent, and the trail says that there was a note, not what it says', async () => {
  const house = await openFakeHouse();
  const change = (body: object, role = as('supervisor')) => send(house, 'PATCH', '/api/v1/tickets/survey-c-demo-1', body, role);
  assert.equal((await change({ assignedTo: 'demo:8001' })).statusCode, 400, 'an agent');
  assert.equal((await change({})).statusCode, 400);
  assert.equal((await change({ note: 'x', rating: 1 })).statusCode, 400);
  const closed = await change({ note: '已回电 13800001001', close: 'resolved' });
  assert.deepEqual([closed.statusCode, closed.json().result, closed.json().notes.length], [200, 'resolved', 1], closed.body);
  const told = house.audit.at(-1);
  assert.deepEqual([told?.action, told?.resource, told?.after], ['ticket.close', 'ticket/survey-c-demo-1', { close: 'resolved', noted: true }]);
});

test('signing in gives a token and who one is; a wrong password and a wrong name get the same answer', async () => {
  const house = await openFakeHouse();
  const good = await send(house, 'POST', '/api/v1/sessions', { tenant: 'demo', username: 'admin', password: PASSWORD }, {});
  assert.equal(good.statusCode, 201);
  assert.equal(good.headers['cache-control'], 'no-store');
  const { token, user } = good.json() as { token: string; user: Record<string, unknown> };
  assert.equal(token, tokenOf('demo', 'admin'));
  assert.deepEqual(Object.keys(user).sort(), ['agentId', 'language', 'name', 'role', 'teams', 'tenantId', 'userId', 'username']);
  const wrongPassword = assertProblem(await send(house, 'POST', '/api/v1/sessions', { username: 'admin', password: 'nope' }, {}), 'wrong_credentials');
  const wrongName = assertProblem(await send(house, 'POST', '/api/v1/sessions', { username: 'nobody', password: 'nope' }, {}), 'wrong_credentials');
  assert.deepEqual({ ...wrongPassword, instance: '' }, { ...wrongName, instance: '' });
});

test('a queue that names what is not there is refused, place by place; what was wrong before hinders no other change; a circle is told', async () => {
  const house = await openFakeHouse();
  const when = { waiting: 3 };
  const url = '/api/v1/queues/demo:service';
  const overflow = [
    { when, to: { queue: 'nowhere' } },
    { when, to: { exit: 'voicemail' } },
    { when, to: { offer: 'callback' } },
  ];
  const refused = assertProblem(await send(house, 'PATCH', url, { overflow, door: { calendar: 'night' } }), 'validation_failed');
  assert.deepEqual(
    refused.errors?.map(({ at }) => at),
    ['body.door.calendar', 'body.overflow.0.to.queue', 'body.overflow.1.to.exit', 'body.overflow.2.to.offer'],
  );
  assert.match(refused.errors?.[1]?.message ?? '', /^there is no queue "nowhere": add it first, or name another$/);
  assertProblem(await send(house, 'POST', '/api/v1/queues', { id: 'sales', name: { zh: '办理', en: 'Sales' }, overflow }), 'validation_failed');

  const sales = { id: 'sales', name: { zh: '办理', en: 'Sales' }, overflow: [{ when, to: { queue: 'service' } }] };
  assert.equal((await send(house, 'POST', '/api/v1/queues', sales)).statusCode, 201);
  const circle = await send(house, 'PATCH', url, { overflow: [{ when, to: { queue: 'sales' } }] });
  assert.equal(circle.statusCode, 200, circle.body);
  assert.match(JSON.stringify((circle.json() as { warnings: object[] }).warnings), /"at":"overflow","message":"service → sales → service/);

  const rank = await send(house, 'PATCH', '/api/v1/agents/demo:8001', { matching: { ranks: { nowhere: 2 } } });
  assert.equal(assertProblem(rank, 'validation_failed').errors?.[0]?.at, 'body.matching.ranks.nowhere');

  assert.equal((await send(house, 'PATCH', '/api/v1/agents/demo:8001', { team: 'north' })).statusCode, 200);
  const widening = { reserves: [{ name: 'help', open: [{ team: 'north' }], when }] };
  assert.equal((await send(house, 'PATCH', url, { widening })).statusCode, 200);
  assert.equal((await send(house, 'PATCH', '/api/v1/agents/demo:8001', { team: null })).statusCode, 200);
  const after = await send(house, 'PATCH', url, { wrapUpMs: 5_000 });
  assert.equal(after.statusCode, 200, after.body);
  assert.match(JSON.stringify((after.json() as { warnings: object[] }).warnings), /"widening.reserves.0.open.0.team","message":"there is no team/);
});

test('G8, G10: a user of several shapes of mischief is refused before anything changes', async () => {
  const house = await openFakeHouse();
  const good = { username: 'lily', name: 'Lily', role: 'agent', password: 'long enough' };
  const bad: [string, object | string, keyof typeof problems][] = [
    ['unknown field', { ...good, tenantId: 'other' }, 'validation_failed'],
    ['role that is none', { ...good, role: 'root' }, 'validation_failed'],
    ['short password', { ...good, password: 'short' }, 'validation_failed'],
    ['number for a name', { ...good, name: 5 }, 'validation_failed'],
    ['an agent of another tenant', { ...good, agentId: 'other:8001' }, 'validation_failed'],
    ['prototype pollution', '{"username":"x","__proto__":{"role":"admin"}}', 'bad_request'],
    ['broken JSON', '{"username":', 'bad_request'],
    ['nested 10,000 deep', `${'['.repeat(10_000)}${']'.repeat(10_000)}`, 'validation_failed'],
    ['more than 1 MB', JSON.stringify({ ...good, name: 'x'.repeat(1_100_000) }), 'too_large'],
  ];
  for (const [what, payload, code] of bad) {
    const answer = await send(house, 'POST', '/api/v1/users', payload, as('admin', { 'content-type': 'application/json' }));
    assertProblem(answer, code);
    assert.equal(house.created, 0, what);
    assert.equal(house.audit.length, 0, what);
  }
  assertProblem(await send(house, 'POST', '/api/v1/users', '<user/>', as('admin', { 'content-type': 'application/xml' })), 'unsupported_media');
});

test('a validation fault says where and why', async () => {
  const house = await openFakeHouse();
  const { errors } = assertProblem(await send(house, 'PATCH', '/api/v1/queues/demo:service', { ringTimeoutMs: 1 }), 'validation_failed');
  assert.equal(errors?.[0]?.at, 'body.ringTimeoutMs');
  assert.match(errors?.[0]?.message ?? '', /3000/);
});

test('the sentence comes in the user’s language, and before sign-in in the browser’s', async () => {
  const house = await openFakeHouse();
  const title = async (headers: Record<string, string>) => ((await send(house, 'GET', '/api/v1/me', undefined, headers)).json() as ProblemDocument).title;
  assert.equal(await title({}), problems.unauthenticated.zh);
  assert.equal(await title({ 'accept-language': 'en-GB,en;q=0.9' }), problems.unauthenticated.en);
  const forbidden = (await send(house, 'GET', '/api/v1/users', undefined, as('agent'))).json() as ProblemDocument;
  assert.equal(forbidden.title, problems.forbidden.en);
});

test('every problem has both languages and a status that is an error', () => {
  for (const [code, row] of Object.entries(problems)) {
    assert.ok(row.status >= 400 && row.status < 600, code);
    assert.match(row.zh, /[\u4e00-\u9fff]/, code);
    assert.match(row.en, /^[\x20-\x7e]+$/, code);
  }
});

test('G10: a page asks for at most 200 and is walked by its cursor to the end without a double', async () => {
  const house = await openFakeHouse();
  for (const limit of ['0', '201', '1e9', 'x']) assertProblem(await send(house, 'GET', `/api/v1/calls?limit=${limit}`), 'validation_failed');
  const seen: string[] = [];
  let url = '/api/v1/calls?limit=1';
  for (let pages = 0; pages < 10; pages += 1) {
    const { items, nextCursor } = (await send(house, 'GET', url)).json() as { items: { callId: string }[]; nextCursor: string | null };
    seen.push(...items.map((item) => item.callId));
    if (nextCursor === null) break;
    url = `/api/v1/calls?limit=1&cursor=${nextCursor}`;
  }
  assert.deepEqual(seen, ['c-demo-3', 'c-demo-2', 'c-demo-1']);
});

test('the same call with the same Idempotency-Key is done once and answered twice alike', async () => {
  const house = await openFakeHouse();
  const user = { username: 'lily', name: 'Lily', role: 'agent', password: 'long enough' };
  const key = as('admin', { 'idempotency-key': 'k1' });
  const first = await send(house, 'POST', '/api/v1/users', user, key);
  const second = await send(house, 'POST', '/api/v1/users', user, key);
  assert.equal(first.statusCode, 201);
  assert.equal(second.statusCode, 201);
  assert.equal(second.body, first.body);
  assert.equal(second.headers['content-type'], first.headers['content-type']);
  assert.equal(second.headers['idempotency-replayed'], 'true');
  assert.equal(house.created, 1);
  assertProblem(await send(house, 'POST', '/api/v1/users', { ...user, name: 'Rose' }, key), 'key_reused');
  assertProblem(await send(house, 'POST', '/api/v1/users', user, as('admin', { 'idempotency-key': 'k2' })), 'conflict');
  assertProblem(await send(house, 'POST', '/api/v1/users', user, as('admin', { 'idempotency-key': 'k 3' })), 'bad_request');
  house.now += 86_400_001;
  assertProblem(await send(house, 'POST', '/api/v1/users', user, key), 'conflict');
});

test('while the first is under way, the same call with its key waits for nobody: it is told so', async () => {
  const house = await openFakeHouse();
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { saveQueue } = house.ports.configuration;
  let asked = 0;
  house.ports.configuration.saveQueue = (queue, told) => {
    asked += 1;
    return held.then(() => saveQueue(queue, told));
  };
  const change = () => send(house, 'PATCH', '/api/v1/queues/demo:service', { wrapUpMs: 5000 }, as('admin', { 'idempotency-key': 'k' }));
  const first = change();
  await until('the first is under way', () => asked === 1);
  assertProblem(await change(), 'key_in_use');
  release();
  assert.equal((await first).statusCode, 200);
  assert.equal((await change()).headers['idempotency-replayed'], 'true');
  assert.equal(house.configured.length, 1);
});

test('a failure of ours is not kept under its key: trying again may help', async () => {
  const house = await openFakeHouse();
  const { saveQueue } = house.ports.configuration;
  house.ports.configuration.saveQueue = async () => Promise.reject(new Error('once'));
  const change = () => send(house, 'PATCH', '/api/v1/queues/demo:service', { wrapUpMs: 5000 }, as('admin', { 'idempotency-key': 'k' }));
  assertProblem(await change(), 'internal');
  house.ports.configuration.saveQueue = saveQueue;
  assert.equal((await change()).statusCode, 200);
});

test('a key of one user is nothing to another', async () => {
  const house = await openFakeHouse();
  const skills = { skills: { english: 3 } };
  for (const role of ['admin', 'supervisor'] as const) {
    const answer = await send(house, 'PATCH', '/api/v1/agents/demo:8001', skills, as(role, { 'idempotency-key': 'same' }));
    assert.equal(answer.headers['idempotency-replayed'], undefined);
  }
  assert.equal(house.configured.length, 2);
});

test('a change is audited with who, what, before and after, and never with a password', async () => {
  const house = await openFakeHouse();
  await send(house, 'PATCH', '/api/v1/users/demo:8001', { password: 'a new password', language: 'en' });
  await send(house, 'PATCH', '/api/v1/queues/demo:service', { wrapUpMs: 5000 });
  assert.deepEqual(
    house.audit.map(({ tenantId, userId, action, resource }) => ({ tenantId, userId, action, resource })),
    [
      { tenantId: 'demo', userId: 'demo:admin', action: 'user.update', resource: 'user/demo:8001' },
      { tenantId: 'demo', userId: 'demo:admin', action: 'queue.update', resource: 'queue/demo:service' },
    ],
  );
  assert.deepEqual(house.audit[0]?.after, { password: 'changed', language: 'en' });
  assert.equal(JSON.stringify(house.audit).includes('a new password'), false);
});

test('a callback is given up for a reason that the audit keeps; once an agent has taken it, no more', async () => {
  const house = await openFakeHouse();
  const supervisor = as('supervisor');
  const reason = encodeURIComponent('客户已到营业厅办理');
  assert.equal((await send(house, 'DELETE', `/api/v1/callbacks/c-demo-1-b?reason=${reason}`, undefined, supervisor)).statusCode, 204);
  assert.deepEqual(house.cancelled, ['c-demo-1-b by demo:supervisor']);
  const [entry] = house.audit;
  assert.deepEqual([entry?.action, entry?.resource, entry?.after], ['callback.cancel', 'callback/c-demo-1-b', { reason: '客户已到营业厅办理' }]);
  for (const callback of house.callbacks) callback.state = 'dialling';
  assertProblem(await send(house, 'DELETE', '/api/v1/callbacks/c-demo-1-b', undefined, supervisor), 'callback_taken');
});

test('what cannot be audited is not changed', async () => {
  const house = await openFakeHouse();
  house.ports.audit.write = async () => Promise.reject(new Error('store away'));
  assertProblem(await send(house, 'PATCH', '/api/v1/queues/demo:service', { wrapUpMs: 5000 }), 'internal');
  assert.deepEqual(house.configured, []);
});

test('an admin cannot take her own rights away', async () => {
  const house = await openFakeHouse();
  assertProblem(await send(house, 'PATCH', '/api/v1/users/demo:admin', { disabled: true }), 'forbidden');
  assertProblem(await send(house, 'PATCH', '/api/v1/users/demo:admin', { role: 'agent' }), 'forbidden');
  assert.equal((await send(house, 'PATCH', '/api/v1/users/demo:admin', { name: 'Boss' })).statusCode, 200);
});

test('J1: a faulty dialplan is not published; each fault comes with file, line and column', async () => {
  const house = await openFakeHouse();
  const files = { 'main.yaml': 'broken' };
  const checked = (await send(house, 'POST', '/api/v1/dialplans/check', { files })).json() as object;
  assert.deepEqual(checked, { ok: false, faults: [{ file: 'main.yaml', line: 2, column: 3, message: 'no such verb' }] });
  const { errors } = assertProblem(await send(house, 'POST', '/api/v1/dialplans', { files }), 'dialplan_faulty');
  assert.deepEqual(errors, [{ at: 'main.yaml:2:3', message: 'no such verb' }]);
  assert.deepEqual(house.audit, []);
  for (const name of ['../main.yaml', 'MAIN.yaml', 'main.txt'])
    assertProblem(await send(house, 'POST', '/api/v1/dialplans', { files: { [name]: 'x' } }), 'validation_failed');
});

test('an agent sees a customer’s number masked, a supervisor sees it', async () => {
  const house = await openFakeHouse();
  const number = async (role: Role) =>
    ((await send(house, 'GET', '/api/v1/customers?number=138%200000%201001', undefined, as(role))).json() as { items: { number: string }[] }).items[0]?.number;
  assert.equal(await number('agent'), '138****1001');
  assert.equal(await number('supervisor'), '+8613800001001');
});

test('a rating, and what came of it, is for who leads; the agent finds neither in the record, nor by asking for it', async () => {
  const house = await openFakeHouse();
  const askedAt = Date.parse('2026-03-01T08:00:00.000Z');
  const detail = house.details.get('c-demo-1');
  assert.ok(detail);
  const survey = {
    agentId: asId<AgentId>('demo:8001'),
    queueId: asId<QueueId>('demo:service'),
    askedAt,
    how: 'sent',
    rating: 5,
    reason: 'waited',
    end: 'answered',
  } as const;
  const followUp = { ticketId: 'survey-c-demo-1', status: 'open', openedAt: '2026-03-01T08:00:00.000Z', closedAt: null };
  house.details.set('c-demo-1', { ...detail, call: { ...detail.call, survey }, followUp });
  const get = (url: string, role: 'agent' | 'supervisor') => house.app.inject({ url, headers: { authorization: `Bearer ${tokenOf('demo', role)}` } });
  const seen = (await get('/api/v1/calls/c-demo-1', 'supervisor')).json();
  assert.deepEqual([seen.survey, seen.followUp], [{ ...survey, askedAt: new Date(askedAt).toISOString() }, followUp]);
  const hers = (await get('/api/v1/calls/c-demo-1', 'agent')).json();
  assert.deepEqual([hers.callId, hers.survey, hers.followUp], ['c-demo-1', null, null]);
  const list = (await get('/api/v1/calls', 'agent')).json().items as { survey: unknown }[];
  assert.ok(list.length > 0 && list.every((call) => call.survey === null));
  assert.equal((await get('/api/v1/calls?rating=4-5', 'supervisor')).statusCode, 200);
  assert.equal((await get('/api/v1/calls?rating=4-5', 'agent')).statusCode, 403, 'nor by finding the call among those rated so');
  assert.equal((await get('/api/v1/calls?rating=6', 'supervisor')).statusCode, 400);
});

test('a recording plays whole or in ranges, is audited, and nothing outside its folder is', async () => {
  const house = await openFakeHouse();
  const play = (range?: string, call = 'c-demo-1') =>
    send(house, 'GET', `/api/v1/calls/${call}/recording`, undefined, as('supervisor', range === undefined ? {} : { range }));
  const whole = await play();
  assert.equal(whole.statusCode, 200);
  assert.equal(whole.headers['content-type'], 'audio/wav');
  assert.deepEqual(whole.rawPayload, recordingBytes);
  const part = await play('bytes=100-199');
  assert.equal(part.statusCode, 206);
  assert.equal(part.headers['content-range'], 'bytes 100-199/1000');
  assert.deepEqual(part.rawPayload, recordingBytes.subarray(100, 200));
  const beyond = await play('bytes=1000-');
  assertProblem(beyond, 'range_not_satisfiable');
  assert.equal(beyond.headers['content-range'], 'bytes */1000');
  assertProblem(await play(undefined, 'c-demo-3'), 'not_found');
  assertProblem(await send(house, 'GET', '/api/v1/calls/c-demo-1/recording?recordingId=nope', undefined, as('supervisor')), 'not_found');
  assert.deepEqual([...new Set(house.audit.map((entry) => entry.action))], ['recording.play']);
});

test('a player is given an address that needs no token: for that recording alone, in ranges and audited, until the sign-in is over', async () => {
  const house = await openFakeHouse();
  const given = await send(house, 'POST', '/api/v1/recordings/c-demo-1.r1/tickets', undefined, as('supervisor'));
  assert.equal(given.statusCode, 201);
  const { url } = given.json() as { url: string };
  const bare = (at: string, range?: string) => send(house, 'GET', at, undefined, range === undefined ? {} : { range });
  const part = await bare(url, 'bytes=10-19');
  assert.equal(part.statusCode, 206);
  assert.deepEqual(part.rawPayload, recordingBytes.subarray(10, 20));
  assert.deepEqual([house.audit.at(-1)?.action, house.audit.at(-1)?.userId], ['recording.play', 'demo:supervisor']);
  assertProblem(await bare(url.replace('c-demo-1.r1', 'c-demo-2.r1')), 'unauthenticated');
  assertProblem(await bare(url.replace('/audio', '/peaks')), 'unauthenticated');
  assertProblem(await bare(url.replace(/ticket=.*/, 'ticket=guessed')), 'unauthenticated');
  house.now += 3 * 3_600_000;
  assertProblem(await bare(url), 'unauthenticated');
});

test('a player of a whole call is given an address of its own, for that call alone', async () => {
  const house = await openFakeHouse();
  const given = await send(house, 'POST', '/api/v1/calls/c-demo-1/recording/tickets', undefined, as('supervisor'));
  assert.equal(given.statusCode, 201);
  const { url } = given.json() as { url: string };
  const bare = (at: string, range?: string) => send(house, 'GET', at, undefined, range === undefined ? {} : { range });
  const part = await bare(url, 'bytes=10-19');
  assert.equal(part.statusCode, 206);
  assert.deepEqual(part.rawPayload, recordingBytes.subarray(10, 20));
  assertProblem(await bare(url.replace('c-demo-1', 'c-demo-2')), 'unauthenticated');
  assertProblem(await bare(url.replace('/recording?', '/recording/peaks?')), 'unauthenticated');
  assertProblem(await bare(url.replace('/calls/c-demo-1/recording', '/recordings/c-demo-1.r1/audio')), 'unauthenticated');
  house.now += 3 * 3_600_000;
  assertProblem(await bare(url), 'unauthenticated');
});

test('the SIP trace of a call is for supervisors and admins, is audited, and says when the SIP server has none', async () => {
  const house = await openFakeHouse();
  const ask = (call: string, role: 'agent' | 'supervisor' | 'admin' = 'supervisor') =>
    send(house, 'GET', `/api/v1/calls/${call}/sip-trace`, undefined, as(role));
  const trace = await ask('c-demo-1', 'admin');
  assert.equal(trace.statusCode, 200);
  assert.deepEqual(
    trace.json().messages.map(({ callId }: { callId: string }) => callId),
    ['sip-c-demo-1'],
  );
  assertProblem(await ask('c-demo-1', 'agent'), 'forbidden');
  assertProblem(await ask('c-other-1'), 'not_found');
  assert.deepEqual(
    house.audit.map(({ action, resource }) => `${action} ${resource}`),
    ['call.trace call/c-demo-1'],
  );
  house.ports.sipTrace = async () => Promise.reject(new Error('gone'));
  assertProblem(await ask('c-demo-1'), 'unavailable');
  house.ports.sipTrace = null;
  assertProblem(await ask('c-demo-1'), 'unavailable');
});

test('ranges are read as RFC 9110 has them', () => {
  const table: [string | undefined, { first: number; last: number } | null | 'unsatisfiable'][] = [
    [undefined, null],
    ['bytes=0-0', { first: 0, last: 0 }],
    ['bytes=0-', { first: 0, last: 999 }],
    ['bytes=990-2000', { first: 990, last: 999 }],
    ['bytes=-10', { first: 990, last: 999 }],
    ['bytes=-2000', { first: 0, last: 999 }],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=1000-1001', 'unsatisfiable'],
    ['bytes=5-4', null],
    ['bytes=-', null],
    ['bytes=0-1,4-5', null],
    ['seconds=0-1', null],
  ];
  for (const [header, expected] of table) {
    if (expected === 'unsatisfiable') assert.throws(() => rangeOf(header, 1000), { code: 'range_not_satisfiable' }, header);
    else assert.deepEqual(rangeOf(header, 1000), expected, header);
  }
});

test('ready is 200 while calls can be served, 503 when they cannot', async () => {
  const house = await openFakeHouse();
  const ready = async () => {
    const answer = await send(house, 'GET', '/readyz', undefined, {});
    return `${answer.statusCode} ${(answer.json() as { status: string }).status}`;
  };
  assert.equal(await ready(), '200 ok');
  house.parts = { ...house.parts, store: { ok: false, essential: false, detail: 'away' } };
  assert.equal(await ready(), '200 degraded');
  house.parts = { ...house.parts, media: { ok: false, essential: true } };
  assert.equal(await ready(), '503 unavailable');
  house.ports.health.draining = () => true;
  assert.equal(await ready(), '503 draining');
  assert.equal((await send(house, 'GET', '/livez', undefined, {})).statusCode, 200);
});

test('G13: metrics are for this machine or an admin, not for the public', async () => {
  const house = await openFakeHouse();
  const from = (remoteAddress: string, headers: Record<string, string> = {}) => house.app.inject({ url: '/metrics', remoteAddress, headers });
  assert.equal((await from('127.0.0.1')).statusCode, 200);
  assertProblem(await from('127.0.0.1', { 'x-forwarded-for': '203.0.113.9' }), 'unauthenticated');
  assertProblem(await from('203.0.113.9'), 'unauthenticated');
  assertProblem(await from('203.0.113.9', as('agent')), 'forbidden');
  assert.equal((await from('203.0.113.9', as('admin'))).statusCode, 200);
});

test('the API describes itself: OpenAPI 3.1 with problems on every operation, and a page without a script', async () => {
  const house = await openFakeHouse();
  const document = (await house.app.inject('/api/openapi.json')).json() as {
    openapi: string;
    paths: Record<string, Record<string, { responses: Record<string, unknown>; security?: unknown[]; summary?: string }>>;
  };
  assert.match(document.openapi, /^3\.1\./);
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      assert.ok(operation.summary, `${method} ${path} has no summary`);
      assert.ok('4XX' in operation.responses && '5XX' in operation.responses, `${method} ${path}`);
    }
  }
  assert.deepEqual(document.paths['/api/v1/sessions']?.post?.security, []);
  const page = (await house.app.inject('/api/docs')).body;
  assert.ok(page.includes('/api/v1/calls') && !page.includes('<script'));
});

test('each console’s address leads to the page, its assets are kept for a year and sent packed to who takes that, and nothing else is found', async () => {
  const house = await openFakeHouse();
  for (const url of ['/', '/agent', '/agent/calls/1', '/supervisor', '/admin?x=1']) {
    const answer = await house.app.inject(url);
    assert.equal(answer.statusCode, 200, url);
    assert.match(answer.body, /<title>console/);
    assert.equal(answer.headers['cache-control'], 'no-cache');
    assert.match(String(answer.headers['content-security-policy']), /default-src 'self'/);
  }
  const [plain, packed] = await Promise.all(
    ['identity', 'gzip'].map((encoding) => house.app.inject({ url: '/assets/app-1a2b.js', headers: { 'accept-encoding': encoding } })),
  );
  assert.deepEqual([plain?.headers['content-encoding'], plain?.body], [undefined, 'void 0;']);
  assert.deepEqual(
    [packed?.headers['content-encoding'], packed?.headers.vary, String(packed?.headers['content-type'])],
    ['gzip', 'accept-encoding', 'application/javascript; charset=utf-8'],
  );
  for (const answer of [plain, packed]) assert.match(String(answer?.headers['cache-control']), /immutable/);
  for (const url of ['/agents', '/api/v1/nothing', '/../secret.wav', '/%2e%2e/secret.wav', '/assets/..%2f..%2fsecret.wav', '/%']) {
    const answer = await house.app.inject(url);
    assert.ok(answer.statusCode === 404 || answer.statusCode === 400 || answer.statusCode === 403, `${url}: ${answer.statusCode}`);
    assert.equal(answer.body.includes('not a recording'), false);
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/, url);
  }
});

test('too many requests with one token are refused, and another user is served', async () => {
  const house = await openFakeHouse();
  let refused = 0;
  for (let n = 0; n < 1_201; n += 1) if ((await send(house, 'GET', '/api/v1/me')).statusCode === 429) refused += 1;
  assert.equal(refused, 1);
  assertProblem(await send(house, 'GET', '/api/v1/me'), 'too_many_requests');
  assert.equal((await send(house, 'GET', '/api/v1/me', undefined, as('agent'))).statusCode, 200);
});

test('an address that guesses tokens is turned away without a look, while who has a good one is served', async () => {
  const house = await openFakeHouse();
  let looked = 0;
  const { identify } = house.ports.sessions;
  house.ports.sessions.identify = (token, source) => {
    looked += 1;
    return identify(token, source);
  };
  assert.equal((await send(house, 'GET', '/api/v1/me')).statusCode, 200);
  for (let n = 0; n < 300; n += 1) assert.equal((await send(house, 'GET', '/api/v1/me', undefined, { authorization: `Bearer guess${n}` })).statusCode, 401);
  looked = 0;
  assertProblem(await send(house, 'GET', '/api/v1/me', undefined, { authorization: 'Bearer one-more' }), 'too_many_requests');
  assert.equal(looked, 0);
  assert.equal((await send(house, 'GET', '/api/v1/me')).statusCode, 200);
  house.now += 60_000;
  assertProblem(await send(house, 'GET', '/api/v1/me', undefined, { authorization: 'Bearer one-more' }), 'unauthenticated');
});

test('while the database is away the answer is 503 with a time to come back, and its secret words stay inside', async () => {
  const house = await openFakeHouse();
  house.ports.records.list = async () => Promise.reject(Object.assign(new Error('connect ECONNREFUSED 10.0.0.5:5432'), { code: 'ECONNREFUSED' }));
  const away = await send(house, 'GET', '/api/v1/calls');
  assertProblem(away, 'unavailable');
  assert.equal(away.headers['retry-after'], '5');
  assert.equal(away.body.includes('10.0.0.5'), false);
  house.ports.records.list = async () => Promise.reject(new Error('relation "calls" has no secret'));
  const broken = await send(house, 'GET', '/api/v1/calls');
  assertProblem(broken, 'internal');
  assert.equal(broken.body.includes('relation'), false);
});

/** How a live call sounds is told to who may see the call. */
async function callsSound(house: FakeHouse, hers: string, foreign: string): Promise<void> {
  const ask = (callId: string, role: 'agent' | 'supervisor') => send(house, 'GET', `/api/v1/calls/${callId}/audio`, undefined, as(role));
  for (const role of ['agent', 'supervisor'] as const) {
    const { legs } = (await ask(hers, role)).json() as { legs: { legId: string; audio: { heard: { mos: number } } }[] };
    assert.deepEqual(
      legs.map(({ legId, audio }) => [legId, audio.heard.mos]),
      [
        [`${hers}.0`, 4.41],
        [`${hers}.1`, 4.41],
      ],
    );
  }
  assertProblem(await ask('c-demo-1', 'agent'), 'not_found');
  assertProblem(await ask(foreign, 'supervisor'), 'not_found');
  assertProblem(await ask('nope', 'supervisor'), 'not_found');
  house.ports.legAudio = async () => null;
  assert.equal((await ask(hers, 'supervisor')).json().legs[0].audio, null);
}

test('live calls are paged in the order of their arrival; an agent sees those she is on, nobody another tenant’s', async () => {
  const house = await openFakeHouse();
  house.live = liveCalls(
    [
      ['demo', 1],
      ['demo', 2],
      ['demo', 3],
      ['other', 1],
      ['demo', 4, 'demo:8001'],
    ],
    house.now,
  );
  const seen: string[] = [];
  for (let cursor = ''; ; ) {
    const page = (await send(house, 'GET', `/api/v1/calls/live?limit=2${cursor}`, undefined, as('supervisor'))).json() as Page<{ callId: string }>;
    seen.push(...page.items.map((item) => item.callId));
    if (page.nextCursor === null) break;
    cursor = `&cursor=${page.nextCursor}`;
  }
  assert.deepEqual(seen, ['c-demo-1', 'c-demo-2', 'c-demo-3', 'c-demo-4']);
  await callsSound(house, 'c-demo-4', 'c-other-1');
  const hers = (await send(house, 'GET', '/api/v1/calls/live', undefined, as('agent'))).json() as Page<{ callId: string; legs: { state: string }[] }>;
  assert.deepEqual(
    hers.items.map((item) => [item.callId, item.legs.map((leg) => leg.state)]),
    [['c-demo-4', ['arriving', 'dialling']]],
  );
});

test('a trunk’s password goes in and never comes out: not in answers, not in the audit', async () => {
  const house = await openFakeHouse();
  const credentials = { username: 'huawu-1', realm: 'carrier.example' };
  const made = await send(house, 'POST', '/api/v1/trunks', { name: 'north', credentials, password: 'open sesame' });
  assert.equal(made.statusCode, 201, made.body);
  assert.equal((made.json() as { hasPassword: boolean }).hasPassword, true);
  const kept = await send(house, 'PATCH', '/api/v1/trunks/demo:north', { maxCalls: 30 });
  assert.equal((kept.json() as { hasPassword: boolean }).hasPassword, true);
  const moved = await send(house, 'PATCH', '/api/v1/trunks/demo:north', { credentials: { ...credentials, realm: 'other.example' } });
  assert.equal((moved.json() as { hasPassword: boolean }).hasPassword, false, 'a digest is of one realm');
  const seen = [made, kept, moved, await send(house, 'GET', '/api/v1/trunks')].map(({ body }) => body).join() + JSON.stringify(house.audit);
  assert.doesNotMatch(seen, /sesame|ha1|sha256/i);
  assert.deepEqual(
    house.audit.map(({ action }) => action),
    ['trunk.create', 'trunk.update', 'trunk.update'],
  );
});

test('a trunk that cannot work, or that would believe the world, is refused with the reason', async () => {
  const house = await openFakeHouse();
  const refused: [object, string, RegExp][] = [
    [{ registration: { seconds: 600 } }, 'body', /needs credentials/],
    [{ inbound: ['0.0.0.0/0'] }, 'body.inbound.0', /too many/],
    [{ inbound: ['pbx_example'] }, 'body.inbound.0', /IP address/],
    [{ addresses: [{ uri: 'http://x' }] }, 'body.addresses.0.uri', /sip:host/],
    [{ shared: true }, 'body.', /shared/],
    [{ pingSeconds: 60 }, 'body.pingSeconds', /20/],
  ];
  for (const [body, at, message] of refused) {
    const { errors } = assertProblem(await send(house, 'PATCH', '/api/v1/trunks/demo:city', body), 'validation_failed');
    assert.deepEqual([errors?.[0]?.at, message.test(errors?.[0]?.message ?? '')], [at, true], JSON.stringify([body, errors]));
  }
  assert.deepEqual(house.configured, []);
});

test('a trunk is removed when no call goes over it any more, and not before', async () => {
  const house = await openFakeHouse();
  house.trunkCalls = 2;
  assertProblem(await send(house, 'DELETE', '/api/v1/trunks/demo:city'), 'in_use');
  await send(house, 'PATCH', '/api/v1/trunks/demo:city', { enabled: false });
  const drained = await send(house, 'GET', '/api/v1/trunks/demo:city');
  assert.equal((drained.json() as { calls: number }).calls, 2, 'one that is switched off says what is left on it');
  assertProblem(await send(house, 'DELETE', '/api/v1/trunks/demo:city'), 'in_use');
  house.trunkCalls = 0;
  assert.equal((await send(house, 'DELETE', '/api/v1/trunks/demo:city')).statusCode, 204);
  assertProblem(await send(house, 'GET', '/api/v1/trunks/demo:city'), 'not_found');
  assert.deepEqual(
    house.audit.map(({ action }) => action),
    ['trunk.update', 'trunk.remove'],
  );
});

test('H1, H6: a supervisor is shown who called for help from where, and whose account is blocked', async () => {
  const house = await openFakeHouse();
  const location = { address: '北京市西城区金融大街1号5层', latitude: null, longitude: null, accessNetwork: null };
  const account = asId<AgentId>('demo:8001');
  house.alarms.push({ at: house.now, what: 'emergency', account, callId: asId<CallId>('c1'), number: '120', location });
  house.alarms.push({ at: house.now, what: 'blocked', account, why: 'money', until: house.now + 1_000 });
  const answer = await send(house, 'GET', '/api/v1/outside-alarms', undefined, as('supervisor'));
  const { items } = answer.json() as { items: Record<string, unknown>[] };
  assert.deepEqual(
    items.map(({ what, number, address, why }) => [what, number, address, why]),
    [
      ['emergency', '120', location.address, null],
      ['blocked', null, null, 'money'],
    ],
  );
  assertProblem(await send(house, 'GET', '/api/v1/outside-alarms', undefined, as('agent')), 'forbidden');
});

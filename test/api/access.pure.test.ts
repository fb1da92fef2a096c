/** Every route × every role × own and other tenant, generated from the API's own description, so that no route is forgotten. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentId, asId, type CallId, legIdOf, type OfferId, type TenantId, type UserId } from '../../kernel/ids.ts';
import { createCallRoom } from '../../src/call/decide.ts';
import type { CallEvent } from '../../src/call/event.ts';
import { type Action, actions, keyScopes, type PersonRole as Role } from '../../src/users/user.ts';
import { type FakeHouse, openFakeHouse, roleNames, tenants, tokenOf } from './fake-house.ts';
import { liveCalls } from './live-calls.ts';
import { ask, open, type Row, rows } from './operations.ts';

/** A call of each tenant that is up, with its agent. */
function talkOnce(house: FakeHouse): void {
  const room = createCallRoom();
  for (const tenant of ['demo', 'other'] as const) {
    const callId = asId<CallId>(`c-${tenant}-live`);
    const party = { number: '+8613800001001', raw: '' };
    const ids = { callId, offerId: asId<OfferId>('o1'), agentId: asId<AgentId>(`${tenant}:8001`), queueId: null };
    const arrived = { callId, legId: legIdOf(callId, 0), tenantId: asId<TenantId>(tenant), caller: party, callee: party, trunk: 't', sipCallId: 's' };
    const events: CallEvent[] = [
      { type: 'callArrived', ...arrived },
      { type: 'callOffered', ...ids, legId: legIdOf(callId, 1), record: true, until: house.now },
    ];
    for (const event of events) room.decide(event, house.now);
  }
  house.live = [...room.calls.values()];
}

test('the matrix names every operation of the API, and no other', async () => {
  const { app } = await openFakeHouse();
  const { paths } = JSON.parse((await app.inject('/api/openapi.json')).body) as { paths: Record<string, Record<string, unknown>> };
  const described = Object.entries(paths).flatMap(([path, operations]) => Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`));
  assert.deepEqual(described.sort(), [...Object.keys(rows), ...open].sort());
});

/** With every scope there is but these, or with these alone. */
function keyWith(house: FakeHouse, scopes: readonly Action[]): string {
  const token = `hwk_${scopes.length}`;
  const userId = asId<UserId>('demo:key:1a2b3c4d');
  house.keys.set(token, {
    userId,
    tenantId: asId<TenantId>('demo'),
    username: 'key:1a2b3c4d',
    name: 'CRM',
    role: 'key',
    language: 'en',
    agentId: null,
    scopes,
  });
  return token;
}

test('a key may what the scope says that the API’s description names, in its own tenant, and nothing else', async () => {
  const { app } = await openFakeHouse();
  type Described = { security?: Record<string, string[]>[] };
  const { paths } = JSON.parse((await app.inject('/api/openapi.json')).body) as { paths: Record<string, Record<string, Described>> };
  for (const operation of Object.keys(rows)) {
    const [method = '', path = ''] = operation.split(' ');
    const scope = paths[path]?.[method.toLowerCase()]?.security?.find((one) => 'key' in one)?.key?.[0] as Action | undefined;
    const reads = await shared;
    const others = keyWith(
      reads,
      actions.filter((action) => action !== scope),
    );
    assert.equal((await ask(reads, operation, 'demo', others)).status, 403, `${operation} without its scope`);
    if (scope === undefined) continue;
    assert.ok(keyScopes.includes(scope), scope);
    const house = await houseFor(operation);
    const { stranger, keyNeeds } = rows[operation] as Row;
    const needed = keyNeeds === undefined ? [scope] : [scope, keyNeeds];
    const { status } = await ask(house, operation, 'demo', keyWith(house, needed));
    assert.ok(status < 300, `${operation} with ${scope}: ${status}`);
    if (stranger === 'own' && method !== 'GET') continue;
    const strange = await ask(reads, operation, 'other', keyWith(reads, needed));
    if (stranger === 'own') assert.ok(strange.status < 300 && !strange.text.includes('other:'), `${operation}: ${strange.status}`);
    else assert.equal(strange.status, stranger, operation);
  }
});

/** Reading changes nothing, and neither does what is refused: they share one house, for a house takes its time to be made. */
const shared = openFakeHouse().then((house) => {
  house.live = liveCalls(
    [
      ['demo', 1, 'demo:8001'],
      ['other', 1, 'other:8001'],
    ],
    house.now,
  );
  return house;
});
const houseFor = (operation: string): Promise<FakeHouse> => (operation.startsWith('GET ') ? shared : freshHouse());

async function freshHouse(): Promise<FakeHouse> {
  const house = await openFakeHouse();
  talkOnce(house);
  return house;
}

/** What leads have of the whole tenant: themselves, and what is no agent's. */
const ofWholeTenant: readonly string[] = [
  ...Object.keys(rows).filter((operation) => operation.includes('/api/v1/me') || operation.includes('/sessions/current')),
  ...['queues', 'queues/{queueId}', 'calendars', 'calendars/{calendarId}', 'alert-rules', 'directory', 'recording-rules', 'reports/definitions'].map(
    (path) => `GET /api/v1/${path}`,
  ),
  ...['customers', 'customers/{customerId}'].map((path) => `GET /api/v1/${path}`),
];

/** By the rules of supervisors' lines, which the fake house has not: test/cti/desks.pure.test.ts. */
const judgedAtTheDesks: readonly string[] = ['POST /api/v1/calls/{callId}/supervision', 'DELETE /api/v1/calls/{callId}/supervision', 'POST /api/v1/messages'];

function strangeLead(house: FakeHouse): string {
  const identity = { username: 'south', name: 'S', role: 'lead', language: 'en', agentId: null, teams: ['south'] } as const;
  house.keys.set('south-lead', { ...identity, userId: asId<UserId>('demo:south'), tenantId: asId<TenantId>('demo'), teams: ['south'] });
  return 'south-lead';
}

for (const [operation, row] of Object.entries(rows)) {
  test(`G7, G8: ${operation}: each role gets what it may and nothing else`, async () => {
    for (const role of roleNames) {
      // Who is refused changes nothing either.
      const house = row.allowed[role] === 'yes' ? await houseFor(operation) : await shared;
      const before = house.audit.length;
      const { status } = await ask(house, operation, 'demo', tokenOf('demo', role));
      if (row.allowed[role] === 'yes') assert.ok(status < 300, `${role}: ${status}`);
      else assert.equal(status, 403, role);
      if (row.allowed[role] === 'no') assert.equal(house.audit.length, before, 'a refused request leaves no trace of a change');
      assert.ok(
        house.audit.every(({ source }) => source !== null && source !== undefined),
        'I6: each entry says from where',
      );
    }
  });

  test(`G7, I9: ${operation}: nobody reaches another tenant's things`, async () => {
    const house = row.stranger === 'own' ? await houseFor(operation) : await shared;
    for (const role of roleNames) {
      const { status, text } = await ask(house, operation, 'demo', tokenOf('other', role));
      if (row.allowed[role] === 'no') assert.equal(status, 403, role);
      else if (row.stranger === 'own') assert.ok(status < 300, `${role}: ${status}`);
      else assert.equal(status, row.stranger, role);
      if (row.stranger === 'own') assert.ok(!text.includes('demo:') && !text.includes('c-demo'), `${role}: ${text}`);
      assert.ok(!house.configured.some((change) => change.tenantId === tenants[0]));
    }
  });

  if (row.allowed.lead === 'yes' && !judgedAtTheDesks.includes(operation))
    test(`G7: ${operation}: the lead of another team reaches nothing of this one’s`, async () => {
      const house = ofWholeTenant.includes(operation) ? await houseFor(operation) : await shared;
      const before = house.audit.length;
      const { status, text } = await ask(house, operation, 'demo', strangeLead(house));
      if (ofWholeTenant.includes(operation)) assert.ok(status < 300, `${status}`);
      else if (status < 300) assert.ok(operation.startsWith('GET ') && !text.includes('demo:8001') && !text.includes('c-demo'), `${status} ${text}`);
      else assert.ok((status === 404 || status === 403) && house.audit.length === before, `${status}`);
    });

  test(`${operation}: without a token, or with a made-up one, is 401`, async () => {
    const house = await shared;
    for (const token of [null, 'made-up']) assert.equal((await ask(house, operation, 'demo', token)).status, 401);
  });
}

test('G7: an agent sees the calls she had: a colleague’s call and its recording do not exist for her', async () => {
  const { app } = await openFakeHouse();
  const headers = { authorization: `Bearer ${tokenOf('demo', 'agent')}` };
  assert.equal((await app.inject({ url: '/api/v1/calls/c-demo-2', headers })).statusCode, 404);
  assert.equal((await app.inject({ url: '/api/v1/calls/c-demo-2/recording', headers })).statusCode, 404);
  assert.equal((await app.inject({ url: '/api/v1/calls?agentId=demo:8002', headers })).statusCode, 403);
  const { items } = (await app.inject({ url: '/api/v1/calls', headers })).json() as { items: { callId: string }[] };
  assert.deepEqual(
    items.map((item) => item.callId),
    ['c-demo-3', 'c-demo-1'],
  );
});

test('a supervisor deals out queues and skills, but names are the admin’s to change', async () => {
  const { app } = await openFakeHouse();
  const change = async (role: Role, payload: object) =>
    (await app.inject({ method: 'PATCH', url: '/api/v1/agents/demo:8001', headers: { authorization: `Bearer ${tokenOf('demo', role)}` }, payload })).statusCode;
  assert.equal(await change('supervisor', { queues: [] }), 200);
  assert.equal(await change('supervisor', { name: 'X' }), 403);
  assert.equal(await change('admin', { name: 'X' }), 200);
});

test('G11: signing out voids the token at once', async () => {
  const { app } = await openFakeHouse();
  const headers = { authorization: `Bearer ${tokenOf('demo', 'admin')}` };
  assert.equal((await app.inject({ method: 'DELETE', url: '/api/v1/sessions/current', headers })).statusCode, 204);
  assert.equal((await app.inject({ url: '/api/v1/me', headers })).statusCode, 401);
});

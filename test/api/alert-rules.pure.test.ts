/** When walls call: supervisors set the bounds of queues and of the floor; each change is in the audit trail, and the rest of a queue stays as it was. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asId, type QueueId } from '../../kernel/ids.ts';
import { openFakeHouse, tokenOf } from './fake-house.ts';

type House = Awaited<ReturnType<typeof openFakeHouse>>;

async function ask(house: House, method: 'GET' | 'PUT', path: string, payload?: object, role: 'agent' | 'supervisor' = 'supervisor') {
  const headers = { authorization: `Bearer ${tokenOf('demo', role)}` };
  const response = await house.app.inject({ method, url: `/api/v1/alert-rules${path}`, headers, ...(payload === undefined ? {} : { payload }) });
  return { status: response.statusCode, body: response.json() as Record<string, unknown> };
}

test('the bounds of a queue are set whole, written down, and told again; an empty set takes them away', async () => {
  const house = await openFakeHouse();
  const queueId = asId<QueueId>('demo:service');
  const before = house.ports.directory.queue(queueId);
  assert.deepEqual(await ask(house, 'PUT', '/queues/demo:service', { waiting: 5, notReadyMs: 1_800_000 }), {
    status: 200,
    body: { waiting: 5, notReadyMs: 1_800_000 },
  });
  assert.deepEqual(house.ports.directory.queue(queueId), { ...before, alerts: { waiting: 5, notReadyMs: 1_800_000 } });
  assert.deepEqual((await ask(house, 'GET', '')).body, {
    floor: {},
    queues: [{ queueId: 'demo:service', name: before?.name, bounds: { waiting: 5, notReadyMs: 1_800_000 } }],
  });
  assert.deepEqual(await ask(house, 'PUT', '/queues/demo:service', {}), { status: 200, body: {} });
  assert.deepEqual(house.ports.directory.queue(queueId), before);
  const written = house.audit.map(({ action, resource, before: was, after }) => ({ action, resource, was, after }));
  assert.deepEqual(written, [
    { action: 'alertRules.update', resource: 'queue/demo:service', was: {}, after: { waiting: 5, notReadyMs: 1_800_000 } },
    { action: 'alertRules.update', resource: 'queue/demo:service', was: { waiting: 5, notReadyMs: 1_800_000 }, after: {} },
  ]);
});

test('the floor has bounds of its own; agents set none, a bound that means nothing is refused, and another tenant’s queue is not there', async () => {
  const house = await openFakeHouse();
  assert.equal((await ask(house, 'PUT', '/floor', { serviceLevelPct: 80, abandonedPct: 5 })).status, 200);
  assert.deepEqual((await ask(house, 'GET', '')).body.floor, { serviceLevelPct: 80, abandonedPct: 5 });
  assert.equal((await ask(house, 'PUT', '/floor', { waiting: 5 }, 'agent')).status, 403);
  assert.equal((await ask(house, 'PUT', '/floor', { serviceLevelPct: 120 })).status, 400);
  assert.equal((await ask(house, 'PUT', '/floor', { colour: 'red' })).status, 400);
  assert.equal((await ask(house, 'PUT', '/queues/other:service', { waiting: 5 })).status, 404);
});

/** An agent who goes: disabled and back, or removed; never from under a call, and never from under the dialplan. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProblemDocument } from '../../src/api/problems.ts';
import { type FakeHouse, openFakeHouse, tokenOf } from './fake-house.ts';

const headers = { authorization: `Bearer ${tokenOf('demo', 'admin')}` };
const agent = '/api/v1/agents/demo:8001';
const disable = (house: FakeHouse, disabled: boolean) => house.app.inject({ method: 'PATCH', url: agent, headers, payload: { disabled } });
const listed = async (house: FakeHouse): Promise<{ agentId: string; disabled: boolean }[]> =>
  ((await house.app.inject({ url: '/api/v1/agents', headers })).json() as { items: { agentId: string; disabled: boolean }[] }).items;

test('she is disabled, seen so, changed meanwhile, and comes back; the audit has each', async () => {
  const house = await openFakeHouse();
  assert.equal((await disable(house, true)).statusCode, 200);
  assert.deepEqual(
    (await listed(house)).map(({ agentId, disabled }) => [agentId, disabled]),
    [['demo:8001', true]],
  );
  assert.equal(house.ports.directory.agent('demo:8001' as never), null, 'she is on no floor');
  assert.equal((await house.app.inject({ method: 'PATCH', url: agent, headers, payload: { name: '王芳芳' } })).statusCode, 200);
  assert.deepEqual((await listed(house))[0]?.disabled, true, 'a change of something else leaves it');
  const taken = await house.app.inject({ method: 'POST', url: '/api/v1/agents', headers, payload: { number: '8001', name: 'N' } });
  assert.equal((taken.json() as ProblemDocument).code, 'conflict', 'her number is hers');
  assert.equal((await disable(house, false)).statusCode, 200);
  assert.deepEqual((await listed(house))[0]?.disabled, false);
  assert.deepEqual(
    house.audit.map(({ action }) => action),
    ['agent.disable', 'agent.update', 'agent.enable'],
  );
});

test('whoever is signed in, or has a call, is not taken away: the answer says to sign her out first', async () => {
  const view = { state: 'talking', activity: 'talking', reasons: [], since: 0, wrapUpUntil: null, pausedUntil: null, heldBy: null };
  const house = await openFakeHouse();
  Object.assign(house.ports.acd, { agent: () => ({ ...view, callId: 'c1', afterwards: null, phoneReachable: true, deskConnected: true }) });
  for (const answer of [await disable(house, true), await house.app.inject({ method: 'DELETE', url: agent, headers })]) {
    const problem = answer.json() as ProblemDocument;
    assert.deepEqual([problem.status, problem.code], [409, 'in_use']);
    assert.match(problem.detail ?? '', /signed in \(talking\): sign her out first/);
  }
  assert.deepEqual([house.audit, house.configured], [[], []]);
});

test('she stays while the dialplan sends calls to her; else she is removed with a line in the audit trail', async () => {
  const house = await openFakeHouse();
  const fits = house.ports.dialplans.fits;
  Object.assign(house.ports.dialplans, {
    fits: async (_tenant: string, { agents }: { agents?: string[] }) =>
      agents?.includes('8001') === false ? [{ file: 'main.yaml', line: 7, column: 9, message: 'there is no agent "8001"' }] : [],
  });
  const refused = (await house.app.inject({ method: 'DELETE', url: agent, headers })).json() as ProblemDocument;
  assert.deepEqual([refused.code, refused.errors], ['in_use', [{ at: 'main.yaml:7:9', message: 'there is no agent "8001"' }]]);
  Object.assign(house.ports.dialplans, { fits });
  assert.equal((await house.app.inject({ method: 'DELETE', url: agent, headers })).statusCode, 204);
  assert.deepEqual(await listed(house), []);
  assert.deepEqual(
    house.audit.map(({ action, resource }) => `${action} ${resource}`),
    ['agent.remove agent/demo:8001'],
  );
});

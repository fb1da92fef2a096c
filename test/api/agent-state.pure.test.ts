/** An agent's state over the API: who may set it, what it becomes, and what is written down. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asId, type UserId } from '../../kernel/ids.ts';
import { eventOfWish } from '../../src/acd/offering/wish.ts';
import { agentConfigured, agentId, callArrived, callQueued, Floor, legAnswered, queueConfigured } from '../acd/floor.ts';
import { openFakeHouse, tokenOf } from './fake-house.ts';

const SUPERVISOR = asId<UserId>('demo:supervisor');

const ask = async (house: Awaited<ReturnType<typeof openFakeHouse>>, role: 'agent' | 'supervisor' | 'admin', payload: object, agent = '8001') => {
  const headers = { authorization: `Bearer ${tokenOf('demo', role)}` };
  const response = await house.app.inject({ method: 'POST', url: `/api/v1/agents/demo:${agent}/state`, headers, payload });
  return { status: response.statusCode, body: response.json() as Record<string, unknown> };
};

test('a supervisor makes an agent not ready, ready and signed out; each is in the audit trail with what was before', async () => {
  const house = await openFakeHouse();
  for (const state of ['not_ready', 'ready', 'signed_out']) assert.equal((await ask(house, 'supervisor', { state })).status, 200, state);
  assert.deepEqual(house.wishes, [
    { agentId: 'demo:8001', wish: { state: 'not_ready', reason: 'supervisor' }, by: SUPERVISOR },
    { agentId: 'demo:8001', wish: { state: 'ready' }, by: SUPERVISOR },
    { agentId: 'demo:8001', wish: { state: 'signed_out' }, by: SUPERVISOR },
  ]);
  assert.equal(house.audit.filter((entry) => (entry as { action: string }).action === 'agent.setState').length, 3);
});

test('an agent sets her own state and nobody else’s, and gives no reason that is a supervisor’s', async () => {
  const house = await openFakeHouse();
  const { directory } = house.ports;
  const other = directory.agent(agentId('8001'));
  house.ports.directory = Object.assign(Object.create(directory), { agent: (id: string) => (other === null ? null : { ...other, agentId: id }) });
  assert.equal((await ask(house, 'agent', { state: 'not_ready' })).status, 200);
  assert.deepEqual(house.wishes, [{ agentId: 'demo:8001', wish: { state: 'not_ready', reason: 'other' }, by: null }]);
  assert.equal((await ask(house, 'agent', { state: 'not_ready', reason: 'supervisor' })).status, 403);
  assert.equal((await ask(house, 'agent', { state: 'ready' }, '8002')).status, 403);
  assert.equal((await ask(house, 'agent', { state: 'away' })).status, 400);
});

test('what a supervisor asks for in mid-call is said to come after it, and comes; who is signed out signs in herself', async () => {
  const house = await openFakeHouse();
  const floor = new Floor();
  Object.assign(house.ports.acd, { agent: (id: typeof agent) => floor.acd.view.agent(id) });
  house.ports.setAgentState = (id, wish, by) => void floor.tell(eventOfWish(id, wish, by));
  const agent = agentId('8001');
  floor.tell(queueConfigured('service', { wrapUpMs: 0 }), agentConfigured('8001'));
  assert.equal((await ask(house, 'supervisor', { state: 'ready' })).status, 409);
  floor.ready('8001');
  floor.tell(callArrived('c1'), callQueued('c1'), legAnswered('c1.1'));
  const later = await ask(house, 'supervisor', { state: 'signed_out' });
  assert.equal(later.body.takesEffect, 'after_call');
  assert.equal(floor.acd.view.agent(agent)?.afterwards, 'signed_out');
  floor.tell({ type: 'legEnded', callId: asId('c1'), legId: asId('c1.1'), ending: { cause: 'normal', by: 'far_end' } });
  assert.equal(floor.acd.view.agent(agent)?.state, 'signed_out');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agentIdOf, asId, queueIdOf, type TenantId } from '../../kernel/ids.ts';
import type { AgentConfiguration } from '../../src/acd/event.ts';
import { type AgentsThereAre, planAgents } from '../../src/tenants/agent-rows.ts';

const DEMO = asId<TenantId>('demo');
const lily: AgentConfiguration = {
  ...{ agentId: agentIdOf(DEMO, '8001'), tenantId: DEMO, number: '8001', name: 'Lily', queues: [queueIdOf(DEMO, 'service')], skills: { english: 5 } },
  ...{ staticContact: null, phone: { autoAnswer: 'always' }, team: 'north', liftsHold: true },
};
const there: AgentsThereAre = {
  ...{ tenantId: DEMO, agents: new Map([['8001', lily]]), queues: new Set(['service', 'sales']), signIns: new Set(['8001']) },
};

test('what a row does not name stays as it is, also what no file can name', () => {
  const { rows, agents } = planAgents([{ number: '8001', skills: { english: 8 }, team: '' }], there);
  assert.deepEqual(rows, [
    {
      ...{ number: '8001', outcome: 'changed', faults: [] },
      changes: [
        { field: 'skills', before: 'english 5', after: 'english 8' },
        { field: 'team', before: 'north', after: '' },
      ],
    },
  ]);
  const { team: _north, ...rest } = lily;
  assert.deepEqual(agents, [{ ...rest, skills: { english: 8 } }]);
});

test('a new agent has what her row says, and a sign-in where it has a password; who stays as she is, is not written', () => {
  const { rows, agents, logins } = planAgents(
    [
      { number: '8001', name: 'Lily', queues: ['service'] },
      { number: '8050', name: ' 李明 ', queues: ['sales', 'service', 'sales'], password: 'long enough' },
    ],
    there,
  );
  assert.deepEqual(
    rows.map(({ outcome }) => outcome),
    ['same', 'new'],
  );
  assert.deepEqual(
    agents.map(({ number, name, queues }) => [number, name, queues]),
    [['8050', '李明', ['demo:sales', 'demo:service']]],
  );
  assert.deepEqual(logins, [{ agentId: 'demo:8050', number: '8050', name: '李明', password: 'long enough' }]);
  assert.doesNotMatch(JSON.stringify(rows), /long enough/, 'no preview and no audit repeats a password');
});

test('every fault is told by its row and field, and one of them leaves all unwritten', () => {
  const { rows, agents, logins } = planAgents(
    [
      { number: '8050', name: 'Good', password: 'long enough' },
      { number: '8050', name: 'Again' },
      { number: 'abc', name: 'x'.repeat(101), queues: ['nowhere'], skills: { 'No Good': 3, english: 11 }, team: 't'.repeat(65) },
      { number: '8001', password: 'short' },
      { number: '8051', name: ' ' },
    ],
    there,
  );
  assert.deepEqual(
    rows.map(({ faults }) => faults.map(({ field, code }) => `${field} ${code}`)),
    [
      [],
      ['number number_twice'],
      ['number number_malformed', 'name name_too_long', 'queues queue_unknown', 'skills skill_malformed', 'skills level_out_of_range', 'team label_too_long'],
      ['password password_too_short', 'password sign_in_exists'],
      ['name name_missing'],
    ],
  );
  assert.deepEqual([agents, logins], [[], []]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentId, asId, type TenantId } from '../../kernel/ids.ts';
import { type Action, actions, keyScopes, may, type PersonRole as Role } from '../../src/users/user.ts';

const demo = asId<TenantId>('demo');
const other = asId<TenantId>('other');
const own = asId<AgentId>('demo:8001');
const another = asId<AgentId>('demo:8002');

/** For each action: who may do it to anything of the tenant, and who only to what is their own. */
const matrix: Record<Action, { all: Role[]; own: Role[] }> = {
  'desk.use': { all: [], own: ['agent', 'supervisor', 'admin'] },
  'agent.read': { all: ['agent', 'supervisor', 'admin'], own: [] },
  'agent.setState': { all: ['supervisor', 'admin'], own: ['agent'] },
  'agent.explain': { all: ['supervisor', 'admin'], own: ['agent'] },
  'agent.change': { all: ['admin'], own: [] },
  'agent.assignQueues': { all: ['supervisor', 'admin'], own: [] },
  'queue.read': { all: ['agent', 'supervisor', 'admin'], own: [] },
  'queue.switch': { all: ['supervisor', 'admin'], own: [] },
  'queue.change': { all: ['admin'], own: [] },
  'alert.read': { all: ['supervisor', 'admin'], own: [] },
  'alert.change': { all: ['supervisor', 'admin'], own: [] },
  'trunk.read': { all: ['supervisor', 'admin'], own: [] },
  'trunk.change': { all: ['admin'], own: [] },
  'customer.read': { all: ['agent', 'supervisor', 'admin'], own: [] },
  'customer.change': { all: ['agent', 'supervisor', 'admin'], own: [] },
  'call.readLive': { all: ['supervisor', 'admin'], own: ['agent'] },
  'agent.message': { all: ['supervisor', 'admin'], own: [] },
  'call.monitor': { all: ['supervisor'], own: [] },
  'call.move': { all: ['supervisor'], own: [] },
  'floor.watch': { all: ['supervisor', 'admin'], own: [] },
  'supervision.read': { all: ['supervisor', 'admin'], own: [] },
  'call.explain': { all: ['supervisor', 'admin'], own: [] },
  'callback.read': { all: ['supervisor', 'admin'], own: ['agent'] },
  'callback.cancel': { all: ['supervisor', 'admin'], own: ['agent'] },
  'interaction.ask': { all: ['supervisor', 'admin'], own: [] },
  'interaction.read': { all: ['supervisor', 'admin'], own: ['agent'] },
  'interaction.serve': { all: [], own: ['agent', 'supervisor', 'admin'] },
  'call.trace': { all: ['supervisor', 'admin'], own: [] },
  'record.read': { all: ['supervisor', 'admin'], own: ['agent'] },
  'recording.pause': { all: ['supervisor'], own: ['agent'] },
  'recording.keep': { all: ['admin'], own: [] },
  'recording.play': { all: ['supervisor'], own: ['agent'] },
  'user.read': { all: ['supervisor', 'admin'], own: [] },
  'user.change': { all: ['admin'], own: [] },
  'dialplan.read': { all: ['supervisor', 'admin'], own: [] },
  'dialplan.publish': { all: ['admin'], own: [] },
  'number.change': { all: ['admin'], own: [] },
  'key.read': { all: ['admin'], own: [] },
  'key.change': { all: ['admin'], own: [] },
  'webhook.read': { all: ['admin'], own: [] },
  'webhook.change': { all: ['admin'], own: [] },
  'audit.read': { all: ['admin'], own: [] },
  'report.read': { all: ['supervisor', 'admin'], own: ['agent'] },
  'report.reconcile': { all: ['supervisor', 'admin'], own: [] },
  'metrics.read': { all: ['supervisor', 'admin'], own: [] },
};
const roles: Role[] = ['agent', 'supervisor', 'admin'];

for (const action of actions) {
  test(`${action}: each role, its own, another's and another tenant's`, () => {
    for (const role of roles) {
      const user = { tenantId: demo, role, agentId: own };
      const all = matrix[action].all.includes(role);
      const ownOnly = matrix[action].own.includes(role);
      assert.equal(may(user, action, { tenantId: demo, agentId: another }), all, `${role}, another's`);
      assert.equal(may(user, action, { tenantId: demo }), all, `${role}, nobody's`);
      assert.equal(may(user, action, { tenantId: demo, agentId: own }), all || ownOnly, `${role}, own`);
      assert.equal(may(user, action, { tenantId: other, agentId: own }), false, `${role}, another tenant's`);
      assert.equal(may({ ...user, agentId: null }, action, { tenantId: demo, agentId: null }), all, `${role} without an agent`);
    }
  });
}

const neverKeys: readonly Action[] = [
  'desk.use',
  'floor.watch',
  'call.monitor',
  'interaction.serve',
  'user.change',
  'key.read',
  'key.change',
  'webhook.change',
];
test('a key may what its scopes say in its own tenant, and never what makes users and keys, hears calls or needs a desk', () => {
  assert.deepEqual(actions.filter((action) => !keyScopes.includes(action)).sort(), [...neverKeys].sort());
  for (const action of actions) {
    const key = { tenantId: demo, role: 'key', agentId: null } as const;
    const grantable = keyScopes.includes(action);
    assert.equal(may({ ...key, scopes: [action] }, action, { tenantId: demo, agentId: another }), grantable, action);
    assert.equal(may({ ...key, scopes: [action] }, action, { tenantId: other }), false, action);
    assert.equal(may({ ...key, scopes: actions.filter((one) => one !== action) }, action, { tenantId: demo }), false, action);
    assert.equal(may(key, action, { tenantId: demo }), false, action);
  }
});

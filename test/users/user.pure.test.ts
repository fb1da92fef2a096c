import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type AgentId, asId, type TenantId } from '../../kernel/ids.ts';
import { type Action, actions, keyScopes, may, mayAtAll, personRoles, roles } from '../../src/users/user.ts';
import { inProject } from '../support/project.ts';

const demo = asId<TenantId>('demo');
const other = asId<TenantId>('other');
const own = asId<AgentId>('demo:8001');
const another = asId<AgentId>('demo:8002');

/** The table as its README has it: action → role → how far. */
const matrix = new Map(
  readFileSync(inProject('src/users/README.md'), 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, action = '', , ...scopes] = line.split('|').map((cell) => cell.trim());
      return /^`[a-z]+\.[A-Za-z]+`$/.test(action) ? [[action.slice(1, -1), new Map(roles.map((role, at) => [role, scopes[at] ?? '']))] as const] : [];
    }),
);

test('the README says of every action how far each role may, and of no other', () => {
  assert.deepEqual([...matrix.keys()].sort(), [...actions].sort());
});

for (const action of actions) {
  test(`${action}: each role, its own, its team's, another's and another tenant's`, () => {
    for (const role of personRoles) {
      const scope = matrix.get(action)?.get(role) ?? '';
      assert.ok(['all', 'team', 'own', '·'].includes(scope), `${role}: "${scope}"`);
      const user = { tenantId: demo, role, agentId: own, teams: ['north'] };
      const all = scope === 'all';
      assert.equal(may(user, action, { tenantId: demo, agentId: another, team: 'south' }), all, `${role}, another's`);
      assert.equal(may(user, action, { tenantId: demo, agentId: another }), all, `${role}, of whose team nothing is said`);
      assert.equal(may(user, action, { tenantId: demo, agentId: another, team: 'north' }), all || scope === 'team', `${role}, her team's`);
      assert.equal(may(user, action, { tenantId: demo }), all, `${role}, nobody's`);
      assert.equal(may(user, action, { tenantId: demo, agentId: own }), scope !== '·', `${role}, own`);
      assert.equal(may(user, action, { tenantId: other, agentId: own, team: 'north' }), false, `${role}, another tenant's`);
      assert.equal(may({ ...user, agentId: null }, action, { tenantId: demo, agentId: null, team: null }), all, `${role} without an agent`);
      assert.equal(mayAtAll(user, action), scope !== '·', `${role}, anything`);
      assert.equal(mayAtAll({ ...user, agentId: null }, action), all || scope === 'team', `${role} without an agent, anything`);
      assert.equal(mayAtAll({ ...user, agentId: null, teams: [] }, action), all, `${role} without agent and teams, anything`);
    }
  });
}

const neverKeys: readonly Action[] = [
  'desk.use',
  'floor.watch',
  'call.monitor',
  'interaction.serve',
  'personal.reveal',
  'report.schedule',
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

/** Many agents by one call: seen first, then all or nothing; and a user's sessions, ended. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProblemDocument } from '../../src/api/problems.ts';
import { type FakeHouse, openFakeHouse, tokenOf } from './fake-house.ts';

interface Preview {
  applied: boolean;
  basis: string;
  counts: Record<string, number>;
}
const headers = { authorization: `Bearer ${tokenOf('demo', 'admin')}` };
const send = (house: FakeHouse, payload: object) => house.app.inject({ method: 'POST', url: '/api/v1/agents/import', headers, payload });

const rows = [
  { number: '8001', skills: { english: 8 } },
  { number: '8050', name: '李明', queues: ['service'], password: 'long enough' },
];

test('a preview writes nothing; the same rows confirmed write all of them, with the sign-in, and the audit knows no password', async () => {
  const house = await openFakeHouse();
  const preview = (await send(house, { rows })).json() as Preview;
  assert.deepEqual([preview.applied, preview.counts], [false, { new: 1, changed: 1, same: 0, faulty: 0 }]);
  assert.deepEqual([house.configured, house.audit], [[], []]);

  const done = await send(house, { rows, apply: true, basis: preview.basis });
  assert.equal(done.statusCode, 200, done.body);
  assert.deepEqual(
    house.ports.directory.agents().flatMap(({ tenantId, number, skills }) => (tenantId === 'demo' ? [[number, skills]] : [])),
    [
      ['8001', { english: 8 }],
      ['8050', {}],
    ],
  );
  assert.equal(house.users.get('demo:8050')?.role, 'agent');
  assert.deepEqual(
    house.audit.map(({ action }) => action),
    ['agent.import'],
  );
  assert.doesNotMatch(JSON.stringify(house.audit), /long enough/);
});

test('who changed one of the agents since the preview makes it void, and so does another file', async () => {
  const house = await openFakeHouse();
  const { basis } = (await send(house, { rows })).json() as Preview;
  await house.app.inject({ method: 'PATCH', url: '/api/v1/agents/demo:8001', headers, payload: { skills: { gold: 2 } } });
  const written = house.configured.length;
  for (const refused of [
    await send(house, { rows, apply: true, basis }),
    await send(house, { rows: rows.slice(1), apply: true, basis }),
    await send(house, { rows, apply: true }),
  ]) {
    assert.equal((refused.json() as ProblemDocument).code, 'changed_since', refused.body);
  }
  assert.equal(house.configured.length, written);
});

test('one faulty row leaves all unwritten, and is named', async () => {
  const house = await openFakeHouse();
  const faulty = [...rows, { number: '8051', name: 'N', queues: ['nowhere'] }];
  const { basis, counts } = (await send(house, { rows: faulty })).json() as Preview;
  assert.equal(counts.faulty, 1);
  const refused = (await send(house, { rows: faulty, apply: true, basis })).json() as ProblemDocument;
  assert.deepEqual(refused.errors, [{ at: 'body.rows.2.queues', message: 'queue_unknown: nowhere' }]);
  assert.deepEqual([house.configured, house.audit], [[], []]);
});

test('an admin sees where a user is signed in, and ends all of it', async () => {
  const house = await openFakeHouse();
  const url = '/api/v1/users/demo:supervisor/sessions';
  const open = async () => ((await house.app.inject({ method: 'GET', url, headers })).json() as { items: object[] }).items.length;
  assert.equal(await open(), 1);
  assert.equal((await house.app.inject({ method: 'DELETE', url, headers })).statusCode, 204);
  assert.deepEqual([house.ended, house.audit.at(-1)?.action, await open()], [['demo:supervisor'], 'user.endSessions', 0]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentId, asId, queueIdOf, type TenantId } from '../../kernel/ids.ts';
import type { AgentView } from '../../src/acd/view.ts';
import { openFakeHouse, tokenOf } from './fake-house.ts';

interface Answer {
  agents: { number: string; name: string; activity: string }[];
  queues: { queue: string }[];
  numbers: { number: string }[];
  more: number;
}
const demo = asId<TenantId>('demo');
const colleague = (number: string, name: string, activity: AgentView['activity']): AgentView => ({
  ...{ agentId: asId<AgentId>(`demo:${number}`), tenantId: demo, number, name, activity, state: 'ready', afterwards: null, reasons: [], heldBy: null },
  ...{ since: 0, callId: null, wrapUpUntil: null, wrapUpExtendableMs: 0, pausedUntil: null, queues: [queueIdOf(demo, 'service')], skills: {} },
  ...{ phoneReachable: true, deskConnected: true },
});

test('a directory has colleagues by how soon they can talk, found by number, name or initials, and not herself; numbers are those of her queues', async () => {
  const house = await openFakeHouse();
  const all = [
    colleague('8001', '张敏', 'ready'),
    colleague('8003', '李强', 'talking'),
    colleague('8002', '王丽', 'not_ready'),
    colleague('8004', '欧阳娜', 'ready'),
  ];
  house.ports.acd = { ...house.ports.acd, agents: (tenantId) => (tenantId === demo ? all : []), agent: () => all[0] };
  const queue = house.ports.directory.queue(queueIdOf(demo, 'service'));
  assert.ok(queue !== null);
  const desk = { numbers: [{ name: { zh: '营业厅', en: 'Shop' }, number: '02012345678' }] };
  house.ports.directory = { ...house.ports.directory, queue: () => ({ ...queue, desk }) };
  const ask = async (search: string) => {
    const answer = await house.app.inject({
      url: `/api/v1/directory?search=${encodeURIComponent(search)}`,
      headers: { authorization: `Bearer ${tokenOf('demo', 'agent')}` },
    });
    assert.equal(answer.statusCode, 200, answer.body);
    return answer.json() as Answer;
  };
  const { agents, queues, numbers, more } = await ask('');
  assert.deepEqual(
    agents.map(({ number }) => number),
    ['8004', '8003', '8002'],
  );
  assert.deepEqual([queues.map((one) => one.queue), numbers.map((one) => one.number), more], [[], ['02012345678'], 0]);
  for (const [search, found] of [
    ['8003', '8003'],
    ['丽', '8002'],
    ['oyn', '8004'],
  ] as const)
    assert.deepEqual(
      (await ask(search)).agents.map(({ number }) => number),
      [found],
      search,
    );
  assert.deepEqual((await ask('yyt')).numbers, [{ name: { zh: '营业厅', en: 'Shop' }, number: '02012345678' }]);
});

test('the agent’s console may stand in pages of the named sites; no other page of the house may be framed', async () => {
  const house = await openFakeHouse(() => ({ embedOrigins: ['https://crm.example.com'] }));
  const framers = async (url: string) => /frame-ancestors ([^;]+)/.exec(String((await house.app.inject(url)).headers['content-security-policy']))?.[1];
  assert.equal(await framers('/agent?embed'), "'self' https://crm.example.com");
  for (const url of ['/', '/agents', '/supervisor', '/api/v1/me']) assert.equal(await framers(url), "'none'", url);
});

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { agentIdOf, asId, type TenantId } from '../../kernel/ids.ts';
import type { SipAccount, Tenant } from '../../src/tenants/directory.ts';
import { readTenantFile } from '../../src/tenants/file.ts';
import { benchAgents, findAccount, indexOf } from '../../src/tenants/load.ts';
import { inProject } from '../support/project.ts';

const a = asId<TenantId>('a');
const b = asId<TenantId>('b');
const tenants: Tenant[] = [
  { tenantId: a, name: 'A', numbers: ['10086', '1860'], sipDomains: ['a.example'] },
  { tenantId: b, name: 'B', numbers: ['95588'], sipDomains: ['B.example'] },
];
const account = (tenantId: TenantId, username: string): SipAccount => ({
  agentId: agentIdOf(tenantId, username),
  tenantId,
  username,
  ha1Md5: '',
  ha1Sha256: '',
});
const index = indexOf(
  {
    tenants,
    queues: [],
    calendars: [],
    agents: [],
    trunks: [],
    outsideRules: [],
    floorAlerts: [],
    accounts: [account(a, '8001'), account(b, '8001'), account(b, '9001')],
  },
  [],
  0,
);

test('a dialled number leads to its tenant', () => {
  assert.equal(index.byDialled.get('1860')?.tenantId, a);
  assert.equal(index.byDialled.get('95588')?.tenantId, b);
  assert.equal(index.byDialled.get('110'), undefined);
});

test('a SIP account is found by its domain, whatever its case', () => {
  assert.equal(findAccount(index, '8001', 'a.example')?.tenantId, a);
  assert.equal(findAccount(index, '8001', 'b.example')?.tenantId, b);
  assert.equal(findAccount(index, '9001', 'a.example'), null);
});

test('with another host a user name is taken only when one tenant alone has it', () => {
  assert.equal(findAccount(index, '9001', '127.0.0.1')?.tenantId, b);
  assert.equal(findAccount(index, '8001', '127.0.0.1'), null);
  assert.equal(findAccount(index, 'nobody', '127.0.0.1'), null);
});

test('agents for measuring have fixed phones and both measuring queues', () => {
  const agents = benchAgents({ agents: 2, contact: '127.0.0.1:5970' });
  assert.deepEqual(
    agents.map(({ agentId, staticContact, queues }) => ({ agentId, staticContact, queues })),
    [
      { agentId: 'demo:b1', staticContact: 'sip:b1@127.0.0.1:5970', queues: ['demo:bench', 'demo:bench-recorded'] },
      { agentId: 'demo:b2', staticContact: 'sip:b2@127.0.0.1:5970', queues: ['demo:bench', 'demo:bench-recorded'] },
    ],
  );
  assert.deepEqual(benchAgents(undefined), []);
});

test("the demo tenant's file is whole", () => {
  const file = readTenantFile(inProject('dialplans/demo/tenant.yaml'));
  assert.deepEqual(
    file.agents.map(({ number }) => number),
    ['8001', '8002', '8003', '8004', '8005', '8006', '8007', '8008', '8009', '8010'],
  );
  for (const number of ['10086', '1860', '1861', '700', '701', '702', '710', '711', '750', '751']) assert.ok(file.numbers.includes(number), number);
  const queues = new Set(file.queues.map(({ name }) => name));
  for (const agent of file.agents) for (const queue of agent.queues) assert.ok(queues.has(queue), `${agent.number} ${queue}`);
});

test('a tenant file with faults names each by its place', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'huawu-tenant-'));
  try {
    const path = join(folder, 'tenant.yaml');
    writeFileSync(
      path,
      'tenant: Demo!\nname: x\nsipDomains: []\nnumbers: []\noutboundNumbers: {}\nqueues: [{}]\nagents: []\nusers: []\ncustomers: []\nmore: 1\n',
    );
    assert.throws(() => readTenantFile(path), /tenant: .*queues\.0\.name: .*queues\.0\.maxWaiting: /s);
  } finally {
    await rm(folder, { recursive: true });
  }
});

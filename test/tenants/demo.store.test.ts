import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock as clock } from '../../kernel/clock.ts';
import { agentIdOf, asId, type CustomerId, type TenantId, type UserId } from '../../kernel/ids.ts';
import { silentLog as log } from '../../kernel/log.ts';
import { buildCard } from '../../src/customers/card.ts';
import { verifyServicePassword } from '../../src/customers/servicePassword.ts';
import { accountOf } from '../../src/store/accounts.ts';
import { customerByNumber } from '../../src/store/customers.ts';
import type { Store } from '../../src/store/store.ts';
import { readPicture, saveQueue } from '../../src/store/tenants.ts';
import { loadDirectory } from '../../src/tenants/load.ts';
import { type Login, seedTenant } from '../../src/tenants/seed.ts';
import { sipAccountOf } from '../../src/users/digest.ts';
import { createSessions, type Sessions } from '../../src/users/sessions.ts';
import { openCluster, type TestCluster } from '../store/cluster.ts';
import { inProject } from '../support/project.ts';

const demo = asId<TenantId>('demo');
const tenantFile = inProject('dialplans/demo/tenant.yaml');

let cluster: TestCluster;
let folder: string;
before(async () => {
  cluster = await openCluster();
  folder = await mkdtemp(join(tmpdir(), 'huawu-demo-'));
});
after(async () => {
  await cluster.close();
  await rm(folder, { recursive: true });
});

let houses = 0;
async function house(): Promise<{ store: Store; sessions: Sessions; loginsFile: string; seed(password?: string): Promise<Login[]> }> {
  const store = await cluster.store();
  const sessions = createSessions({ store, clock, log });
  houses += 1;
  const loginsFile = join(folder, `logins-${houses}.json`);
  return {
    store,
    sessions,
    loginsFile,
    seed: async (password) => {
      const { logins, settled } = await seedTenant({ store, sessions, tenantFile, loginsFile, password });
      await settled;
      return logins;
    },
  };
}

const everything = async (store: Store): Promise<unknown> => [
  await readPicture(store.db),
  await store.db.selectFrom('users').selectAll().orderBy('user_id').execute(),
  await store.db.selectFrom('customers').selectAll().orderBy('customer_id').execute(),
  await store.db.selectFrom('accounts').selectAll().orderBy('customer_id').execute(),
  await store.db.selectFrom('tickets').selectAll().orderBy('ticket_id').execute(),
];

test('G13: the first start makes everybody a password of their own, kept for their owner alone to print', async () => {
  const { store, sessions, loginsFile, seed } = await house();
  const logins = await seed();
  assert.deepEqual(
    logins.map(({ username, role }) => `${username} ${role}`),
    [...Array.from({ length: 10 }, (_, n) => `${8001 + n} agent`), 'supervisor supervisor', 'admin admin'],
  );
  assert.equal(new Set(logins.map(({ password }) => password)).size, 12);
  assert.equal(statSync(loginsFile).mode & 0o777, 0o600);
  for (const { username, password } of [logins[0], logins[11]] as Login[])
    assert.equal((await sessions.signIn(null, username, password ?? '')).ok, true, username);
  const account = (await readPicture(store.db)).accounts.find(({ username }) => username === '8001');
  const user = { tenantId: demo, username: '8001', agentId: agentIdOf(demo, '8001'), role: 'agent' as const };
  assert.deepEqual(account, sipAccountOf(user, logins[0]?.password ?? ''), 'her phone has it too');
});

test('seeding again changes nothing, also not what was changed meanwhile', async () => {
  const { store, seed } = await house();
  const logins = await seed();
  const { queues } = await readPicture(store.db);
  assert.ok(queues[0]);
  await saveQueue(store.db, { ...queues[0], wrapUpMs: 1_234 });
  const before = await everything(store);
  assert.deepEqual(await seed(), logins);
  assert.deepEqual(await everything(store), before);
});

test('a seed that was cut in the middle leaves nothing, and the next makes all of it', async () => {
  const { store, sessions, loginsFile, seed } = await house();
  mkdirSync(join(folder, 'demo'), { recursive: true });
  const broken = join(folder, 'demo', 'tenant.yaml');
  copyFileSync(join(dirname(dirname(tenantFile)), 'holidays-cn-2026.csv'), join(folder, 'holidays-cn-2026.csv'));
  const cases = [
    ['queues: [service]', 'queues: [not-there]', /agents\.9\.queues\.0: there is no queue "not-there"/],
    // No text of PostgreSQL holds it; customers are written last.
    ['name: 金卡客户', 'name: "gold\\0"', /invalid byte sequence/],
  ] as const;
  for (const [whole, cut, why] of cases) {
    writeFileSync(broken, readFileSync(tenantFile, 'utf8').replace(whole, cut));
    await assert.rejects(seedTenant({ store, sessions, tenantFile: broken, loginsFile, password: undefined }), why);
  }
  assert.deepEqual((await readPicture(store.db)).tenants, []);
  const strange = join(folder, 'tenant.yaml');
  writeFileSync(strange, readFileSync(tenantFile, 'utf8'));
  await assert.rejects(seedTenant({ store, sessions, tenantFile: strange, loginsFile, password: undefined }), /give it a folder of that name/);
  await seed();
  assert.equal((await readPicture(store.db)).agents.length, 10);
});

test('a given password is everybody’s, at the first start and at a later one', async () => {
  const { sessions, loginsFile, seed } = await house();
  await seed('first-password');
  assert.equal(existsSync(loginsFile), false, 'a given password is written nowhere');
  const first = await sessions.signIn(null, '8001', 'first-password');
  assert.ok(first.ok);
  assert.deepEqual((await seed('first-password'))[0], { username: '8001', role: 'agent', password: 'first-password' });
  assert.notEqual(await sessions.userOf(first.token), null, 'who has it already is left alone');
  await seed('second-password');
  assert.equal(await sessions.userOf(first.token), null);
  assert.equal((await sessions.signIn(null, 'admin', 'second-password')).ok, true);
  assert.deepEqual(
    (await seed()).map(({ password }) => password),
    Array.from({ length: 12 }, () => null),
  );
});

test('the demo customers are who the contract says', async () => {
  const { store, seed } = await house();
  await seed('pw');
  const cardOf = async (number: string) => {
    const customer = await customerByNumber(store.db, demo, number);
    assert.ok(customer);
    return buildCard(customer, clock.now());
  };
  const gold = await cardOf('+8613800001001');
  assert.deepEqual([gold.tier, gold.openTickets.length], ['gold', 1]);
  assert.equal(await verifyServicePassword(store, demo, gold.customerId, '258369'), 'ok');
  const elder = await cardOf('+8613800001002');
  assert.deepEqual([elder.age, elder.specialNeeds], [72, ['elder']]);
  assert.deepEqual((await cardOf('+8613800001003')).specialNeeds, ['vision']);
  assert.equal((await accountOf(store, demo, asId<CustomerId>('demo:13800001001')))?.balanceFen, 12_850);
});

test('the directory answers for the seeded tenant, and for agents that are only measured with', async () => {
  const { store, sessions, seed } = await house();
  await seed('pw');
  const directory = await loadDirectory({ store, bench: { agents: 3, contact: '127.0.0.1:5970' } });
  assert.equal(directory.tenantOfNumber('1860')?.tenantId, demo);
  assert.equal(directory.tenantOfNumber('95588'), null);
  assert.equal(directory.agentByNumber(demo, '8003')?.name, '张敏');
  assert.equal(directory.agentByNumber(demo, 'b3')?.staticContact, 'sip:b3@127.0.0.1:5970');
  assert.equal(directory.sipAccount('8003', 'demo.huawu.local')?.agentId, 'demo:8003');
  assert.equal(directory.sipAccount('b3', 'demo.huawu.local'), null, 'who has a fixed phone registers none');
  assert.equal(directory.agents().length, 13);
  const before = directory.sipAccount('8003', '')?.ha1Md5;
  await sessions.changeUser(asId<UserId>('demo:8003'), { password: 'another' });
  assert.equal(directory.sipAccount('8003', '')?.ha1Md5, before);
  await directory.refresh();
  assert.notEqual(directory.sipAccount('8003', '')?.ha1Md5, before);
});

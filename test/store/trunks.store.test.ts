/** Trunks, numbers, settings and rules of calls outside: seeded from a tenant's file once, then the database is the truth. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { agentIdOf, asId, type TenantId, type UserId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { ha1Of } from '../../src/phone/digest.ts';
import type { Store } from '../../src/store/store.ts';
import { disableAgent, putAgents, removeAgent, removeNumber, saveNumber, saveOutsideRules, saveTenant, saveTenantSettings } from '../../src/store/tenants.ts';
import { saveTrunk } from '../../src/store/trunks.ts';
import { type LoadedDirectory, loadDirectory } from '../../src/tenants/load.ts';
import { newNumber } from '../../src/tenants/numbers.ts';
import { seedTenant } from '../../src/tenants/seed.ts';
import { usualSettings } from '../../src/tenants/settings.ts';
import type { TrunkId } from '../../src/tenants/trunk.ts';
import { usualRules } from '../../src/toll/policy.ts';
import { createSessions } from '../../src/users/sessions.ts';
import { openCluster, type TestCluster } from './cluster.ts';

const city = asId<TrunkId>('acme:city');
const acme = asId<TenantId>('acme');
let cluster: TestCluster;
let store: Store;
let directory: LoadedDirectory;

const FILE = `
tenant: acme
name: Acme
sipDomains: []
numbers: ["95588"]
outboundNumbers: {}
queues: []
agents: []
users: []
customers: []
outside: { openCountries: [HK] }
trunks:
  - name: city
    addresses: [{ uri: "sip:192.0.2.1", priority: 1 }, { uri: "sip:gw.example;transport=tls", priority: 2 }]
    inbound: ["192.0.2.0/24"]
    credentials: { username: acme, realm: carrier.example }
    passwordFile: carrier.password
    registration: { seconds: 300 }
    displayNumbers: { service: "95588" }
`;

async function seed(text: string): Promise<void> {
  const folder = join(cluster.dataDir, 'acme');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'tenant.yaml'), text);
  writeFileSync(join(folder, 'carrier.password'), 'sesame\n');
  const sessions = createSessions({ store, clock: systemClock, log: silentLog });
  await seedTenant({ store, sessions, tenantFile: join(folder, 'tenant.yaml'), loginsFile: join(cluster.dataDir, 'acme.json'), password: undefined });
}

before(async () => {
  cluster = await openCluster();
  store = await cluster.store();
  await seed(FILE);
  directory = await loadDirectory({ store });
});
after(() => cluster.close());

test('a trunk comes from the tenant’s file with what was said and the usual, its password as digests alone', async () => {
  const [trunk] = directory.trunks();
  assert.ok(trunk);
  assert.deepEqual([trunk.trunkId, trunk.tenantId, trunk.pingSeconds, trunk.registration], [city, acme, 10, { domain: null, seconds: 300 }]);
  assert.deepEqual(trunk.addresses[1], { uri: 'sip:gw.example;transport=tls', priority: 2, weight: 10 });
  assert.deepEqual(directory.trunkSecret(city), {
    ha1Md5: ha1Of('MD5', 'acme', 'carrier.example', 'sesame'),
    ha1Sha256: ha1Of('SHA-256', 'acme', 'carrier.example', 'sesame'),
  });
  const rows = JSON.stringify(await store.db.selectFrom('trunks').selectAll().execute());
  assert.equal(rows.includes('sesame'), false);
  assert.deepEqual(directory.outsideRules(acme), { ...usualRules, openCountries: ['HK'] });
});

test('afterwards the database is the truth: the file changes nothing, a saved trunk does, and keeps its password', async () => {
  await seed(FILE.replace('192.0.2.0/24', '198.51.100.0/24'));
  const [before] = directory.trunks();
  assert.ok(before);
  await saveTrunk(store.db, { ...before, maxCalls: 30 }, undefined);
  await saveOutsideRules(store.db, acme, { ...usualRules, premiumOpen: true });
  await directory.refresh();
  assert.deepEqual(directory.trunks(), [{ ...before, maxCalls: 30 }]);
  assert.notEqual(directory.trunkSecret(city), null);
  assert.equal(directory.outsideRules(acme).premiumOpen, true);
  await saveTrunk(store.db, before, null);
  await directory.refresh();
  assert.equal(directory.trunkSecret(city), null);
});

test('a file with a trunk that cannot work is refused whole, and says why', async () => {
  const bad = FILE.replace('tenant: acme', 'tenant: acme2').replace(/ {4}credentials.*\n/, '');
  const folder = join(cluster.dataDir, 'acme2');
  mkdirSync(folder);
  writeFileSync(join(folder, 'tenant.yaml'), bad.replace('    passwordFile: carrier.password\n', ''));
  const sessions = createSessions({ store, clock: systemClock, log: silentLog });
  const seeding = seedTenant({ store, sessions, tenantFile: join(folder, 'tenant.yaml'), loginsFile: join(cluster.dataDir, 'x.json'), password: undefined });
  await assert.rejects(seeding, /trunk "city": registration needs credentials/);
});

test('a number belongs to one tenant; what is said of it, and of the tenant, comes back; one that is off is dialled by nobody', async () => {
  const other = asId<TenantId>('other');
  await saveTenant(store.db, { tenantId: other, name: 'Other', numbers: ['96500'], sipDomains: [] });
  assert.equal(await saveNumber(store.db, acme, newNumber('96500')), false, 'it is another’s');
  const night = newNumber('95589', { description: '夜间', flow: 'main', hours: { calendar: 'office', closedFlow: 'night' } });
  assert.equal(await saveNumber(store.db, acme, night), true);
  assert.equal(await saveNumber(store.db, acme, newNumber('95590', { enabled: false })), true);
  await removeNumber(store.db, acme, '96500');
  await saveTenantSettings(store.db, acme, 'Acme 公司', { ...usualSettings, timeZone: 'Asia/Urumqi', outboundNumbers: { default: '95588' } });
  await directory.refresh();
  const tenant = directory.tenantOfNumber('95589');
  assert.deepEqual([tenant?.name, tenant?.numbers, tenant?.settings?.timeZone], ['Acme 公司', ['95588', '95589'], 'Asia/Urumqi']);
  assert.deepEqual(tenant?.hotlines?.slice(1), [night, newNumber('95590', { enabled: false })]);
  assert.equal(directory.tenantOfNumber('95590'), null);
  assert.equal(directory.tenantOfNumber('96500')?.tenantId, other);
});

test('an agent who is disabled is on no floor and her phone has no account, until she is back; removed, her sign-in goes with her and a supervisor’s stays', async () => {
  const sessions = createSessions({ store, clock: systemClock, log: silentLog });
  const agentId = agentIdOf(acme, '8001');
  const agent = { agentId, tenantId: acme, number: '8001', name: '王芳', queues: [], skills: {}, staticContact: null };
  await store.db.transaction().execute((trx) => putAgents(trx, [agent]));
  const user = { tenantId: acme, name: '王芳', language: 'zh' as const, agentId };
  await sessions.addUser({ ...user, userId: asId<UserId>('acme:8001'), username: '8001', role: 'agent' }, 'long enough');
  await sessions.addUser({ ...user, userId: asId<UserId>('acme:boss'), username: 'boss', role: 'supervisor' }, 'long enough');
  const known = async () => {
    await directory.refresh();
    return [directory.agent(agentId) !== null, directory.disabledAgents().length, directory.sipAccount('8001', '') !== null];
  };
  const mayCome = async (name: string) => (await sessions.signIn(acme, name, 'long enough')).ok;
  assert.deepEqual([await known(), await mayCome('8001')], [[true, 0, true], true]);
  assert.deepEqual(await disableAgent(store.db, agentId, true), ['acme:8001']);
  assert.deepEqual([await known(), await mayCome('8001'), await mayCome('boss')], [[false, 1, false], false, true]);
  await disableAgent(store.db, agentId, false);
  assert.deepEqual([await known(), await mayCome('8001')], [[true, 0, true], true]);
  assert.deepEqual((await removeAgent(store.db, agentId)).toSorted(), ['acme:8001', 'acme:boss']);
  assert.deepEqual([await known(), await mayCome('8001'), await mayCome('boss')], [[false, 0, false], false, true]);
});

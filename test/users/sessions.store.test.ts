import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { agentIdOf, asId, type TenantId, type UserId } from '../../kernel/ids.ts';
import { silentLog as log } from '../../kernel/log.ts';
import { connectStore, type Store } from '../../src/store/store.ts';
import { readPicture, saveAgent, saveTenant } from '../../src/store/tenants.ts';
import { sipAccountOf } from '../../src/users/digest.ts';
import { SessionUnknown } from '../../src/users/lookup.ts';
import { addUser, createSessions, type Sessions, type SignIn } from '../../src/users/sessions.ts';
import type { User } from '../../src/users/user.ts';
import { openCluster, type TestCluster } from '../store/cluster.ts';
import { Line } from '../store/line.ts';
import { FakeClock } from '../support/clock.ts';
import { until } from '../support/wait.ts';

const demo = asId<TenantId>('demo');
const other = asId<TenantId>('other');
const wang: User = {
  ...{ userId: asId<UserId>('demo:8001'), tenantId: demo, username: '8001', name: '王丽', role: 'agent', language: 'zh' },
  agentId: agentIdOf(demo, '8001'),
  teams: [],
};

let cluster: TestCluster;
before(async () => {
  cluster = await openCluster();
});
after(() => cluster.close());

async function house(store: Store): Promise<Sessions> {
  for (const tenantId of [demo, other]) await saveTenant(store.db, { tenantId, name: tenantId, numbers: [], sipDomains: [] });
  await saveAgent(store.db, { agentId: agentIdOf(demo, '8001'), tenantId: demo, number: '8001', name: '王丽', queues: [], skills: {}, staticContact: null });
  const sessions = createSessions({ store, clock: store.clock, log });
  assert.equal(await sessions.addUser(wang, 'right password'), true);
  return sessions;
}

async function signedIn(sessions: Sessions, password = 'right password'): Promise<string> {
  const answer = await sessions.signIn(demo, '8001', password);
  assert.ok(answer.ok, 'signed in');
  return answer.token;
}

test('who signs in is known by the token until it is signed out', async () => {
  const sessions = await house(await cluster.store());
  const token = await signedIn(sessions);
  assert.match(token, /^[0-9a-f]{64}$/);
  assert.deepEqual(await sessions.userOf(token), wang);
  await sessions.signOut(token);
  assert.equal(await sessions.userOf(token), null);
});

test('neither token nor password stands in the database', async () => {
  const store = await cluster.store();
  const token = await signedIn(await house(store));
  const rows = JSON.stringify([await store.db.selectFrom('sessions').selectAll().execute(), await store.db.selectFrom('users').selectAll().execute()]);
  assert.equal(rows.includes(token), false);
  assert.equal(rows.includes(Buffer.from(token, 'hex').toString('base64')), false);
  assert.equal(rows.includes('right password'), false);
  assert.match(rows, /\$argon2id\$/);
});

/** What whoever asks gets of it: not whom it was tried for. */
const answerOf = (signIn: SignIn): object => Object.fromEntries(Object.entries(signIn).filter(([name]) => name !== 'of'));

test('a wrong name and a wrong password are one answer, in about the same time', async () => {
  const sessions = await house(await cluster.store());
  const timed = async (username: string): Promise<number> => {
    const from = performance.now();
    assert.deepEqual(answerOf(await sessions.signIn(demo, username, 'wrong')), { ok: false, reason: 'wrong', retryAfterMs: 0 });
    return performance.now() - from;
  };
  // The quickest of three each: other work on the machine only ever makes an answer slower.
  const quickest = async (username: string): Promise<number> => Math.min(await timed(username), await timed(username), await timed(username));
  await timed('warm-up');
  const [known, unknown] = [await quickest('8001'), await quickest('9999')];
  assert.ok(unknown > known / 2 && known > unknown / 2, `${unknown} ms for an unknown name, ${known} ms for a known one`);
});

test('five wrong passwords a minute, then nobody is asked, right or wrong', async () => {
  const clock = new FakeClock();
  const store = connectStore({ url: await cluster.database('migrated'), clock, log, embedded: null });
  try {
    const sessions = await house(store);
    for (let n = 0; n < 5; n += 1) assert.equal((await sessions.signIn(demo, '8001', 'wrong')).ok, false);
    assert.deepEqual(await sessions.signIn(demo, '8001', 'right password'), { ok: false, reason: 'throttled', retryAfterMs: 60_000 });
    clock.forward(60_000);
    assert.equal((await sessions.signIn(demo, '8001', 'right password')).ok, true);
  } finally {
    await store.close();
  }
});

test('a session ends after twelve hours', async () => {
  const clock = new FakeClock();
  const store = connectStore({ url: await cluster.database('migrated'), clock, log, embedded: null });
  try {
    const sessions = await house(store);
    const token = await signedIn(sessions);
    clock.forward(12 * 3_600_000 - 1);
    assert.deepEqual(await sessions.userOf(token), wang);
    clock.forward(1);
    assert.equal(await sessions.userOf(token), null);
  } finally {
    await store.close();
  }
});

test('G11: a lead has her teams in her session; others end it, as a new password, a new role and being disabled end every session at once, and tell who listens', async () => {
  const sessions = await house(await cluster.store());
  const told: UserId[] = [];
  sessions.onRevoked((userId) => told.push(userId));
  await sessions.changeUser(wang.userId, { role: 'lead', teams: ['north', '南组'] });
  assert.deepEqual(told.splice(0), [wang.userId]);
  const first = await signedIn(sessions);
  assert.deepEqual((await sessions.userOf(first))?.teams, ['north', '南组']);
  await sessions.changeUser(wang.userId, { teams: ['north'] });
  assert.equal(await sessions.userOf(first), null);
  told.splice(0);
  for (const change of [{ password: 'a new password' }, { role: 'supervisor' as const }]) {
    const token = await signedIn(sessions, told.length === 0 ? 'right password' : 'a new password');
    assert.notEqual(await sessions.userOf(token), null);
    assert.equal(await sessions.changeUser(wang.userId, change), true);
    assert.equal(await sessions.userOf(token), null);
  }
  const token = await signedIn(sessions, 'a new password');
  await sessions.changeUser(wang.userId, { name: '王力' });
  assert.notEqual(await sessions.userOf(token), null, 'a new name ends nothing');
  await sessions.changeUser(wang.userId, { disabled: true });
  assert.equal(await sessions.userOf(token), null);
  assert.deepEqual(answerOf(await sessions.signIn(demo, '8001', 'a new password')), { ok: false, reason: 'wrong', retryAfterMs: 0 });
  assert.deepEqual(told, [wang.userId, wang.userId, wang.userId]);
  assert.equal(await sessions.changeUser(asId<UserId>('demo:none'), { name: 'x' }), false);
});

test('G11: what another process revokes is gone here within 5 s', async () => {
  const clock = new FakeClock();
  const url = await cluster.database('migrated');
  const store = connectStore({ url, clock, log, embedded: null });
  try {
    const here = await house(store);
    const there = createSessions({ store, clock, log });
    const token = await signedIn(here);
    await there.signOut(token);
    assert.notEqual(await here.userOf(token), null, 'still remembered');
    clock.forward(5_000);
    assert.equal(await here.userOf(token), null);
  } finally {
    await store.close();
  }
});

test('while Postgres is away those signed in stay so, and nobody else comes in', async () => {
  const line = new Line(cluster.server.port);
  const store = connectStore({ url: await line.open(await cluster.database('migrated')), clock: systemClock, log, embedded: null });
  try {
    const sessions = await house(store);
    const token = await signedIn(sessions);
    line.set('refused');
    await until('the store to be degraded', async () => {
      await store.db
        .selectFrom('users')
        .selectAll()
        .execute()
        .catch(() => null);
      return store.health().state === 'degraded';
    });
    assert.deepEqual(await sessions.userOf(token), wang);
    await assert.rejects(sessions.userOf('0'.repeat(64)), SessionUnknown, 'nobody is told that a sign-in is void which cannot be looked up');
    assert.deepEqual(await sessions.signIn(demo, '8001', 'right password'), { ok: false, reason: 'unavailable', retryAfterMs: 5_000 });
  } finally {
    await line.close();
    await store.close();
  }
});

test('a name that two tenants have needs its tenant', async () => {
  const store = await cluster.store();
  const sessions = await house(store);
  assert.equal((await sessions.signIn(null, '8001', 'right password')).ok, true);
  await sessions.addUser({ ...wang, userId: asId<UserId>('other:8001'), tenantId: other, agentId: null }, 'right password');
  assert.deepEqual(await sessions.signIn(null, '8001', 'right password'), { ok: false, reason: 'wrong', retryAfterMs: 0 });
  assert.equal((await sessions.signIn(other, '8001', 'right password')).ok, true);
  assert.equal(await sessions.addUser(wang, 'again'), false, 'a name is taken once');
});

test("an agent's new console password is her phone's too", async () => {
  const store = await cluster.store();
  const sessions = await house(store);
  const accounts = async () => (await readPicture(store.db)).accounts;
  assert.deepEqual(await accounts(), [sipAccountOf(wang, 'right password')]);
  await sessions.changeUser(wang.userId, { password: 'a new password' });
  assert.deepEqual(await accounts(), [sipAccountOf(wang, 'a new password')]);
});

test('D4: an account made for SHA-256 alone, and any of an admin, has no MD5 secret, also after a new password', async () => {
  const store = await cluster.store();
  const sessions = await house(store);
  const accounts = async () => (await readPicture(store.db)).accounts;
  const strict: User = { ...wang, userId: asId<UserId>('demo:8002'), username: '8002' };
  await addUser(store, strict, 'right password', 'sha256');
  await sessions.changeUser(strict.userId, { password: 'a new password' });
  assert.equal((await accounts()).find(({ username }) => username === '8002')?.ha1Md5, '');
  assert.equal(sipAccountOf({ ...wang, role: 'admin' }, 'secret')?.ha1Md5, '');
});

test('the digest secrets are those of RFC 7616', () => {
  // printf '8001:huawu:secret' | md5sum; … | sha256sum
  assert.deepEqual(sipAccountOf(wang, 'secret'), {
    ...{ agentId: 'demo:8001', tenantId: 'demo', username: '8001' },
    ha1Md5: '9fb694c2ded82f77c7e3f055ffedc84d',
    ha1Sha256: '20ed03f4264becc8b0b679a2872dd0933c91c42e50bf432dbbed5fb26f22bdc7',
  });
  assert.equal(sipAccountOf({ ...wang, agentId: null }, 'secret'), null);
});

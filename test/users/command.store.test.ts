/** `huawu migrate` and `huawu user`, as they are run beside a house that may be up. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { systemClock as clock } from '../../kernel/clock.ts';
import { asId, type TenantId, type UserId } from '../../kernel/ids.ts';
import { silentLog as log } from '../../kernel/log.ts';
import { main as auditMain } from '../../src/commands/audit.ts';
import { main as migrateMain } from '../../src/commands/migrate.ts';
import { main as userMain } from '../../src/commands/user.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { connectStore, type Store } from '../../src/store/store.ts';
import { saveTenant } from '../../src/store/tenants.ts';
import { userById } from '../../src/store/users.ts';
import { createSessions } from '../../src/users/sessions.ts';
import { openCluster, query, type TestCluster } from '../store/cluster.ts';

let cluster: TestCluster;
let folder: string;
before(async () => {
  cluster = await openCluster();
  folder = await mkdtemp(join(tmpdir(), 'huawu-command-'));
});
after(async () => {
  await cluster.close();
  await rm(folder, { recursive: true });
});

const configFor = (databaseUrl: string): Config => readConfig([], { DATABASE_URL: databaseUrl, DATA_DIR: folder, LOG_LEVEL: 'silent' });

/** What the command printed while it ran, and its exit code. */
async function run(context: TestContext, command: () => Promise<number>): Promise<{ code: number; said: string }> {
  let said = '';
  const listen = (text: string | Uint8Array): boolean => {
    said += String(text);
    return true;
  };
  const out = context.mock.method(process.stdout, 'write', listen);
  const err = context.mock.method(process.stderr, 'write', listen);
  try {
    return { code: await command(), said };
  } finally {
    out.mock.restore();
    err.mock.restore();
  }
}

async function furnished(): Promise<{ config: Config; store: Store }> {
  const url = await cluster.database('migrated');
  const store = connectStore({ url, clock, log, embedded: null });
  await saveTenant(store.db, { tenantId: asId<TenantId>('demo'), name: 'demo', numbers: [], sipDomains: [] });
  return { config: configFor(url), store };
}

test('migrate says what it applied, then that there is nothing to do', async (context) => {
  const config = configFor(await cluster.database('empty'));
  const { code, said } = await run(context, () => migrateMain([], config));
  assert.equal(code, 0);
  assert.match(said, /^applied 0001_tenants\napplied 0002_users\n(?:applied \d{4}_\w+\n)+$/);
  assert.deepEqual(await run(context, () => migrateMain([], config)), { code: 0, said: 'the database is up to date\n' });
});

test('an added user signs in with the password that was printed', async (context) => {
  const { config, store } = await furnished();
  try {
    const { code, said } = await run(context, () => userMain(['add', '--tenant', 'demo', '--name', 'boss', '--role', 'supervisor'], config));
    const password = /^added supervisor boss of demo, password (\w{12})\n$/.exec(said)?.[1];
    assert.equal(code, 0);
    assert.equal((await createSessions({ store, clock, log }).signIn(null, 'boss', password ?? '')).ok, true);
  } finally {
    await store.close();
  }
});

test('a lead is added with the teams she leads', async (context) => {
  const { config, store } = await furnished();
  try {
    const { code } = await run(context, () => userMain(['add', '--tenant', 'demo', '--name', 'lead', '--role', 'lead', '--teams', 'north, 南组'], config));
    assert.equal(code, 0);
    assert.deepEqual((await userById(store.db, asId<UserId>('demo:lead')))?.teams, ['north', '南组']);
  } finally {
    await store.close();
  }
});

test('a password from a file is taken and not printed', async (context) => {
  const { config, store } = await furnished();
  try {
    const file = join(folder, 'password');
    writeFileSync(file, 'from the file\n');
    const args = ['add', '--tenant', 'demo', '--name', 'root', '--role', 'admin', '--password-file', file];
    assert.deepEqual(await run(context, () => userMain(args, config)), { code: 0, said: 'added admin root of demo\n' });
    assert.equal((await createSessions({ store, clock, log }).signIn(null, 'root', 'from the file')).ok, true);
  } finally {
    await store.close();
  }
});

test('wrong usage is 2, what cannot be done is 1, and each says why', async (context) => {
  const { config, store } = await furnished();
  await store.close();
  const cases: [string[], number, RegExp][] = [
    [[], 2, /there is no ""/],
    [['drop'], 2, /there is no "drop"/],
    [['add', '--name', 'x', '--role', 'admin'], 2, /--tenant/],
    [['add', '--tenant', 'demo', '--role', 'admin'], 2, /--name/],
    [['add', '--tenant', 'demo', '--name', 'x', '--role', 'king'], 2, /--role/],
    [['add', '--tenant', 'demo', '--name', 'x', '--role', 'admin', '--language', 'fr'], 2, /--language/],
    [['add', '--tenant', 'nobody', '--name', 'x', '--role', 'admin'], 1, /no tenant "nobody"/],
    [['add', '--tenant', 'demo', '--name', '9001', '--role', 'agent'], 1, /no agent "demo:9001"/],
    [['add', '--tenant', 'demo', '--name', 'twice', '--role', 'admin'], 0, /added/],
    [['add', '--tenant', 'demo', '--name', 'twice', '--role', 'admin'], 1, /taken/],
  ];
  for (const [args, expected, why] of cases) {
    const { code, said } = await run(context, () => userMain(args, config));
    assert.equal(code, expected, args.join(' '));
    assert.match(said, why);
  }
});

test('I6: audit verify proves the trail, names the first entry that is broken, and is not fooled by a chain that was made anew', async (context) => {
  const { config, store } = await furnished();
  try {
    for (const name of ['one', 'two', 'three']) await run(context, () => userMain(['add', '--tenant', 'demo', '--name', name, '--role', 'admin'], config));
    const proved = await run(context, () => auditMain(['verify'], config));
    assert.equal(proved.code, 0, proved.said);
    const head = /^demo: proved, 3 entries, head (3:[0-9a-f]{64})$/m.exec(proved.said)?.[1] ?? '';
    assert.notEqual(head, '', proved.said);
    await tamper(config.databaseUrl ?? '', `update audit_log set after = '{"role": "agent"}' where seq = 3`);
    const changed = await run(context, () => auditMain(['verify', '--tenant', 'demo'], config));
    assert.deepEqual([changed.code, changed.said], [1, 'demo: BROKEN: entry 3 does not say any more what was written; 2 before it are as they were written\n']);
    await tamper(
      config.databaseUrl ?? '',
      `update audit_log l set hash = audit_hash(l) where seq = 3; update audit_heads set hash = (select hash from audit_log where seq = 3)`,
    );
    assert.equal((await run(context, () => auditMain(['verify'], config))).code, 0, 'it agrees with itself');
    const known = await run(context, () => auditMain(['verify', '--tenant', 'demo', '--head', head], config));
    assert.deepEqual([known.code, known.said.includes('entry 3 is not the one that stood there once')], [1, true], known.said);
    assert.equal((await run(context, () => auditMain(['look'], config))).code, 2);
  } finally {
    await store.close();
  }
});

/** As somebody who may do anything in the database. */
const tamper = (url: string, statements: string): Promise<unknown> => query(url, `set session_replication_role = replica; ${statements}`);

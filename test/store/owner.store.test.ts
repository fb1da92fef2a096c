/** J6: a database and a data folder each have one running server. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock as clock } from '../../kernel/clock.ts';
import { silentLog as log } from '../../kernel/log.ts';
import { claim, watchClaim } from '../../src/lock.ts';
import { DatabaseOwner } from '../../src/store/owner.ts';
import { openStore } from '../../src/store/store.ts';
import { FakeClock } from '../support/clock.ts';
import { until } from '../support/wait.ts';
import { openCluster, query, type TestCluster } from './cluster.ts';

let cluster: TestCluster;
before(async () => {
  cluster = await openCluster();
});
after(() => cluster.close());

const SESSIONS = `select pid from pg_stat_activity where application_name like 'huawu owner%' and datname = current_database()`;
const cutSessions = (url: string): Promise<unknown> => query(url, `select pg_terminate_backend(pid) from (${SESSIONS}) as sessions`);
const sessions = async (url: string): Promise<number> => (await query(url, SESSIONS)).length;

test('J6 a second server on a database is refused, and told whose it is; when the first has ended it is let in', async () => {
  const url = await cluster.database('migrated');
  const lost: string[] = [];
  const onLost = (reason: string): void => void lost.push(reason);
  const besides = { databaseUrl: url, dataDir: cluster.dataDir, clock, log };
  const options = { ...besides, onLost };
  const first = await openStore(options);
  await assert.rejects(openStore(options), /the database is in use by another running huawu .*: stop that one, or give this one a DATABASE_URL of its own/);
  // A command beside it may.
  const command = await openStore({ ...besides, guest: true });
  await command.close();
  await first.close();
  const second = await openStore(options);
  await second.close();
  assert.deepEqual(lost, []);
});

test('J6 whose session is cut has the database again as soon as it can be had; one that was replaced meanwhile is told to end', async () => {
  const url = await cluster.database('migrated');
  const lost: string[] = [];
  const owner = await DatabaseOwner.claim({ url, clock, log, onLost: (reason) => lost.push(reason) });
  await cutSessions(url);
  await until('it to be its own again', async () => (await sessions(url)) === 1);
  assert.deepEqual(lost, []);
  // As after a partition: another took it while this one was away.
  const heal = new FakeClock();
  const away = await cluster.database('migrated');
  const told: string[] = [];
  const old = await DatabaseOwner.claim({ url: away, clock: heal, log, onLost: (reason) => told.push(reason) });
  await cutSessions(away);
  await until('its clock to be armed', () => heal.armed === 1);
  const heir = await DatabaseOwner.claim({ url: away, clock, log, onLost: () => assert.fail('it is its own') });
  heal.forward(60_000);
  await until('it to be told', () => told.length === 1);
  assert.match(told[0] ?? '', /in use by another running huawu/);
  for (const each of [owner, old, heir]) await each.close();
});

test('J6 a second server on a data folder is refused while the first runs; one whose folder was taken is told to end, one whose mark was removed puts it back', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'huawu-lock-'));
  const mark = join(folder, 'run', 'huawu.pid');
  mkdirSync(join(folder, 'run'));
  // A program of that name, that runs.
  writeFileSync(join(folder, 'huawu.mjs'), 'setInterval(() => {}, 1000);');
  const other = spawn(process.execPath, [join(folder, 'huawu.mjs')], { stdio: 'ignore' });
  try {
    writeFileSync(mark, String(other.pid));
    await until('it to run', () => readFileSync(`/proc/${other.pid}/cmdline`, 'utf8').includes('huawu.mjs'));
    assert.throws(() => claim(folder), new RegExp(`in use by a running huawu, pid ${other.pid}: stop that one, or give this one a DATA_DIR of its own`));
    const ended = new Promise((resolve) => void other.once('exit', resolve));
    other.kill();
    await ended;
    const release = claim(folder);
    const still = new FakeClock();
    const lost: string[] = [];
    watchClaim(folder, still, (reason) => lost.push(reason));
    rmSync(mark);
    still.forward(1_000);
    assert.equal(readFileSync(mark, 'utf8'), String(process.pid));
    writeFileSync(mark, '1');
    still.forward(5_000);
    assert.deepEqual(lost, [`DATA_DIR ${folder} is another server's by now, pid 1: this one ends`]);
    release();
    assert.equal(readFileSync(mark, 'utf8'), '1', 'what is another’s is left alone');
  } finally {
    other.kill();
    rmSync(folder, { recursive: true });
  }
});

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, lstatSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { systemClock as clock } from '../../kernel/clock.ts';
import { silentLog as log } from '../../kernel/log.ts';
import { findBinaries } from '../../src/store/binaries.ts';
import { type EmbeddedServer, startEmbedded } from '../../src/store/embedded.ts';
import { runAs, runnableBinaries } from '../../src/store/place.ts';
import { program } from '../support/project.ts';
import { until } from '../support/wait.ts';
import { openFolder, query } from './cluster.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function folder(): string {
  const made = openFolder();
  cleanups.push(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** A cluster as its first start left it, copied instead of made anew. */
let made: string | null = null;
async function madeFolder(): Promise<string> {
  if (made === null) {
    made = openFolder();
    await (await startEmbedded({ dataDir: made, clock, log })).close();
  }
  const copy = folder();
  execFileSync('cp', ['-a', `${made}/.`, copy]);
  return copy;
}
after(() => (made === null ? undefined : rm(made, { recursive: true, force: true })));

async function start(dataDir: string, guest = false): Promise<EmbeddedServer> {
  const server = await startEmbedded({ dataDir, clock, log, guest });
  cleanups.push(() => server.close());
  return server;
}

/** A zombie that nobody has reaped yet is dead: its command line is empty. */
const isAlive = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  } catch {
    return false;
  }
};

test('the first start makes a cluster with a secret of its own, the second keeps everything', async () => {
  const dataDir = folder();
  const first = await start(dataDir);
  assert.equal(first.how, 'made');
  assert.equal(statSync(join(dataDir, 'postgres.password')).mode & 0o777, 0o600);
  await query(first.url, 'create table kept (n int)');
  await first.close();
  assert.equal(existsSync(join(dataDir, 'postgres', 'postmaster.pid')), false);
  const second = await start(dataDir);
  assert.deepEqual([second.how, second.url], ['started', first.url]);
  assert.deepEqual(await query(second.url, 'select count(*)::int as n from kept'), [{ n: 0 }]);
});

test('it listens on loopback alone and asks for the password', async () => {
  const server = await start(await madeFolder());
  const [row] = await query(server.url, `select current_setting('listen_addresses') as listen, current_setting('unix_socket_directories') as sockets`);
  assert.deepEqual(row, { listen: '127.0.0.1', sockets: '' });
  await assert.rejects(query(server.url.replace(/:[0-9a-f]+@/, ':wrong@'), 'select 1'), /password authentication failed/);
});

/** A program that opens the server and tells its pid; killed with -9 it leaves the server behind. */
async function orphan(dataDir: string): Promise<{ pid: number; url: string }> {
  const child: ChildProcess = spawn(process.execPath, [...process.execArgv, ...program('test/store/open-server'), dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  const found = await until('the child to tell its server', () => /^(\d+) (\S+)\n/.exec(said), 30_000);
  child.kill('SIGKILL');
  await once(child, 'exit');
  return { pid: Number(found[1]), url: found[2] ?? '' };
}

test('a server whose parent was killed with -9 lives on, with what was committed, and is adopted', async () => {
  const dataDir = await madeFolder();
  const left = await orphan(dataDir);
  assert.ok(isAlive(left.pid), 'the server outlives its parent');
  const adopted = await start(dataDir);
  assert.deepEqual([adopted.how, adopted.pid(), adopted.url], ['adopted', left.pid, left.url]);
  assert.deepEqual(await query(adopted.url, 'select n from committed'), [{ n: 1 }]);
  await adopted.close();
  assert.equal(isAlive(left.pid), false, 'closing stops an adopted server');
});

test('a guest leaves a running server running', async () => {
  const dataDir = await madeFolder();
  const host = await start(dataDir);
  const guest = await start(dataDir, true);
  assert.equal(guest.how, 'adopted');
  await guest.close();
  assert.deepEqual(await query(host.url, 'select 1 as one'), [{ one: 1 }]);
});

test('a pid file that nobody stands behind is cleared away, also when its number is alive as something else', async () => {
  const dataDir = await madeFolder();
  const first = await start(dataDir);
  const pidFile = join(dataDir, 'postgres', 'postmaster.pid');
  const text = readFileSync(pidFile, 'utf8');
  await first.close();
  const { uid, gid } = statSync(join(dataDir, 'postgres', 'PG_VERSION'));
  assert.ok(uid >= 0 && gid >= 0);
  for (const pid of [4_194_303, process.pid]) {
    writeFileSync(pidFile, text.replace(/^\d+/, String(pid)));
    const server = await start(dataDir);
    assert.equal(server.how, 'started', `stale pid ${pid}`);
    await server.close();
  }
});

test('a server killed with -9 under us comes back on the same address with what was committed', async () => {
  const server = await start(await madeFolder());
  await query(server.url, 'create table committed as select 1 as n');
  const before = server.pid();
  process.kill(before, 'SIGKILL');
  const rows = await until('the server to be back', () => query(server.url, 'select n from committed').catch(() => null), 20_000);
  assert.deepEqual(rows, [{ n: 1 }]);
  await until('it to be another process', () => server.pid() !== before);
});

test('a first start that was killed over the making of the cluster is begun anew', async () => {
  const dataDir = await madeFolder();
  await rm(join(realpathSync(join(dataDir, 'postgres')), 'base'), { recursive: true });
  writeFileSync(join(dataDir, 'postgres.making'), '');
  const server = await start(dataDir);
  assert.equal(server.how, 'made');
  assert.deepEqual(await query(server.url, 'select 1 as one'), [{ one: 1 }]);
  assert.equal(existsSync(join(dataDir, 'postgres.making')), false);
});

test('a cluster whose password is gone is not opened, and says why', async () => {
  const dataDir = await madeFolder();
  await (await start(dataDir)).close();
  await rm(join(dataDir, 'postgres.password'));
  await assert.rejects(startEmbedded({ dataDir, clock, log }), /postgres\.password is gone/);
});

// Nobody but root has these troubles: everybody else runs the server as themselves.
const rootTest = process.getuid?.() === 0 ? test : () => undefined;

rootTest('as root with a closed data folder the cluster lies where its user may go, and a link tells where', async () => {
  const closed = await mkdtemp(join(tmpdir(), 'huawu-closed-'));
  chmodSync(closed, 0o700);
  const dataDir = join(closed, 'data');
  await mkdir(dataDir);
  const link = join(dataDir, 'postgres');
  cleanups.push(async () => {
    const place = realpathSync(link);
    assert.match(place, /\/huawu-postgres\/[0-9a-f]{16}$/, 'a temporary folder has a temporary cluster');
    await rm(place, { recursive: true });
    await rm(closed, { recursive: true });
  });
  const first = await start(dataDir);
  assert.equal(lstatSync(link).isSymbolicLink(), true);
  assert.notEqual(statSync(`/proc/${first.pid()}`).uid, 0, 'not as root');
  await first.close();
  assert.equal((await start(dataDir)).how, 'started');
});

rootTest('as root with programs in a closed folder they are copied, once, to where their user may run them', async () => {
  const closed = await mkdtemp(join(tmpdir(), 'huawu-closed-'));
  chmodSync(closed, 0o700);
  const found = findBinaries();
  execFileSync('cp', ['-a', found.folder, join(closed, 'native')]);
  const hidden = { folder: join(closed, 'native'), initdb: join(closed, 'native/bin/initdb'), postgres: join(closed, 'native/bin/postgres') };
  const as = runAs();
  const copy = runnableBinaries(hidden, as);
  cleanups.push(async () => {
    await rm(closed, { recursive: true });
    await rm(copy.folder, { recursive: true });
  });
  assert.match(copy.folder, /^\/var\/lib\/huawu\/programs-[0-9a-f]{16}$/);
  assert.match(execFileSync(copy.postgres, ['--version'], { uid: as.uid ?? 0, gid: as.gid ?? 0, encoding: 'utf8' }), /^postgres \(PostgreSQL\) \d+/);
  assert.deepEqual(runnableBinaries(hidden, as), copy);
});

/** `huawu backup` and `huawu restore`: a drill with a server of records, recordings and an audit trail; what stands in the way; what is broken, and said to be. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { asId, type TenantId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { backupsIn, claimFolder } from '../../src/backup/folder.ts';
import { BackupWatch } from '../../src/backup/watch.ts';
import { main as backup } from '../../src/commands/backup.ts';
import { main as restore } from '../../src/commands/restore.ts';
import { Recordings } from '../../src/recordings/recordings.ts';
import { recordingsOfCall } from '../../src/store/recordings.ts';
import { openCluster, query } from '../store/cluster.ts';
import { inProject, runsModules } from '../support/project.ts';
import { until } from '../support/wait.ts';
import { arrived, configOf, destroy, openHouse, PASSWORD, type SmallHouse } from './small-house.ts';

const demo = asId<TenantId>('demo');
let root: string;
let backups: string;
let house: SmallHouse | null;
const data = (name: string): string => {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o711);
  return folder;
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'huawu-backup-'));
  chmodSync(root, 0o711);
  backups = join(root, 'backups');
  house = null;
});
afterEach(async () => {
  await house?.close();
  for (const name of readdirSync(root)) if (name !== 'backups') await destroy(join(root, name));
  rmSync(root, { recursive: true, force: true });
});

/** What a command says, and how it ends. */
async function said(command: () => Promise<number>): Promise<{ code: number; text: string }> {
  let text = '';
  const catchers = [process.stdout, process.stderr].map((stream) =>
    mock.method(stream, 'write', (written: string) => {
      text += written;
      return true;
    }),
  );
  const umask = process.umask();
  try {
    return { code: await command(), text };
  } finally {
    process.umask(umask);
    for (const catching of catchers) catching.mock.restore();
  }
}

async function taken({ config }: SmallHouse, ...flags: string[]): Promise<string> {
  const { code, text } = await said(() => backup([backups, ...flags], config));
  assert.equal(code, 0, text);
  return text;
}

/** The keys are brought to the new folder, as an admin does. */
function bring(from: string, to: string): void {
  for (const name of ['recording.keys', 'secrets.keys']) cpSync(join(from, name), join(to, name));
}

const callsOf = async ({ store }: SmallHouse): Promise<string[]> =>
  (await store.db.selectFrom('calls').select('call_id').where('call_id', 'like', 'c-%').orderBy('call_id').execute()).map((row) => row.call_id);

describe('I8: a drill', () => {
  test('a backup under way, calls behind it, a light one, the folder gone: restored elsewhere, each call is there once, the recording plays, she signs in', async () => {
    const old = data('old');
    house = await openHouse(configOf(old));
    await house.call('a');
    await house.call('b', true);
    await house.audit('one');
    // One that is up while the backup is taken, and over behind it.
    house.tell(arrived(asId('c-up')));
    await taken(house);
    house.tell({ type: 'callEnded', callId: asId('c-up'), ending: { cause: 'normal', by: 'far_end' } });
    await house.call('c', true);
    house.later(600_000);
    await house.audit('two');
    assert.match(await taken(house, '--kind', 'light'), /-light: whole/);
    const was = { calls: await callsOf(house), heads: await house.store.db.selectFrom('audit_heads').selectAll().execute() };
    assert.deepEqual(was.calls, ['c-a', 'c-b', 'c-c', 'c-up']);
    const keys = data('keys');
    bring(old, keys);
    await house.close();
    house = null;
    await destroy(old);

    const fresh = data('new');
    bring(keys, fresh);
    const config = configOf(fresh);
    const { code, text } = await said(() => restore([backups], config));
    assert.equal(code, 0, text);
    assert.match(text, /2 proved, 0 plain, 0 not as they were recorded/);
    assert.match(text, /demo: proved, \d+ entries/);
    assert.match(text, /everything that was proved is as it was: start the server/);
    house = await openHouse(config);
    assert.deepEqual(await callsOf(house), was.calls);
    assert.deepEqual(await house.store.db.selectFrom('audit_heads').selectAll().execute(), was.heads);
    const [recording] = await recordingsOfCall(house.store.db, demo, asId('c-c'));
    const recordings = new Recordings({ ...config.recordings, store: house.store, clock: house.store.clock, log: house.store.log });
    assert.ok(recording !== undefined);
    const audio = await recordings.open(recording);
    assert.ok(recording.path.startsWith(fresh), 'where it lies now');
    assert.equal(audio.bytes, 32_044, 'a second of sound, as a WAV');
    await audio.close();
    recordings.close();
    assert.equal((await house.sessions.signIn(demo, 'supervisor', PASSWORD)).ok, true);
    // It goes on.
    await house.audit('three');
    await house.call('d');
    assert.deepEqual(await callsOf(house), [...was.calls, 'c-d'].sort());
  });
});

/** The command as a process of its own, dead as soon as `is`. */
async function killed(command: readonly string[], dataDir: string, is: () => boolean): Promise<void> {
  const child = spawn(process.execPath, [...runsModules, inProject('scripts/huawu.mjs'), ...command], {
    env: { ...process.env, DATA_DIR: dataDir, LOG_LEVEL: 'silent' },
    cwd: inProject('.'),
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => void child.once('close', (_, signal) => resolve(signal)));
  await until('it is at work', is, 60_000);
  child.kill('SIGKILL');
  assert.equal(await ended, 'SIGKILL', 'it was still at work');
}

const unfinished = (): string[] =>
  existsSync(backups) ? readdirSync(backups).filter((name) => name.endsWith('-full') && !existsSync(join(backups, name, 'manifest.json'))) : [];

describe('I8: what goes wrong', () => {
  test('kill -9 of a backup leaves none, and of a restore a folder in which nothing starts; each done again is whole', async () => {
    const old = data('old');
    house = await openHouse(configOf(old));
    await house.call('a', true);
    await killed(['backup', backups], old, () => unfinished().length > 0);
    const none = await said(() => backup(['verify', backups]));
    assert.equal(none.code, 1, none.text);
    assert.match(none.text, /there is no backup in it/);
    assert.match(await taken(house), /was not finished, and is removed/);
    assert.deepEqual(unfinished(), []);
    // Erased since: neither the tables of the full one nor what the journal tells anew brings her back.
    const url = house.store.embedded?.url ?? '';
    await query(url, `update calls set caller = '', caller_raw = '', caller_name = null, revision = 2147483647 where call_id = 'c-a'`);
    await query(
      url,
      `insert into erasures (erasure_id, tenant_id, numbers, reason, begun_at, ended_at, report) values ('e', 'demo', '{}', 'asked', now(), now(), '{}')`,
    );
    await until(
      'the database has counted it',
      async () => (await query(url, `select n_tup_ins from pg_stat_user_tables where relname = 'erasures'`))[0]?.n_tup_ins !== '0',
    );
    assert.match(await taken(house, '--kind', 'light'), /somebody was erased, since the last full backup: every table is read/);

    const fresh = data('new');
    bring(old, fresh);
    await killed(['restore', backups], fresh, () => existsSync(join(fresh, 'postgres', 'postmaster.pid')));
    const config = configOf(fresh);
    await assert.rejects(openHouse(config), /a restore into .* did not come to its end: run "huawu restore" again/);
    const { code, text } = await said(() => restore([backups], config));
    assert.equal(code, 0, text);
    await house.close();
    house = await openHouse(config);
    assert.deepEqual(await callsOf(house), ['c-a']);
    const [row] = await house.store.db.selectFrom('calls').select(['caller', 'caller_name']).where('call_id', '=', 'c-a').execute();
    assert.deepEqual(row, { caller: '', caller_name: null });
  });

  test('refused, each with what to do: other things in the folder, a second one at the same time, a folder in the data folder, keys that are missing, a folder that is not empty', async () => {
    const old = data('old');
    house = await openHouse(configOf(old));
    const { config } = house;
    await house.call('a', true);
    const refusal = async (command: () => Promise<number>): Promise<string> => {
      const { code, text } = await said(command);
      assert.equal(code, 1, text);
      return text;
    };
    mkdirSync(backups);
    writeFileSync(join(backups, 'holiday.jpg'), '');
    assert.match(await refusal(() => backup([backups], config)), /holds other things \("holiday\.jpg"\): give a folder that is empty/);
    rmSync(join(backups, 'holiday.jpg'));
    assert.match(await refusal(() => backup([join(old, 'backups')], config)), /lies in .*, which it is to be a backup of/);
    await taken(house);
    const release = claimFolder(backups);
    assert.match(await refusal(() => backup([backups], config)), new RegExp(`another backup is being taken into .*, by process ${process.pid}`));
    release();

    const fresh = data('new');
    assert.match(
      await refusal(() => restore([backups], configOf(fresh))),
      /the master key [0-9a-f]{16} is not there: bring .*recording\.keys back, or set RECORDING_KEY/,
    );
    const other = { RECORDING_KEY: 'a'.repeat(64), SECRET_KEY: 'b'.repeat(64) };
    assert.match(await refusal(() => restore([backups], configOf(fresh, other))), /RECORDING_KEY \(or .*\) has not the key/);
    bring(old, fresh);
    writeFileSync(join(fresh, 'notes.txt'), '');
    assert.match(await refusal(() => restore([backups], configOf(fresh))), /is not empty \("notes\.txt"\): give another DATA_DIR/);
    assert.match(
      await refusal(() =>
        restore(
          [backups],
          configOf(data('empty'), {
            DATABASE_URL: house?.store.embedded?.url ?? '',
            RECORDING_KEY: keyIn(old, 'recording.keys'),
            SECRET_KEY: keyIn(old, 'secrets.keys'),
          }),
        ),
      ),
      /the database is not empty \(rows in the table "tenants"\)/,
    );

    // Nothing secret lies in it: neither keys nor first passwords, and nobody else may read it.
    const all = readdirSync(backups, { recursive: true, withFileTypes: true });
    assert.deepEqual(
      all.filter(({ name }) => /\.keys$|\.secret$|-logins|postgres\.password/.test(name)),
      [],
    );
    for (const entry of all) assert.equal(statSync(join(entry.parentPath, entry.name)).mode & 0o077, 0, `${entry.name} is ours alone`);
    const [whole] = backupsIn(backups);
    for (const key of ['recording.keys', 'secrets.keys']) assert.ok(!JSON.stringify(whole?.manifest).includes(keyIn(old, key)));

    // Broken in each of its parts, it is said which, and nothing is restored of it.
    const broken = async (path: string, how: (file: string) => void): Promise<string> => {
      const file = join(backups, path);
      const before = readFileSync(file);
      how(file);
      const text = await refusal(() => backup(['verify', backups]));
      writeFileSync(file, before, { mode: 0o600 });
      return text;
    };
    const name = whole?.name ?? '';
    const flip = (file: string): void => {
      const bytes = readFileSync(file);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      writeFileSync(file, bytes);
    };
    assert.match(await broken(`${name}/database/users.copy.gz`, flip), /database\/users\.copy\.gz was changed/);
    assert.match(await broken(`${name}/database/users.copy.gz`, (file) => truncateSync(file, 10)), /users\.copy\.gz has 10 bytes, and had/);
    const segment = readdirSync(join(backups, 'journal')).find((file) => file.startsWith('events-')) ?? '';
    assert.match(await broken(`journal/${segment}`, flip), /journal\/events-\d+\.log was changed/);
    assert.match(await broken(`${name}/manifest.json`, (file) => truncateSync(file, 100)), /manifest\.json is damaged/);
    const [day] = readdirSync(join(backups, 'recordings', 'demo'));
    assert.match(await broken(`recordings/demo/${day}/c-a.r1.hws`, flip), /recordings\/demo\/.*c-a\.r1\.hws/);
    // What a later copy that died has left behind the journal's end is no fault.
    appendFileSync(join(backups, 'journal', segment), 'half a li');
    assert.equal((await said(() => backup(['verify', backups]))).code, 0);
  });
});

describe('I8: a database of somebody else', () => {
  test('is copied like ours; left to its owner, it is named as missing, and what it lacks when it is restored is told anew', async (context) => {
    const cluster = await openCluster();
    context.after(() => cluster.close());
    const [first, second] = [await cluster.database('empty'), await cluster.database('empty')];
    const old = data('old');
    house = await openHouse(configOf(old, { DATABASE_URL: first }));
    const start = house.kept.journal.lastSeq;
    assert.ok(start > 0);
    await house.call('a', true);
    await taken(house);
    await house.call('b');
    await taken(house, '--database', 'no');
    const [whole, without] = backupsIn(backups);
    assert.equal(without?.manifest.database, null);
    assert.match(without?.manifest.notInIt.join() ?? '', /the database, which its owner backs up/);
    await house.close();
    house = null;

    // As its owner would restore it: as of the first backup.
    const restored = async (folder: string, env: Record<string, string>, ...flags: string[]): Promise<{ code: number; text: string }> => {
      bring(old, data(folder));
      return said(() => restore([backups, ...flags], configOf(data(folder), env)));
    };
    assert.match((await restored('none', {})).text, /the database is not in the backup: restore it by its own means first, and set DATABASE_URL to it/);
    const one = await restored('one', { DATABASE_URL: second }, '--backup', whole?.name ?? '');
    assert.equal(one.code, 0, one.text);
    await query(second, `delete from calls where call_id = 'c-b'`);
    const two = await restored('two', { DATABASE_URL: second });
    assert.equal(two.code, 0, two.text);
    house = await openHouse(configOf(data('two'), { DATABASE_URL: second }));
    assert.deepEqual(await callsOf(house), ['c-a', 'c-b']);
  });
});

describe('I8: a server with BACKUP_DIR', () => {
  test('takes one each so many minutes, in a process of its own, and says how old the newest is; one that fails is an alarm, and after three the house is weak', async (context) => {
    const old = data('old');
    house = await openHouse(configOf(old, { BACKUP_DIR: backups, BACKUP_EVERY_MINUTES: '5' }));
    await house.call('a');
    let shift = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + shift };
    const alarms: object[] = [];
    const log = { ...silentLog, error: (what: object) => void alarms.push(what) } as typeof silentLog;
    const watch = new BackupWatch({ config: house.config, clock, log });
    context.after(() => watch.close());
    assert.equal(watch.standing.ok, true, 'there was no time for one yet');
    watch.look();
    watch.look();
    const [first] = await until('a backup', () => (existsSync(backups) && backupsIn(backups).length > 0 ? backupsIn(backups) : null), 60_000);
    assert.equal(first?.manifest.kind, 'full', 'the first is a full one, whatever was asked for');
    await until('it has ended', () => !existsSync(join(backups, 'lock')), 30_000);
    await house.call('b');
    watch.look();
    shift += 300_000;
    const newest = (): string | undefined => backupsIn(backups).at(-1)?.name;
    await until(
      'the one before has ended',
      () => {
        watch.look();
        return newest() !== first?.name;
      },
      60_000,
    );
    assert.deepEqual(
      backupsIn(backups).map(({ manifest }) => manifest.kind),
      ['full', 'light'],
      'two looks within five minutes are one backup',
    );

    rmSync(backups, { recursive: true });
    mkdirSync(backups);
    writeFileSync(join(backups, 'holiday.jpg'), '');
    shift += 300_000;
    await until(
      'an alarm',
      () => {
        watch.look();
        return alarms.length > 0;
      },
      60_000,
    );
    assert.match(JSON.stringify(alarms[0]), /no backup was taken: .* holds other things/);
    assert.equal(watch.standing.ok, true);
    shift += 1_200_000;
    assert.equal(watch.standing.ok, false);
  });
});

const keyIn = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8').trim();

/**
 * Puts a backup in place, in an empty data folder and an empty database alone. A mark in the data folder says that it has begun: with it no server starts there, and the
 * restore that is begun again begins anew. The mark goes when everything is there.
 */
import { createReadStream, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import { type KeyRing, readKeyRing } from '../../kernel/seal/keys.ts';
import type { KeptRecord } from '../cdr/kept.ts';
import { Spool } from '../cdr/spool.ts';
import { CdrWriter } from '../cdr/writer.ts';
import type { Config } from '../config.ts';
import { claim, UNFINISHED } from '../lock.ts';
import { journalKeys } from '../master-keys.ts';
import { copyAllIn, moveRecordings, whatIsThere } from '../store/copying.ts';
import { clearEmbedded, startEmbedded } from '../store/embedded.ts';
import { migrate, migrations } from '../store/migrate.ts';
import { recordWriter } from '../store/records.ts';
import { openStore, type Store } from '../store/store.ts';
import { copyFile, entriesOf, filesBelow, makeFolder } from './files.ts';
import { type Backup, BackupError } from './folder.ts';
import { restoreJournal } from './journal-pool.ts';
import type { Manifest } from './manifest.ts';
import { restoreRecordings } from './recordings-pool.ts';
import { type Retold, retell } from './retell.ts';

/** For one batch of records. */
const WRITE_WITHIN_MS = 300_000;
/** What an admin brings back beforehand, and what reading the settings makes. */
const BROUGHT = new Set(['drachtio.secret', 'recording.keys', 'secrets.keys', 'huawu.yaml', 'lost+found', UNFINISHED, 'run', 'certificates']);

export interface Restoring {
  config: Config;
  backups: string;
  backup: Backup;
  clock: Clock;
  log: Logger;
  say(line: string): void;
}

export interface Restored extends Retold {
  /** Records that the database did not take: `huawu refused` shows them. */
  refused: number;
}

/** Throws what must be mended first, a line each. */
export function demandRoom({ config, backup: { manifest } }: Restoring): void {
  const faults = [...keyFaults(config, manifest), ...schemaFaults(manifest), ...folderFaults(config, manifest)];
  if (faults.length > 0) throw new BackupError(faults.join('\n'));
}

function keyFaults(config: Config, { keys }: Manifest): string[] {
  const rings = [
    { setting: 'RECORDING_KEY', text: config.recordings.keys, path: config.recordings.keysFile, needed: keys.recording },
    { setting: 'SECRET_KEY', text: config.secretKeys, path: join(config.dataDir, 'secrets.keys'), needed: keys.secret },
  ];
  return rings.flatMap(({ setting, text, path, needed }) => {
    const there = text ?? (existsSync(path) ? readFileSync(path, 'utf8') : null);
    if (there === null) return [`the master key ${needed.join(', ')} is not there: bring ${path} back, or set ${setting}`];
    const ring: KeyRing = readKeyRing(there);
    const missing = needed.filter((id) => ring.find(id) === undefined);
    return missing.length === 0 ? [] : [`${setting} (or ${path}) has not the key ${missing.join(', ')}: bring back the one the server had`];
  });
}

function schemaFaults({ schema, version }: Manifest): string[] {
  const known = migrations();
  const other = schema.findIndex((name, at) => known[at] !== name);
  return other < 0
    ? []
    : [
        `the backup is of version ${version}, whose database has "${schema[other]}", which this version does not know: restore with that version or a later one`,
      ];
}

function folderFaults({ dataDir, recordings, databaseUrl }: Config, { database }: Manifest): string[] {
  const goesOn = existsSync(join(dataDir, UNFINISHED));
  const faults: string[] = [];
  const other = entriesOf(dataDir).find(({ name }) => !BROUGHT.has(name));
  if (other !== undefined && !goesOn) faults.push(`${dataDir} is not empty ("${other.name}"): give another DATA_DIR, or move away what is there`);
  const [recorded] = entriesOf(recordings.dir).filter(({ name }) => name !== 'lost+found');
  if (recorded !== undefined && !goesOn)
    faults.push(`${recordings.dir} is not empty ("${recorded.name}"): give another RECORDINGS_DIR, or move away what is there`);
  if (database === null && databaseUrl === null)
    faults.push('the database is not in the backup: restore it by its own means first, and set DATABASE_URL to it');
  return faults;
}

/** Resolves when everything is in place; what came of the journal. */
export async function restoreBackup(restoring: Restoring): Promise<Restored> {
  const { config, backups, backup, say } = restoring;
  const { dataDir } = config;
  makeFolder(dataDir);
  const release = claim(dataDir);
  try {
    // A cluster of its own in a folder that was begun here: nobody else's rows are in it.
    const isOurs = existsSync(join(dataDir, UNFINISHED)) && config.databaseUrl === null;
    writeFileSync(join(dataDir, UNFINISHED), `${backup.name}\n`, { mode: 0o600, flush: true });
    if (isOurs) await clearEmbedded({ dataDir, clock: restoring.clock });
    await restoreDatabase(restoring);
    say('the database is there');
    await restoreFiles(restoring);
    await restoreJournal(backups, join(dataDir, 'journal'));
    const recordings = await restoreRecordings(backups, config.recordings.dir, (done) => say(`${done} recordings`));
    say(`the journal and ${recordings} files of recordings are there`);
    const retold = await withStore(restoring, async (store) => {
      const told = await tellAnew(restoring, store);
      await moveRecordings(config.databaseUrl ?? store.embedded?.url ?? '', backup.manifest.recordingsDir, config.recordings.dir);
      return told;
    });
    say(`${retold.events} events of the journal were told anew, ${retold.records} records came of them`);
    rmSync(join(dataDir, UNFINISHED));
    return retold;
  } finally {
    release();
  }
}

async function restoreDatabase({ config, backup, clock, log, say }: Restoring): Promise<void> {
  const { database, schema } = backup.manifest;
  if (database === null) return;
  const { dataDir, databaseUrl } = config;
  const embedded = databaseUrl === null ? await startEmbedded({ dataDir, clock, log }) : null;
  const url = databaseUrl ?? embedded?.url ?? '';
  try {
    const there = await whatIsThere(url);
    if (there !== null) throw new BackupError(`the database is not empty (${there}): make a new one, and set DATABASE_URL to it`);
    await migrate(url, log, schema.length);
    const tables = database.tables.map(({ path, ...table }) => ({
      ...table,
      open: () => unzipped(join(backup.path, path)),
    }));
    await copyAllIn(url, tables, ({ name, rows }) => rows > 0 && say(`${name}: ${rows} rows`));
  } finally {
    await embedded?.close();
  }
}

function unzipped(path: string): AsyncIterable<Buffer> {
  const [file, gunzip] = [createReadStream(path), createGunzip()];
  file.on('error', (error) => gunzip.destroy(error));
  return file.pipe(gunzip);
}

async function restoreFiles({ config, backup, say }: Restoring): Promise<void> {
  const { dataDir, dialplansDir } = config;
  const under = (folder: string): string[] => filesBelow(join(backup.path, folder));
  for (const file of under('files')) await copyFile(join(backup.path, 'files', file), join(dataDir, file));
  rmSync(join(dataDir, 'spool'), { recursive: true, force: true });
  // Two spools in one: their files are numbered anew.
  const spooled = ['spool-before', 'spool'].flatMap((folder) => under(folder).map((file) => join(folder, file)));
  for (const [at, file] of spooled.entries()) {
    const name = file.includes('records-') ? `records-${String(at + 1).padStart(10, '0')}.ndjson` : (file.split('/').at(-1) ?? '');
    await copyFile(join(backup.path, file), join(dataDir, 'spool', name));
  }
  const into = existsSync(dialplansDir) && readdirSync(dialplansDir).length > 0 ? join(dataDir, 'dialplans-of-the-backup') : dialplansDir;
  const files = under('dialplans');
  const isSame = into !== dialplansDir && files.every((file) => isEqual(join(backup.path, 'dialplans', file), join(dialplansDir, file)));
  if (isSame) return;
  for (const file of files) await copyFile(join(backup.path, 'dialplans', file), join(into, file));
  if (into !== dialplansDir) say(`LOOK: the dialplans in ${dialplansDir} are not those of the backup, which are in ${into}: compare, and set DIALPLANS_DIR`);
}

const isEqual = (one: string, other: string): boolean => existsSync(other) && readFileSync(one).equals(readFileSync(other));

async function withStore<T>({ config, clock, log }: Restoring, job: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore({ databaseUrl: config.databaseUrl ?? undefined, dataDir: config.dataDir, log, clock });
  try {
    return await job(store);
  } finally {
    await store.close();
  }
}

/** With what was spooled. A record that the database will not take is set aside, as in a server that runs. */
async function tellAnew({ config, backup, clock, log, say }: Restoring, store: Store): Promise<Restored> {
  const keys = journalKeys(config);
  const spool = new Spool(join(config.dataDir, 'spool'), Number.POSITIVE_INFINITY, keys);
  const writer = new CdrWriter({ write: recordWriter(store.db), spool, clock, log });
  const write = async (records: readonly KeptRecord[]): Promise<void> => {
    for (const record of records) writer.accept({ record });
    if (!(await writer.drained(WRITE_WITHIN_MS))) throw new Error('the database takes no records');
  };
  try {
    await write([]);
    const progress = (events: number): void => say(`${events} events`);
    const retold = await retell({ folder: join(config.dataDir, 'journal'), from: backup.manifest.journal.from, keys, write, progress });
    return { ...retold, refused: writer.counts.rejected };
  } finally {
    await writer.close(0);
  }
}

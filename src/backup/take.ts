/**
 * Takes a backup beside a server that runs, and keeps nobody waiting: it only reads.
 *
 * The order is what makes it whole. First the journal, the recordings, what is spooled and the small files; then the database, in one moment; then the journal again. So
 * the journal is never behind the tables, and records that were on their way are in the snapshot of the journal, in the spool or in the tables, whichever is older or
 * younger: told anew they are written under the same keys, and nothing is there twice.
 */
import { existsSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import type { Config } from '../config.ts';
import { demandFinished } from '../lock.ts';
import { journalKeys, secretKeys } from '../master-keys.ts';
import { isFolded, type Moment, openMoment, recordingsErasedSince, type Table } from '../store/copying.ts';
import { type EmbeddedServer, startEmbedded } from '../store/embedded.ts';
import { copyFile, filesBelow, isCode, linkFile, makeFolder, Summing, sink } from './files.ts';
import { type Backup, BackupError, backupsIn, claimFolder, nameOf, openFolder, removable, removeUnfinished } from './folder.ts';
import { copyJournal, poolFolder, prunePool, startIn } from './journal-pool.ts';
import { type FileSum, FORMAT, type Manifest, type TableFile, writeManifest } from './manifest.ts';
import { copyRecordings, countRecordings, dropRecordings } from './recordings-pool.ts';

const HOUR_MS = 3_600_000;
/** An erasure is noted a moment after its file is gone. */
const ERASED_MARGIN_MS = 600_000;
/** Of the data folder: what has a place of its own here, lives as long as a process, can be made anew, or is a secret. */
const NOT_FILES = /^(postgres($|[/.])|run$|tts$|journal$|recordings$|spool$|[^/]*\.(keys|secret)(\.|$)|[^/]*-logins\.json|restore\.unfinished)|\.(part|new)$/;

export interface Taking {
  config: Config;
  folder: string;
  /** `light`: tables that the journal tells anew are left as they were in the last full backup, if that is younger than `fullHours`. */
  kind: 'full' | 'light';
  fullHours: number;
  /** Full ones that stay. */
  keep: number;
  /** false: it is backed up by its owner. */
  withDatabase: boolean;
  clock: Clock;
  log: Logger;
  say(line: string): void;
}

/** The backup, whole. Rejects with a BackupError, or what the disk or the database said; then there is no new one, and those of before are as they were. */
export async function takeBackup(taking: Taking): Promise<Backup> {
  const { config, folder, say, clock, keep } = taking;
  demandHouse(config);
  demandApart(config, folder);
  openFolder(folder);
  const release = claimFolder(folder);
  try {
    for (const name of removeUnfinished(folder)) say(`${name}: was not finished, and is removed`);
    const backup = await take(
      taking,
      backupsIn(folder, (name, error) => say(`${name}: ${error.message}`)),
    );
    const all = backupsIn(folder);
    const going = removable(all, keep);
    for (const name of going) {
      say(`${name}: goes, ${keep} full ones are kept`);
      // First what makes it a backup: half of one is none.
      rmSync(join(folder, name, 'manifest.json'), { force: true });
      rmSync(join(folder, name), { recursive: true, force: true });
    }
    const left = all.filter(({ name }) => !going.includes(name));
    prunePool(folder, Math.min(...left.map(({ manifest }) => manifest.journal.from)));
    say(`${backup.name}: whole, in ${((clock.now() - Date.parse(backup.manifest.startedAt)) / 1000).toFixed(1)} s`);
    return backup;
  } catch (error) {
    removeUnfinished(folder);
    if (isCode(error, 'ENOSPC', 'EDQUOT'))
      throw new BackupError(`the disk of ${folder} is full: make room, or keep fewer backups; those that are there are whole`);
    throw error;
  } finally {
    release();
  }
}

function demandHouse({ dataDir, databaseUrl }: Config): void {
  demandFinished(dataDir);
  if (databaseUrl === null && !existsSync(join(dataDir, 'postgres')))
    throw new BackupError(`${dataDir} holds no server: set DATA_DIR to the folder of the one that is to be backed up`);
}

function demandApart({ dataDir, recordings }: Config, folder: string): void {
  for (const taken of [dataDir, recordings.dir]) {
    const path = relative(resolve(taken), resolve(folder));
    if (path === '' || !path.startsWith('..'))
      throw new BackupError(`${folder} lies in ${taken}, which it is to be a backup of: give a folder elsewhere, best on another machine`);
  }
}

async function take(taking: Taking, before: readonly Backup[]): Promise<Backup> {
  const { config, folder, clock, withDatabase, say } = taking;
  const startedAt = clock.now();
  const pool = await copyJournal(join(config.dataDir, 'journal'), folder, startedAt);
  const base = taking.kind === 'light' ? baseOf(taking, before, pool.lastSeq) : null;
  const kind = base === null ? 'full' : 'light';
  const name = nameOf(startedAt, kind);
  const path = join(folder, name);
  makeFolder(path);
  say(`${name}: the journal is there up to event ${pool.lastSeq}`);
  const copied = await copyRecordings(config.recordings.dir, folder, startedAt, kind === 'full');
  say(`${name}: ${copied} recordings were new`);
  const files = [...(await copyFiles(config, path)), ...(base === null ? [] : await spoolOf(base, path))];
  const tables = withDatabase ? await withDatabaseOf(taking, (url) => copyDatabase(taking, { url, path, base, last: before.at(-1) ?? null })) : null;
  const end = await copyJournal(join(config.dataDir, 'journal'), folder, clock.now());
  await copyRecordings(config.recordings.dir, folder, startedAt, false);
  // How old a database of somebody else will be when it is restored is not known: as far back as the oldest backup here.
  const since = withDatabase ? pool.lastSeq : (before[0]?.manifest.journal.to ?? pool.lastSeq);
  const from = base?.manifest.journal.from ?? startIn(poolFolder(folder), since);
  if (from === null)
    throw new BackupError('the journal has a gap behind its newest snapshot: start the server, which begins a new one, and take the backup again');
  const manifest: Manifest = {
    ...{ format: FORMAT, kind, version: config.version, schema: tables?.schema ?? [] },
    ...{ startedAt: new Date(startedAt).toISOString(), endedAt: new Date(clock.now()).toISOString() },
    ...{ dataDir: config.dataDir, recordingsDir: config.recordings.dir },
    ...{ database: tables === null ? null : { serverVersion: tables.serverVersion, tables: tables.tables }, files },
    journal: { from, to: end.lastSeq },
    keys: { recording: journalKeys(config).ids, secret: secretKeys(config).ids },
    recordings: countRecordings(folder),
    notInIt: [
      'the master keys (recording.keys, secrets.keys, RECORDING_KEY, SECRET_KEY)',
      'the settings (huawu.yaml, the environment), certificates',
      ...(withDatabase ? [] : ['the database, which its owner backs up']),
    ],
  };
  writeManifest(path, manifest);
  return { name, path, manifest };
}

/** The full one that a light one can stand on. null: there is none, it is too old, or what the journal holds does not reach back to it. */
function baseOf({ folder, fullHours, clock, withDatabase, say }: Taking, before: readonly Backup[], lastSeq: number): Backup | null {
  const base = before.findLast(({ manifest }) => manifest.kind === 'full') ?? null;
  if (base === null || !withDatabase || base.manifest.database === null) return null;
  if (clock.now() - Date.parse(base.manifest.startedAt) >= fullHours * HOUR_MS) return null;
  const { from } = base.manifest.journal;
  const reaches = startIn(poolFolder(folder), from);
  if (reaches === from && lastSeq >= base.manifest.journal.to) return base;
  say('the journal does not reach back to the last full backup: a full one is taken');
  return null;
}

/** A server that runs is left running, one that was not is stopped again. */
async function withDatabaseOf<T>({ config, clock, log }: Taking, job: (url: string) => Promise<T>): Promise<T> {
  let embedded: EmbeddedServer | null = null;
  if (config.databaseUrl === null) embedded = await startEmbedded({ dataDir: config.dataDir, guest: true, clock, log });
  try {
    return await job(config.databaseUrl ?? embedded?.url ?? '');
  } finally {
    await embedded?.close();
  }
}

interface Copying {
  url: string;
  path: string;
  base: Backup | null;
  last: Backup | null;
}

async function copyDatabase(taking: Taking, { url, path, base, last }: Copying): Promise<{ schema: string[]; serverVersion: string; tables: TableFile[] }> {
  const { folder, config, say } = taking;
  const since = last === null ? 0 : Date.parse(last.manifest.startedAt) - ERASED_MARGIN_MS;
  dropRecordings(
    folder,
    (await recordingsErasedSince(url, since)).flatMap((file) => {
      const below = relative(config.recordings.dir, file);
      return below.startsWith('..') ? [] : [below];
    }),
  );
  const moment = await openMoment(url);
  try {
    const isOld = base !== null && (base.manifest.schema.join() !== moment.schema.join() || hasErased(moment, base));
    const kept = isOld ? null : base;
    if (isOld) say('the schema has changed, or somebody was erased, since the last full backup: every table is read');
    const tables: TableFile[] = [];
    for (const table of moment.tables) tables.push(await copyTable(moment, table, path, unchanged(table, kept, last)));
    say(`${tables.reduce((rows, table) => rows + table.rows, 0)} rows of ${tables.length} tables`);
    return { schema: moment.schema, serverVersion: moment.serverVersion, tables };
  } finally {
    await moment.close();
  }
}

/** Told anew from the journal, what was erased in the tables of old would be there again. */
function hasErased({ tables }: Moment, { manifest }: Backup): boolean {
  const of = (all: readonly { name: string; fingerprint: string }[] | undefined): string | undefined =>
    all?.find(({ name }) => name === 'erasures')?.fingerprint;
  return of(tables) !== of(manifest.database?.tables);
}

/** The file of an earlier backup that may stand for the table; undefined: it is read. */
function unchanged(table: Table, base: Backup | null, last: Backup | null): { backup: Backup; file: TableFile } | undefined {
  if (!isFolded(table.name)) return undefined;
  const found = (backup: Backup | null, isRight: (file: TableFile) => boolean) => {
    const file = backup?.manifest.database?.tables.find(({ name }) => name === table.name);
    return backup === null || file === undefined || file.columns.join() !== table.columns.join() || !isRight(file) ? undefined : { backup, file };
  };
  return base === null ? found(last, ({ fingerprint }) => fingerprint === table.fingerprint) : found(base, () => true);
}

async function copyTable(moment: Moment, table: Table, path: string, earlier: { backup: Backup; file: TableFile } | undefined): Promise<TableFile> {
  if (earlier !== undefined) {
    await linkFile(join(earlier.backup.path, earlier.file.path), join(path, earlier.file.path));
    return earlier.file;
  }
  const file = join('database', `${table.name}.copy.gz`);
  makeFolder(join(path, 'database'));
  const [gzip, summing] = [createGzip({ level: 1 }), new Summing()];
  const written = pipeline(gzip, summing, sink(join(path, file)));
  const [rows] = await Promise.all([moment.copy(table, gzip), written]);
  return { ...table, rows, path: file, ...summing.sum() };
}

/** Records that were spooled when the tables were read are in neither of these, and may be in the database since. */
async function spoolOf(base: Backup, path: string): Promise<FileSum[]> {
  const files = base.manifest.files.filter((file) => file.path.startsWith('spool/records-'));
  const here = files.map((file) => ({ ...file, path: file.path.replace('spool/', 'spool-before/') }));
  for (const [at, file] of files.entries()) await linkFile(join(base.path, file.path), join(path, here[at]?.path ?? ''));
  return here;
}

async function copyFiles({ dataDir, dialplansDir }: Config, path: string): Promise<FileSum[]> {
  const files: FileSum[] = [];
  const copy = async (root: string, into: string, passes?: (file: string) => boolean): Promise<void> => {
    for (const file of filesBelow(root, passes)) {
      const to = join(into, file);
      try {
        files.push({ path: to, ...(await copyFile(join(root, file), join(path, to))) });
      } catch (error) {
        if (!isCode(error, 'ENOENT')) throw error;
      }
    }
  };
  await copy(join(dataDir, 'spool'), 'spool', (file) => !file.endsWith('.part'));
  await copy(dataDir, 'files', (file) => !NOT_FILES.test(file));
  await copy(dialplansDir, 'dialplans');
  return files;
}

/**
 * The journal, kept beside the backups: what has been added to it since is copied, and only whole lines. One pool for all backups, from the snapshot that the oldest of
 * them is told anew from to the newest event: whichever is restored, every call up to the end of the pool is in it.
 */
import { appendFileSync, closeSync, existsSync, fsyncSync, openSync, readSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { KEYS } from '../journal/keys.ts';
import { numberOf } from '../journal/line.ts';
import { listedSegments, listedSnapshots } from '../journal/read.ts';
import { copyFile, entriesOf, isCode, makeFolder, removeFile, sumOf } from './files.ts';
import { type FileSum, FORMAT, type JournalPool, readPool, writePool } from './manifest.ts';

const FOLDER = 'journal';
/** So much of the end of what we have must be what stands there, too. */
const COMPARED_BYTES = 4_096;
const CHUNK_BYTES = 4 * 1024 * 1024;
/** No line is longer than what a turn may write. */
const TAIL_BYTES = 1024 * 1024;

export const poolFolder = (backups: string): string => join(backups, FOLDER);

/** Copies what is new, and says what the pool holds then. What goes away meanwhile (the journal is pruned) is passed over. */
export async function copyJournal(from: string, backups: string, now: number): Promise<JournalPool> {
  const folder = poolFolder(backups);
  makeFolder(folder);
  for (const { name } of existsSync(from) ? listedSegments(from) : []) await unlessGone(() => extend(join(from, name), join(folder, name)));
  for (const { name } of existsSync(from) ? listedSnapshots(from) : []) {
    if (!existsSync(join(folder, name))) await unlessGone(() => copyFile(join(from, name), join(folder, name)));
  }
  // Keys last: they are with the operating system before what they lock. Anew each time, as keys of those who were erased are dropped from them.
  for (const { name } of entriesOf(from)) if (KEYS.test(name)) await unlessGone(() => copyChanged(join(from, name), join(folder, name)));
  const before = readPool(backups);
  const known = new Map(before?.files.map((file) => [file.path, file]));
  const files: FileSum[] = [];
  for (const path of namesIn(folder)) files.push(await summed(join(folder, path), path, known.get(path), Date.parse(before?.at ?? '')));
  const pool = { format: FORMAT, at: new Date(now).toISOString(), lastSeq: lastSeqIn(folder), files } as const;
  writePool(backups, pool);
  return pool;
}

const namesIn = (folder: string): string[] =>
  [...listedSegments(folder), ...listedSnapshots(folder)]
    .map(({ name }) => name)
    .concat(
      entriesOf(folder)
        .map(({ name }) => name)
        .filter((name) => KEYS.test(name)),
    )
    .sort();

async function unlessGone(job: () => unknown): Promise<void> {
  try {
    await job();
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
}

/** What has its size, and was not touched since it was summed, is what it was. */
async function summed(file: string, path: string, known: FileSum | undefined, knownAt: number): Promise<FileSum> {
  const { size, mtimeMs } = statSync(file);
  return known !== undefined && known.bytes === size && mtimeMs < knownAt ? known : { path, ...(await sumOf(file, size)) };
}

async function copyChanged(from: string, to: string): Promise<void> {
  const [there, here] = [statSync(from), statSync(to, { throwIfNoEntry: false })];
  if (here === undefined || here.size !== there.size || Math.abs(here.mtimeMs - there.mtimeMs) > 1) await copyFile(from, to);
}

/** Appends whole lines. A file that is shorter or other than what we have of it (a machine died with what was not on its disk yet) is taken anew. */
function extend(from: string, to: string): void {
  const source = openSync(from, 'r');
  try {
    let have = existsSync(to) ? statSync(to).size : 0;
    if (have > 0 && !isSameEnd(source, to, have)) {
      truncateSync(to, 0);
      have = 0;
    }
    // One that nobody has written to yet is one, too.
    appendFileSync(to, '', { mode: 0o600 });
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let read = readSync(source, chunk, 0, CHUNK_BYTES, have); read > 0; read = readSync(source, chunk, 0, CHUNK_BYTES, have)) {
      const whole = chunk.subarray(0, read).lastIndexOf(0x0a) + 1;
      if (whole === 0) break;
      appendFileSync(to, chunk.subarray(0, whole), { mode: 0o600 });
      have += whole;
    }
    synced(to);
  } finally {
    closeSync(source);
  }
}

function isSameEnd(source: number, to: string, have: number): boolean {
  const length = Math.min(COMPARED_BYTES, have);
  const [there, here] = [Buffer.alloc(length), Buffer.alloc(length)];
  const copy = openSync(to, 'r');
  try {
    readSync(copy, here, 0, length, have - length);
    return readSync(source, there, 0, length, have - length) === length && there.equals(here);
  } finally {
    closeSync(copy);
  }
}

function synced(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Of the last whole line; of a segment that has none yet, the event before its first. */
export function lastSeqIn(folder: string): number {
  const last = listedSegments(folder).at(-1);
  return last === undefined ? 0 : (lastSeqOf(join(folder, last.name)) ?? last.seq - 1);
}

function lastSeqOf(path: string): number | null {
  const { size } = statSync(path);
  const length = Math.min(TAIL_BYTES, size);
  const tail = Buffer.alloc(length);
  const file = openSync(path, 'r');
  try {
    readSync(file, tail, 0, length, size - length);
  } finally {
    closeSync(file);
  }
  const end = tail.lastIndexOf(0x0a);
  if (end < 0) return null;
  return numberOf(tail.toString('utf8', tail.subarray(0, end).lastIndexOf(0x0a) + 1, end));
}

/** The newest place at or before `seq` from which everything can be told to the end without a gap; null: there is none. */
export function startIn(folder: string, seq: number): number | null {
  const segments = listedSegments(folder);
  // Backwards as far as one follows on the other.
  let first = segments.length - 1;
  while (first > 0 && lastSeqOf(join(folder, segments[first - 1]?.name ?? '')) === (segments[first]?.seq ?? 0) - 1) first -= 1;
  const from = segments[first]?.seq;
  if (from === undefined) return null;
  const snapshot = listedSnapshots(folder).findLast((each) => each.seq <= seq && each.seq >= from - 1);
  return snapshot?.seq ?? (from === 1 ? 0 : null);
}

/** What is older than `from`, which the oldest backup is told anew from. */
export function prunePool(backups: string, from: number): void {
  const folder = poolFolder(backups);
  const pool = readPool(backups);
  if (pool === null) return;
  const segments = listedSegments(folder);
  const gone = new Set([
    ...segments.filter((_, at) => (segments[at + 1]?.seq ?? Number.POSITIVE_INFINITY) <= from + 1).map(({ name }) => name),
    ...listedSnapshots(folder)
      .filter(({ seq }) => seq < from)
      .map(({ name }) => name),
  ]);
  const left = (name: string): boolean => !gone.has(name);
  const needed = new Set([
    ...segments.filter(({ name }) => left(name)).map(({ seq }) => seq),
    ...listedSnapshots(folder)
      .filter(({ name }) => left(name))
      .map(({ seq }) => seq + 1),
  ]);
  for (const { path } of pool.files) if (KEYS.test(path) && !needed.has(Number(KEYS.exec(path)?.[1]))) gone.add(path);
  if (gone.size === 0) return;
  // Named no more before they are no more.
  writePool(backups, { ...pool, files: pool.files.filter(({ path }) => left(path)) });
  for (const name of gone) removeFile(join(folder, name));
}

/** As the pool says they are: what was added behind by somebody who died is left out. */
export async function restoreJournal(backups: string, to: string): Promise<void> {
  const pool = readPool(backups);
  rmSync(to, { recursive: true, force: true });
  makeFolder(to);
  for (const { path, bytes } of pool?.files ?? []) await copyFile(join(poolFolder(backups), path), join(to, path), bytes);
}

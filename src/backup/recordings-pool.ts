/**
 * Recordings, kept beside the backups as they lie in RECORDINGS_DIR (a folder a tenant, in it a folder a day): a file that is there already is not copied again. In each
 * day's folder a file `sums`, a line for each file that is whole. Those that were erased go here, too.
 */
import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { copyFile, entriesOf, filesBelow, isCode, removeFile, sumOf } from './files.ts';
import type { FileSum } from './manifest.ts';

const FOLDER = 'recordings';
const SUMS = 'sums';
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;
/** A call may last so long, and what follows on its end. */
const YOUNG_DAYS = 2;

export const recordingsFolder = (backups: string): string => join(backups, FOLDER);

/** Folders of files, as paths below; of days, those since `since` (ms) only. */
function foldersOf(root: string, since: number): string[] {
  const youngest = new Date(since).toISOString().slice(0, 10);
  return entriesOf(root)
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .flatMap(({ name: tenant }) =>
      entriesOf(join(root, tenant))
        .filter((entry) => entry.isDirectory() && (!DAY.test(entry.name) || entry.name >= youngest))
        .map((entry) => join(tenant, entry.name)),
    );
}

/** Copies what is new; `whole` = of all days, else of the last ones. How many files were copied. */
export async function copyRecordings(from: string, backups: string, now: number, whole: boolean): Promise<number> {
  let copied = 0;
  for (const folder of foldersOf(from, whole ? 0 : now - YOUNG_DAYS * DAY_MS)) {
    const to = join(recordingsFolder(backups), folder);
    const known = sumsIn(to);
    for (const entry of entriesOf(join(from, folder))) {
      if (!entry.isFile()) continue;
      copied += (await copyOne(join(from, folder, entry.name), join(to, entry.name), known.get(entry.name))) ? 1 : 0;
    }
  }
  return copied;
}

/** false: it is there, or went meanwhile. */
async function copyOne(from: string, to: string, known: FileSum | undefined): Promise<boolean> {
  try {
    const [there, here] = [statSync(from), statSync(to, { throwIfNoEntry: false })];
    const isSame = here !== undefined && here.size === there.size && Math.abs(here.mtimeMs - there.mtimeMs) < 2;
    if (known !== undefined && known.bytes === there.size && isSame) return false;
    const sum = await copyFile(from, to);
    appendFileSync(join(dirname(to), SUMS), lineOf({ path: relative(dirname(to), to), ...sum }), { mode: 0o600, flush: true });
    return true;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
}

const lineOf = ({ path, bytes, sha256 }: FileSum): string => `${sha256} ${bytes} ${path}\n`;

/** The last line of each file counts; one that is torn is none. */
function sumsIn(folder: string): Map<string, FileSum> {
  const path = join(folder, SUMS);
  if (!existsSync(path)) return new Map();
  return new Map(
    readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line): [string, FileSum][] => {
        const [, sha256, bytes, name] = /^([0-9a-f]{64}) (\d+) (.+)$/.exec(line) ?? [];
        return sha256 === undefined || name === undefined ? [] : [[name, { path: name, bytes: Number(bytes), sha256 }]];
      }),
  );
}

/** `paths`: below RECORDINGS_DIR. They are nowhere any more when it returns. */
export function dropRecordings(backups: string, paths: readonly string[]): void {
  for (const path of paths) {
    const file = join(recordingsFolder(backups), path);
    const sums = sumsIn(dirname(file));
    const name = relative(dirname(file), file);
    for (const each of [...sums.keys()].filter((known) => known === name || known.startsWith(`${name}.`))) {
      removeFile(join(dirname(file), each));
      sums.delete(each);
    }
    if (existsSync(dirname(file))) writeFileSync(join(dirname(file), SUMS), [...sums.values()].map(lineOf).join(''), { mode: 0o600, flush: true });
  }
}

export function countRecordings(backups: string): { files: number; bytes: number } {
  const counts = { files: 0, bytes: 0 };
  for (const folder of foldersOf(recordingsFolder(backups), 0))
    for (const { bytes } of sumsIn(join(recordingsFolder(backups), folder)).values()) {
      counts.files += 1;
      counts.bytes += bytes;
    }
  return counts;
}

/** Names of those that are not what was copied. */
export async function brokenRecordings(backups: string): Promise<string[]> {
  const root = recordingsFolder(backups);
  const broken: string[] = [];
  for (const folder of foldersOf(root, 0)) {
    for (const { path, bytes, sha256 } of sumsIn(join(root, folder)).values()) {
      const file = join(root, folder, path);
      const found = existsSync(file) ? await sumOf(file) : null;
      if (found?.bytes !== bytes || found.sha256 !== sha256) broken.push(join(FOLDER, folder, path));
    }
  }
  return broken;
}

export async function restoreRecordings(backups: string, to: string, progress: (done: number) => void): Promise<number> {
  const root = recordingsFolder(backups);
  let done = 0;
  for (const path of filesBelow(root, (each) => !each.endsWith('.part'))) {
    if (path.endsWith(`/${SUMS}`)) continue;
    await copyFile(join(root, path), join(to, path));
    done += 1;
    if (done % 1_000 === 0) progress(done);
  }
  return done;
}

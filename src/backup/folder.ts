/**
 * A folder of backups:
 *
 *   huawu-backups.json    that it is one
 *   lock                  who works in it
 *   journal.json          the journal's files, their sizes and sums
 *   journal/              segments, their keys, snapshots: since the oldest backup
 *   recordings/           as they lie in RECORDINGS_DIR, a file `sums` in each day's folder
 *   2026…Z-full/          manifest.json (written last), database/ (a file a table), files/ spool/ dialplans/
 *   2026…Z-light/
 *
 * A table that did not change since is a hard link to the file of the backup before it: each backup is whole by itself, and removing one takes nothing from another.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isCode, makeFolder, writeJson } from './files.ts';
import { FORMAT, type Manifest, readManifest } from './manifest.ts';

const MARK = 'huawu-backups.json';
const LOCK = 'lock';
const NAME = /^\d{8}T\d{9}Z-(full|light)$/;

/** Something stands in the way, and the message says how to mend it. */
export class BackupError extends Error {}

export interface Backup {
  name: string;
  path: string;
  manifest: Manifest;
}

export const nameOf = (at: number, kind: 'full' | 'light'): string => `${new Date(at).toISOString().replace(/[-:.]/g, '')}-${kind}`;

/** Makes it one; refuses where other things lie. */
export function openFolder(folder: string): void {
  makeFolder(folder);
  if (existsSync(join(folder, MARK))) return;
  const [other] = readdirSync(folder).filter((name) => name !== 'lost+found');
  if (other !== undefined) throw new BackupError(`${folder} holds other things ("${other}"): give a folder that is empty, or one of backups`);
  writeJson(join(folder, MARK), { format: FORMAT, what: 'backups of a Huawu server' });
}

export function demandFolder(folder: string): void {
  if (!existsSync(join(folder, MARK))) throw new BackupError(`${folder} is no folder of backups: it has no ${MARK}`);
}

/** One at a time. Returns how it is let go of. */
export function claimFolder(folder: string): () => void {
  const path = join(folder, LOCK);
  const mine = JSON.stringify({ pid: process.pid, began: beganAt(process.pid), host: hostname() });
  for (;;) {
    try {
      writeFileSync(path, mine, { flag: 'wx', mode: 0o600 });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
    }
    const owner = ownerOf(path);
    if (owner !== null && (owner.host !== hostname() || owner.began === beganAt(owner.pid))) {
      throw new BackupError(
        `another backup is being taken into ${folder}, by process ${owner.pid} on ${owner.host}: wait for it, or remove ${path} when that machine is no more`,
      );
    }
    rmSync(path, { force: true });
  }
}

function ownerOf(path: string): { pid: number; began: string; host: string } | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as { pid: number; began: string; host: string };
  } catch {
    return null;
  }
}

/** In ticks since the machine began: tells a process from another that has its number later. null: there is none. */
function beganAt(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/, '').split(' ')[20] ?? null;
  } catch {
    return null;
  }
}

/** Whole ones, oldest first. One whose manifest cannot be read is told to `onBroken`. */
export function backupsIn(folder: string, onBroken: (name: string, error: Error) => void = () => {}): Backup[] {
  return readdirSync(folder)
    .filter((name) => NAME.test(name))
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      try {
        const manifest = readManifest(path);
        return manifest === null ? [] : [{ name, path, manifest }];
      } catch (error) {
        onBroken(name, error as Error);
        return [];
      }
    });
}

/** Begun, and not come to its end: of somebody who has died. Only with the folder claimed. */
export function removeUnfinished(folder: string): string[] {
  const left = readdirSync(folder).filter((name) => NAME.test(name) && !existsSync(join(folder, name, 'manifest.json')));
  for (const name of left) rmSync(join(folder, name), { recursive: true, force: true });
  return left;
}

/** Light ones of the last hours are enough: older ones say no more than the full ones do with the journal. */
const MOST_LIGHT = 12;

/** What may go: full ones beyond `keep`, light ones beyond the newest twelve; never the newest of all, nor one that cannot be read. */
export function removable(backups: readonly Pick<Backup, 'name' | 'manifest'>[], keep: number): string[] {
  const newest = backups.at(-1)?.name;
  const beyond = (kind: 'full' | 'light', most: number): string[] => {
    const names = backups.filter(({ manifest }) => manifest.kind === kind).map(({ name }) => name);
    return names.slice(0, Math.max(0, names.length - most));
  };
  return [...beyond('full', keep), ...beyond('light', MOST_LIGHT)].filter((name) => name !== newest).sort();
}

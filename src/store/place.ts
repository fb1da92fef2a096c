/**
 * Where the embedded cluster may lie, and as whom it may run. Postgres refuses root: started as root, it is given to an
 * unprivileged system user, and its folder must lie where that user may go. `dataDir`/postgres is used when it can be; else
 * the cluster lies under /var/lib/huawu and `dataDir`/postgres is a symbolic link to it.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Binaries } from './binaries.ts';

/** For child_process: empty when we are nobody special ourselves. */
export interface RunAs {
  uid?: number;
  gid?: number;
}

const ACCOUNTS = ['huawu', 'postgres', 'nobody'];
const ELSEWHERE = '/var/lib/huawu';
/** A data folder for the day gets a cluster for the day: what lies here goes when the machine starts anew. */
const ELSEWHERE_FOR_A_DAY = join(tmpdir(), 'huawu-postgres');

export function runAs(): RunAs {
  if (process.getuid?.() !== 0) return {};
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const account of ACCOUNTS) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${account}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(`PostgreSQL does not run as root, and there is none of the users ${ACCOUNTS.join(', ')}: start as another user, or set DATABASE_URL`);
}

/** The real path of the cluster's folder, made and owned as it must be. */
export function clusterFolder(dataDir: string, as: RunAs): string {
  mkdirSync(dataDir, { recursive: true });
  const wanted = join(resolve(dataDir), 'postgres');
  const present = lstatSync(wanted, { throwIfNoEntry: false });
  if (present?.isSymbolicLink() && !existsSync(wanted)) {
    throw new Error(`${wanted} points to ${readlinkSync(wanted)}, which is not there: bring the database back, or remove the link to begin anew`);
  }
  if (present === undefined && !mayGo(dataDir, as)) {
    openPath(elsewhere(dataDir));
    symlinkSync(ownFolder(join(elsewhere(dataDir), nameOf(dataDir)), as), wanted);
  } else if (present === undefined) ownFolder(wanted, as);
  return realpathSync(wanted);
}

/** The programs, copied to where `as` may run them when they lie under a folder closed to it. */
export function runnableBinaries(binaries: Binaries, as: RunAs): Binaries {
  if (as.uid === undefined || spawnSync(binaries.postgres, ['--version'], { uid: as.uid, gid: as.gid ?? as.uid }).status === 0) return binaries;
  const { size, mtimeMs } = statSync(binaries.postgres);
  // Another release at the same path is another copy.
  const folder = join(ELSEWHERE, `programs-${nameOf(binaries.folder, `${size} ${mtimeMs}`)}`);
  if (!existsSync(folder)) {
    openPath(ELSEWHERE);
    cpSync(binaries.folder, `${folder}.part`, { recursive: true, verbatimSymlinks: true });
    chmodSync(`${folder}.part`, 0o755);
    renameSync(`${folder}.part`, folder);
  }
  return { folder, initdb: join(folder, 'bin', 'initdb'), postgres: join(folder, 'bin', 'postgres') };
}

const elsewhere = (dataDir: string): string => (realpathSync(dataDir).startsWith(`${realpathSync(tmpdir())}/`) ? ELSEWHERE_FOR_A_DAY : ELSEWHERE);

/** May `as` pass through every folder down to this one? Asked of the kernel, which knows modes, groups and ACLs. */
function mayGo(folder: string, as: RunAs): boolean {
  if (as.uid === undefined) return true;
  return spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', resolve(folder)], { uid: as.uid, gid: as.gid ?? as.uid, cwd: '/' }).status === 0;
}

function ownFolder(folder: string, as: RunAs): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (as.uid !== undefined) chownSync(folder, as.uid, as.gid ?? as.uid);
  return folder;
}

/** One of our own folders that others may pass through, but not list or write. */
function openPath(folder: string): void {
  if (!existsSync(folder)) {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o711);
  }
  const { uid, mode } = statSync(folder);
  // Under /tmp anybody may have been here first.
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0)
    throw new Error(`${folder} belongs to somebody else, or may be written by others: mend it or remove it`);
}

const nameOf = (path: string, release = ''): string =>
  createHash('sha256')
    .update(`${realpathSync(path)} ${release}`)
    .digest('hex')
    .slice(0, 16);

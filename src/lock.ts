/** One running server a data folder: a second one would adopt the first one's servers and write into its journal. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../kernel/clock.ts';

/** Lies in a data folder while a backup is put in place there: half of one is none. */
export const UNFINISHED = 'restore.unfinished';

/** Throws when a restore into the folder has not come to its end. */
export function demandFinished(dataDir: string): void {
  if (existsSync(join(dataDir, UNFINISHED)))
    throw new Error(`a restore into ${dataDir} did not come to its end: run "huawu restore" again, which begins anew, or give another DATA_DIR`);
}

/** Throws when another server runs on the folder; what a dead one left behind is taken over. */
export function claim(dataDir: string): () => void {
  const path = join(dataDir, 'run', 'huawu.pid');
  mkdirSync(join(dataDir, 'run'), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const owner = Number(readFileSync(path, 'utf8'));
    if (owner !== process.pid && isHuawu(owner)) {
      throw new Error(`DATA_DIR ${dataDir} is in use by a running huawu, pid ${owner}: stop that one, or give this one a DATA_DIR of its own`);
    }
    writeFileSync(path, String(process.pid));
  }
  return () => {
    if (ownerIn(path) === process.pid) rmSync(path, { force: true });
  };
}

const LOOK_EACH_MS = 1_000;

/** Tells when the folder has become another server's (J6), whatever way it took it; where its mark was removed it is put back. Returns its end. */
export function watchClaim(dataDir: string, clock: Clock, onLost: (reason: string) => void): () => void {
  const path = join(dataDir, 'run', 'huawu.pid');
  const stop = clock.every(LOOK_EACH_MS, () => {
    const owner = ownerIn(path);
    if (owner === process.pid) return;
    if (owner === null) return writeFileSync(path, String(process.pid));
    stop();
    onLost(`DATA_DIR ${dataDir} is another server's by now, pid ${owner}: this one ends`);
  });
  return stop;
}

/** null: nobody's. */
function ownerIn(path: string): number | null {
  try {
    return Number(readFileSync(path, 'utf8')) || null;
  } catch {
    return null;
  }
}

/** A pid from a file may belong to anybody by now. */
function isHuawu(pid: number): boolean {
  try {
    const [, ...words] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return words.some((word) => word.endsWith('huawu.mjs') || word.endsWith('/huawu'));
  } catch {
    return false;
  }
}

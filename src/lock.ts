/** One running server a data folder: a second one would adopt the first one's servers and write into its journal. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

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
  return () => rmSync(path, { force: true });
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

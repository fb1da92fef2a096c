/** What `postmaster.pid` tells of a server that may still run on a cluster. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface Postmaster {
  pid: number;
  port: number;
}

/** null: no server was left behind (or the file is not whole yet). Lines of the file: pid, folder, start time, port, … */
export function readPostmaster(folder: string): Postmaster | null {
  let lines: string[];
  try {
    lines = readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return null;
  }
  const pid = Math.abs(Number(lines[0]));
  const port = Number(lines[3]);
  return Number.isInteger(pid) && pid > 0 ? { pid, port: Number.isInteger(port) ? port : 0 } : null;
}

/** Alive, and the server of this folder: process ids are given out again, most of all in containers. */
export function isServing(postmaster: Postmaster, folder: string): boolean {
  try {
    process.kill(postmaster.pid, 0);
  } catch (error) {
    // EPERM: it lives, but belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  try {
    // The command line of a zombie is empty.
    return readFileSync(`/proc/${postmaster.pid}/cmdline`, 'utf8').includes(folder);
  } catch {
    // No /proc on this system, or it has just died: the caller's connection attempt decides.
    return process.platform !== 'linux';
  }
}

/** Only after `isServing` said no: a file left by kill -9 would stop the next start when its pid lives again as something else. */
export const removeStale = (folder: string): void => rmSync(join(folder, 'postmaster.pid'), { force: true });

/** An initdb works in the folder, or a server that it has started to fill it. */
export function isBeingMade(folder: string): boolean {
  return readdirSync('/proc').some((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`--pgdata=${folder}\0`);
    } catch {
      return false; // It has ended meanwhile.
    }
  });
}

/** What Linux says of processes. */
import { readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/** User and system time so far, children that ended included. */
export function cpuMsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const fields = statFields(pid);
    // proc(5): utime, stime, cutime, cstime are fields 14 to 17, counted from 1; two are cut off before.
    const ticks = fields.slice(11, 15).reduce((total, field) => total + Number(field), 0);
    return sum + (ticks * 1000) / TICKS_PER_SECOND;
  }, 0);
}

export function rssMbOf(pids: readonly number[]): number {
  const pages = pids.reduce((sum, pid) => sum + Number(statFields(pid)[21] ?? 0), 0);
  return Math.round((pages * PAGE_BYTES) / 1024 / 1024);
}

/** Fields after the name, which may hold anything. */
function statFields(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

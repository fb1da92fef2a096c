/**
 * Gives memory back after a storm. V8 keeps what its heap once grew to for as long as nothing is allocated: a process at rest never
 * collects, and an operator sees what looks like a leak. At rest a full collection costs nobody anything.
 */
import { performance } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from './clock.ts';

const MEGABYTE = 1024 * 1024;
const LOOK_EACH_MS = 5000;
/** Share of the time the event loop did something; above it the process is not at rest. */
const AT_REST = 0.1;
/** So much more than after the last collection is worth one. */
const WORTH_BYTES = 24 * MEGABYTE;
/** A heap beyond this may be alive for the most part, and then the collection holds up everybody for too long: V8 is left to itself. */
const MOST_BYTES = 384 * MEGABYTE;

/** Whether now is the moment. `heapBytes` is what the heap holds of the system's memory, `keptBytes` what it held after the last collection. */
export const worthCollecting = (heapBytes: number, keptBytes: number, busyShare: number): boolean =>
  busyShare <= AT_REST && heapBytes >= keptBytes + WORTH_BYTES && heapBytes <= MOST_BYTES;

/** The first collection empties pages in part; those that follow find which, and move what is left together. */
const COLLECTIONS = 3;

/** process.memoryUsage() would open a file of /proc for it, and throw where no descriptor is left (fault row A16). */
const heapBytes = (): number => getHeapStatistics().total_heap_size;

/** Returns its cancel. */
export function giveBackAtRest(clock: Clock): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let kept = heapBytes();
  let loop = performance.eventLoopUtilization();
  let followUps = 0;
  return clock.every(LOOK_EACH_MS, () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, loop);
    loop = now;
    if (worthCollecting(heapBytes(), kept, utilization)) followUps = COLLECTIONS;
    if (followUps === 0 || utilization > AT_REST) return;
    followUps -= 1;
    collect();
    kept = heapBytes();
  });
}

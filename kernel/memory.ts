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

/** Of what the heap may hold at most: beyond the first new calls are refused, until it is below the second again. */
const FULL_SHARE = 0.85;
const ROOMY_SHARE = 0.75;
const LOOK_AT_ROOM_EACH_MS = 500;
/** What was only left lying is collected before V8 comes near its limit; for so many looks in a row it is alive. */
const LOOKS_FULL = 3;

/** Whether the heap is full, as it was before and by so many looks in a row that found it beyond its share. */
const heapFull = (was: boolean, share: number, looksBeyond: number): boolean => (was ? share > ROOMY_SHARE : looksBeyond >= LOOKS_FULL);

/** The soft limit of memory (A15): while the heap is nearly full nobody else is let in, so that those who are in may end well. */
export class HeapRoom {
  #full = false;
  #beyond = 0;
  readonly #stop: () => void;

  constructor(clock: Clock, changed: (full: boolean, share: number) => void, shareNow = shareOfHeap) {
    this.#stop = clock.every(LOOK_AT_ROOM_EACH_MS, () => {
      const share = shareNow();
      this.#beyond = share > FULL_SHARE ? this.#beyond + 1 : 0;
      const full = heapFull(this.#full, share, this.#beyond);
      if (full === this.#full) return;
      this.#full = full;
      changed(full, share);
    });
  }

  get full(): boolean {
    return this.#full;
  }

  close(): void {
    this.#stop();
  }
}

/** V8 counts into its limit what it keeps for young objects, three times 16 MB where nobody has said less; what grows until the heap is full is old. */
const YOUNG_BYTES = 48 * MEGABYTE;

function shareOfHeap(): number {
  const { used_heap_size: used, heap_size_limit: most } = getHeapStatistics();
  return used / Math.max(YOUNG_BYTES, most - YOUNG_BYTES);
}

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

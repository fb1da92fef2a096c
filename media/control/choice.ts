/**
 * Which worker carries a new group of legs. One that lags is given no more; if it goes on lagging, it gives away what it has (`relief.ts`).
 */
export interface WorkerState {
  alive: boolean;
  endpoints: number;
  /** How late it came to what was due, at its worst of late. */
  lagMs: number;
}

/** A frame. Who comes later than this to what is due is heard to. */
export const LAGGING_MS = 20;

/** Of those that live, keep time, and carry least: in this order. When all lag, the machine does, and none is spared. */
export function chooseWorker(workers: readonly WorkerState[]): number {
  let best = 0;
  for (const [at, worker] of workers.entries()) {
    const than = workers[best];
    if (than === undefined || isBetter(worker, than)) best = at;
  }
  return best;
}

function isBetter(a: WorkerState, b: WorkerState): boolean {
  if (a.alive !== b.alive) return a.alive;
  const [aLags, bLags] = [a.lagMs > LAGGING_MS, b.lagMs > LAGGING_MS];
  if (aLags !== bLags) return !aLags;
  return a.endpoints < b.endpoints;
}

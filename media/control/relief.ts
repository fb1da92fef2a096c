/**
 * When a worker is to give calls away, and to whom. Pure: one look a second.
 *
 *     keeps time ──── lags for LAGS_FOR_MS without a break ───▶ gives away, MOST_A_LOOK groups each look, to the least loaded of
 *         ▲                                                    those that have been on time as long
 *         └─────────── as punctual as CALM_LAG_MS, or nobody is left to give to
 *
 * When all lag it is the machine that is late, and moving calls about would only make it later.
 */
import { LAGGING_MS, type WorkerState } from './choice.ts';

export const LOOK_EACH_MS = 1000;
/** Three answers in a row (`worker/pool.ts` asks every two seconds): one long collection of garbage moves nothing. */
export const LAGS_FOR_MS = 6000;
const CALM_LAG_MS = LAGGING_MS / 2;
export const MOST_A_LOOK = 4;

interface Seen {
  /** Since when it lags, and since when it is calm, without a break. */
  lagsSinceMs: number | null;
  calmSinceMs: number | null;
  gives: boolean;
}

export interface Relieve {
  from: number;
  to: number;
}

export class Relief {
  readonly #seen: Seen[] = [];

  /** From whom to whom groups should go now; each worker gives to one at a time. */
  look(workers: readonly WorkerState[], nowMs: number): Relieve[] {
    for (const [at, worker] of workers.entries()) this.#seen[at] = see(this.#seen[at], worker, nowMs);
    return workers.flatMap((_, from) => {
      const to = this.#seen[from]?.gives === true ? this.#receiver(workers, nowMs) : null;
      return to === null ? [] : [{ from, to }];
    });
  }

  #receiver(workers: readonly WorkerState[], nowMs: number): number | null {
    let best: number | null = null;
    for (const [at, worker] of workers.entries()) {
      const calmSinceMs = this.#seen[at]?.calmSinceMs ?? null;
      if (calmSinceMs === null || nowMs - calmSinceMs < LAGS_FOR_MS) continue;
      if (best === null || worker.endpoints < (workers[best]?.endpoints ?? 0)) best = at;
    }
    return best;
  }
}

function see(before: Seen | undefined, { alive, lagMs }: WorkerState, nowMs: number): Seen {
  const lagsSinceMs = alive && lagMs > LAGGING_MS ? (before?.lagsSinceMs ?? nowMs) : null;
  const calmSinceMs = alive && lagMs <= CALM_LAG_MS ? (before?.calmSinceMs ?? nowMs) : null;
  const begins = lagsSinceMs !== null && nowMs - lagsSinceMs >= LAGS_FOR_MS;
  return { lagsSinceMs, calmSinceMs, gives: alive && (begins || (before?.gives === true && lagMs > CALM_LAG_MS)) };
}

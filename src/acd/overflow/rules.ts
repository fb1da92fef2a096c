/** Where a queue's callers go when it is too full, too slow or deserted: its section `overflow`, a list of steps of which the first that holds is taken. */
import type { QueueState } from '../calendar/calendar.ts';
import type { Staffing } from '../door/rules.ts';

export type Overflow = OverflowStep[];

export interface OverflowStep {
  /** All of these must hold; one at least is given. */
  when: OverflowConditions;
  /** Only of who comes (`door`), or only of who waits already; absent = both. */
  at?: 'door' | 'waiting' | undefined;
  to: OverflowTo;
}

/** Names are the tenant's. `exit`: of the dialplan, which goes on there. */
export type OverflowTo = { queue: string; alsoWaits?: boolean | undefined } | { exit: string } | { offer: 'callback' };

export interface OverflowConditions {
  /** So many stand before the caller. */
  waiting?: number | undefined;
  /** Somebody in the queue has waited so long. */
  longestWaitMs?: number | undefined;
  /** So has this very caller, in this queue. */
  waitedMs?: number | undefined;
  /** So long the caller has still to wait. */
  estimate?: EstimateBound | undefined;
  serviceLevel?: LevelBound | undefined;
  /** Not one such agent is there. */
  without?: Staffing | undefined;
  /** The queue is one of these. */
  state?: QueueState[] | undefined;
}

export interface EstimateBound {
  quantile: 'p50' | 'p90';
  ms: number;
  /**
   * What stands in for it while it is not calibrated, held against the same `ms`: the longest wait of those who are there (the usual), who stands before
   * times the usual time between two answers of late (`pace`), or nothing: then the condition does not hold.
   */
  otherwise?: 'longest_wait' | 'pace' | 'never' | undefined;
}

/** Share of the last calls that were answered in time; of answered, timed out, and abandoned later than that. */
export interface LevelBound {
  belowPct: number;
  /** Absent = as the queue has it (`answerWithinMs`). */
  withinMs?: number | undefined;
  /** Of so many calls, or of so many minutes (at most the last 200 calls); absent = the last 50 calls. */
  lastCalls?: number | undefined;
  lastMinutes?: number | undefined;
  /** Of fewer it says nothing; absent = 10. */
  leastCalls?: number | undefined;
}

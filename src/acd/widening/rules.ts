/** How a queue's callers come to be served by more agents the longer they wait: the section `widening` of a queue. SPEC.md, "Widening". */

/** The members of a queue or the agents of a team, by name, of the same tenant. */
export type GroupName = { queue: string } | { team: string };

export interface WideningStep {
  /** Of waiting in this queue; of each step more than of the one before. */
  afterMs: number;
  /** Required levels fall by so much, to 1 at the lowest; `skill` absent = of every skill. */
  lower?: { skill?: string | undefined; by: number }[] | undefined;
  /** Required skills that are no longer asked for. Nothing else ever drops one. */
  drop?: string[] | undefined;
  /** Preferred skills that are required until here; from here on who has them is only chosen first. */
  dropPreferred?: string[] | 'all' | undefined;
  /** Agents who may serve the call too, once those before them are busy. */
  open?: GroupName[] | undefined;
}

export interface Widening {
  steps?: WideningStep[] | undefined;
  reserves?: Reserve[] | undefined;
}

/** What is looked at of a queue; a bound that is absent plays no part. */
export interface Bounds {
  /** Of those who wait. */
  longestWaitMs?: number | undefined;
  waiting?: number | undefined;
  /** Who waits, times the usual time between two answers of late. */
  estimatedWaitMs?: number | undefined;
  /** Share of the last calls that were answered in time, in percent; it is passed from above. */
  serviceLevelPct?: number | undefined;
}

/** Agents who help out while a queue is in need: reserves, or agents of other work (outbound, chat) who are blended into voice. */
export interface Reserve {
  name: string;
  open: GroupName[];
  /** Any of these opens it. */
  when: Bounds;
  /** All of these, where `when` has a bound, must be kept for it to be closed; absent = half of what opens it, and for the service level half of what it lacks. */
  until?: Bounds | undefined;
  /** Once open it stays so for at least so long; absent = a minute. */
  leastMs?: number | undefined;
}

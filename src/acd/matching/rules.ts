/** How a queue chooses: its settings, as tenant file and API give them. SPEC.md, "Matching", says what each means. */

/**
 * One comparator of idle agents; where it finds two equal, the next one of the queue's list decides, and at last who is idle longest.
 * `rank`: lower first · `linear`: lower rank, then lower number.
 */
export const strategies = [
  'longest_idle',
  'longest_ready',
  'least_occupied',
  'fewest_calls',
  'round_robin',
  'rank',
  'linear',
  'weighted_random',
  'best_skill',
  'same_site',
] as const;
export type Strategy = (typeof strategies)[number];

export interface QueueMatching {
  /** In this order; absent = `longest_idle`. */
  strategy?: Strategy[];
  /** One step of a call's priority is worth so much waiting; absent = priority goes before any wait. */
  priorityMs?: number;
  /** So much longer all its callers count as waiting, beside those of other queues. */
  headStartMs?: number;
  /** Beside other queues a wait here counts so many times; absent = 1. */
  weight?: number;
  /** Who called again within `withinMs` of the end of a talk waits up to `waitMs` for the agent of that talk. */
  lastAgent?: { withinMs: number; waitMs: number };
}

export interface AgentMatching {
  /** Absent = 1; lower is asked first, where the queue goes by `rank` or `linear`. */
  rank?: number;
  /** Name of a queue → rank, where it differs. */
  ranks?: Record<string, number>;
  /** Her share where the queue chooses by lot; absent = 1. */
  weight?: number;
}

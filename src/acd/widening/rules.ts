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
}

/** Further rules of queues and agents, by section. Each is optional, and its type says what it means when it is absent. */

import type { Offering } from './offering/offering.ts';

export interface QueueSections {
  /** Which of the agents who may serve a call gets it; absent = who has been idle longest. */
  matching?: { strategy: 'longest_idle' };
  /** How its calls are offered, and what comes of offers that fail. */
  offering?: Offering;
}

export interface AgentSections {
  /** The team and the site she belongs to; absent = none. */
  team?: string;
  site?: string;
}

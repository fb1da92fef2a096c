/** Who served a number last: for queues that give a caller the same agent again. */
import type { AgentId } from '../../../kernel/ids.ts';
import type { Call, Moment, Queue } from '../floor.ts';

export interface Served {
  agentId: AgentId;
  /** ms since 1970: when their talk ended, or began if it has not ended. */
  at: number;
}

/** Who called longest ago is forgotten first. */
const MOST_SERVED = 50_000;

const keyOf = ({ tenantId, from }: Call): string => `${tenantId} ${from.number}`;

export const servedLast = ({ floor }: Moment, call: Call): Served | undefined => floor.served.get(keyOf(call));

/** She took a call of a queue that goes by the last agent. */
export function rememberServed({ floor, now }: Moment, call: Call, queue: Queue | undefined, agentId: AgentId): void {
  if (queue?.configuration.matching?.lastAgent === undefined || call.from.number === '') return;
  const key = keyOf(call);
  floor.served.delete(key);
  floor.served.set(key, { agentId, at: now });
  if (floor.served.size <= MOST_SERVED) return;
  const [oldest] = floor.served.keys();
  if (oldest !== undefined) floor.served.delete(oldest);
}

/** Their talk is over: the time counts from here. */
export function servedUntil({ floor, now }: Moment, call: Call | undefined, agentId: AgentId): void {
  if (call === undefined) return;
  const key = keyOf(call);
  if (floor.served.get(key)?.agentId !== agentId) return;
  floor.served.delete(key);
  floor.served.set(key, { agentId, at: now });
}

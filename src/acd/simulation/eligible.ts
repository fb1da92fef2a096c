/** Who may serve whom, by what was configured. */
import { reachOf } from './matching.ts';
import type { Observer } from './observer.ts';
import type { SeenAgent, SeenCall } from './seen.ts';

export function eligible(seen: Observer, agent: SeenAgent, call: SeenCall): boolean {
  const wait = call.waits[0];
  const queue = wait === undefined ? undefined : seen.queues.get(wait.queueId);
  if (wait === undefined || queue === undefined) return false;
  if (wait.awaited !== null && wait.awaited.agentId !== agent.configuration.agentId) return false;
  if (queue.offering?.needsDesk === true && !seen.desks.has(agent.configuration.agentId)) return false;
  const { needs, rings } = reachOf(seen, queue, wait);
  return rings.some((ring) => ring(agent)) && [...needs].every(([skill, level]) => (agent.configuration.skills[skill] ?? 0) >= level);
}

/** Why this agent got this caller, as it stood when she was chosen; kept with the offer. */
import type { OfferChoice } from '../../call/event.ts';
import { type Agent, before, type Line, type Waiting } from '../floor.ts';

/** Before she is reserved and the caller steps out of its line. */
export function choiceOf(waiting: Waiting, agent: Agent): OfferChoice {
  const { line, priority } = waiting;
  const second = line === null ? undefined : runnerUp(line, agent);
  const next = nextCaller(waiting, agent);
  return {
    by: ['idleSince'],
    keys: keysOf(agent),
    runnerUp: second === undefined ? null : { agentId: second.configuration.agentId, keys: keysOf(second) },
    idle: line?.idle.size ?? 0,
    caller: { callId: waiting.call.callId, priority, placedAt: waiting.call.placedAt ?? waiting.queuedAt },
    nextCaller: next === undefined ? null : { callId: next.call.callId, priority: next.priority, placedAt: next.call.placedAt ?? next.queuedAt },
  };
}

const keysOf = ({ idleSince }: Agent): number[] => [idleSince ?? 0];

function runnerUp({ idle }: Line, chosen: Agent): Agent | undefined {
  for (const agent of idle) if (agent !== chosen) return agent;
  return undefined;
}

/** Whom she would have served otherwise. */
function nextCaller(waiting: Waiting, agent: Agent): Waiting | undefined {
  let next: Waiting | undefined;
  for (const { callers } of agent.lines) {
    for (const caller of callers) {
      if (caller === waiting) continue;
      if (next === undefined || before(caller, next) < 0) next = caller;
      break;
    }
  }
  return next;
}

/** Why this agent got this caller, as it stood when she was chosen; kept with the offer. */
import type { OfferChoice } from '../../call/event.ts';
import type { Agent, Line, Waiting } from '../floor.ts';
import { idleOf, linesOf } from '../line.ts';
import { chainOf, standingsOf } from '../matching/order.ts';
import { beforeAcross } from '../matching/place.ts';

/** Before she is reserved and the caller steps out of its line. */
export function choiceOf(waiting: Waiting, agent: Agent, now: number): OfferChoice {
  const { line } = waiting;
  const second = line === null ? undefined : runnerUp(line, agent);
  const next = nextCaller(waiting, agent, now);
  const standings = line === null ? [] : standingsIn(line, agent, now);
  return {
    by: standings.map(({ by }) => by),
    keys: standings.map(({ figure }) => figure),
    runnerUp:
      line === null || second === undefined
        ? null
        : { agentId: second.configuration.agentId, keys: standingsIn(line, second, now).map(({ figure }) => figure) },
    idle: line?.pools.reduce((sum, { idle }) => sum + idle.size, 0) ?? 0,
    ...(waiting.steps === 0 ? {} : { step: waiting.steps }),
    ...(waiting.awaited === null ? {} : { awaited: waiting.awaited.why }),
    caller: placeOf(waiting),
    nextCaller: next === undefined ? null : placeOf(next),
  };
}

const placeOf = ({ call, priority, queuedAt }: Waiting): OfferChoice['caller'] => ({ callId: call.callId, priority, placedAt: call.placedAt ?? queuedAt });

function standingsIn({ queue, needs, prefers, place }: Line, agent: Agent, now: number): { by: string; figure: number }[] {
  const { queueId, matching } = queue.configuration;
  return standingsOf(chainOf(matching?.strategy), { queueId, needs, prefers, place }, agent, now);
}

function runnerUp(line: Line, chosen: Agent): Agent | undefined {
  for (const agent of idleOf(line)) if (agent !== chosen) return agent;
  return undefined;
}

/** Whom she would have served otherwise. */
function nextCaller(waiting: Waiting, agent: Agent, now: number): Waiting | undefined {
  let next: Waiting | undefined;
  for (const { callers } of linesOf(agent)) {
    for (const caller of callers) {
      if (caller === waiting) continue;
      if (next === undefined || beforeAcross(caller, next, now) < 0) next = caller;
      break;
    }
  }
  return next;
}

/** Why this agent got this caller, as it stood when she was chosen; kept with the offer. */
import type { OfferChoice } from '../../call/event.ts';
import type { Agent, Line, Waiting } from '../floor.ts';
import { idleOf } from '../line.ts';
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
    idle: line?.pools.reduce((sum, { order }) => sum + order.size, 0) ?? 0,
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
  if (!line.pools.some(({ order }) => order.size > (order.has(chosen) ? 1 : 0))) return undefined;
  for (const agent of idleOf(line)) if (agent !== chosen) return agent;
  return undefined;
}

/** Whom she would have served otherwise. */
function nextCaller(waiting: Waiting, agent: Agent, now: number): Waiting | undefined {
  let next: Waiting | undefined;
  for (const { pools } of agent.circles) {
    for (const { lines } of pools) {
      for (const { callers } of lines) {
        const head = callers.size === 0 ? undefined : firstBut(callers, waiting);
        if (head !== undefined && (next === undefined || beforeAcross(head, next, now) < 0)) next = head;
      }
    }
  }
  return next;
}

function firstBut(callers: Iterable<Waiting> & { first(): Waiting | undefined }, waiting: Waiting): Waiting | undefined {
  if (callers.first() !== waiting) return callers.first();
  for (const caller of callers) if (caller !== waiting) return caller;
  return undefined;
}

/** Why a call waits: its place, who stands before it, who of the agents does not get it, and what would serve it now. */
import type { Agent, Floor, Line, Waiting } from '../floor.ts';
import { linesOf, membersOf } from '../line.ts';
import { beforeAcross, precedenceOf } from '../matching/place.ts';
import { nextStepAt } from '../widening/steps.ts';
import { smallestChanges, type TryOut } from './change.ts';
import type { Ahead, CallExplanation, Excluded, Obstacle, Precedence } from './explanation.ts';
import { obstacleBetween } from './obstacle.ts';
import { overflowOf } from './overflowing.ts';

const MOST_AHEAD_SHOWN = 10;
/** A caller so far back is told no exact number. */
const MOST_AHEAD_COUNTED = 10_000;

export function explainCall(floor: Floor, callId: CallExplanation['callId'], now: number, tryOut: TryOut): CallExplanation | undefined {
  const call = floor.calls.get(callId);
  if (call === undefined) return undefined;
  const { tenantId, waiting, placedAt } = call;
  const nothing = {
    place: null,
    before: [],
    ahead: [],
    needs: [],
    eligible: 0,
    excluded: [],
    widening: null,
    steps: 0,
    awaited: null,
    overflow: null,
    changes: [],
  };
  if (waiting === null) {
    return { callId, tenantId, at: now, state: 'not_waiting', queueId: null, priority: 0, queuedAt: null, placedAt, leaveAt: null, ...nothing };
  }
  const { queue, priority, queuedAt, leaveAt, line } = waiting;
  const known = { callId, tenantId, at: now, queueId: queue.configuration.queueId, priority, queuedAt, placedAt, leaveAt };
  if (line === null) return { ...known, state: 'leaving', ...nothing };
  const standing = standingBefore(waiting, line, now);
  return {
    ...known,
    state: call.ringing.size === 0 ? 'waiting' : 'ringing',
    place: 1 + standing.filter(({ queueId }) => queueId === known.queueId).length,
    before: counted(standing),
    ahead: standing.slice(0, MOST_AHEAD_SHOWN),
    needs: line.needs.map(({ skill, level }) => ({ skill, level })),
    eligible: membersOf(line).size,
    excluded: excludedFrom(floor, waiting),
    widening: nextWidening(waiting),
    steps: waiting.steps,
    awaited: waiting.awaited === null ? null : { ...waiting.awaited },
    overflow: overflowOf(floor, waiting, now),
    changes: call.ringing.size === 0 ? smallestChanges(floor, waiting, line, now, tryOut) : [],
  };
}

/** Who waits for one agent alone is served by anybody from then on. */
function nextWidening(waiting: Waiting): CallExplanation['widening'] {
  const at = nextStepAt(waiting);
  if (at === null) return null;
  if (waiting.awaited !== null) return { at, step: 'anybody', change: null };
  const { afterMs: _, ...change } = waiting.queue.configuration.widening?.steps?.[waiting.steps] ?? { afterMs: 0 };
  return { at, step: `${waiting.steps + 1}`, change };
}

/** Callers of its own queue who stand before it, and those of other queues whom agents of its line serve first. */
function standingBefore(waiting: Waiting, line: Line, now: number): Ahead[] {
  const ahead: Ahead[] = [];
  for (const other of waiting.queue.order) {
    if (other === waiting || ahead.length === MOST_AHEAD_COUNTED) break;
    ahead.push(aheadOf(other, waiting));
  }
  for (const other of linesBeside(line)) {
    for (const caller of other.callers) {
      if (beforeAcross(caller, waiting, now) >= 0 || ahead.length >= MOST_AHEAD_COUNTED) break;
      ahead.push(aheadOf(caller, waiting));
    }
  }
  return ahead;
}

/** Lines of other queues that agents of this one serve too. */
function linesBeside(line: Line): Set<Line> {
  const beside = new Set<Line>();
  for (const agent of membersOf(line)) for (const other of linesOf(agent)) if (other.queue !== line.queue && other.callers.size > 0) beside.add(other);
  return beside;
}

function whyBefore(other: Waiting, waiting: Waiting): Precedence {
  const why = precedenceOf(other, waiting);
  return why === 'place' && other.queue !== waiting.queue ? 'other_queue' : why;
}

function aheadOf(other: Waiting, waiting: Waiting): Ahead {
  const { call, queue, priority, queuedAt } = other;
  const placedAt = call.placedAt ?? queuedAt;
  return { callId: call.callId, queueId: queue.configuration.queueId, why: whyBefore(other, waiting), priority, placedAt, offered: call.ringing.size > 0 };
}

function counted(ahead: readonly Ahead[]): CallExplanation['before'] {
  const calls = new Map<Precedence, number>();
  for (const { why } of ahead) calls.set(why, (calls.get(why) ?? 0) + 1);
  return [...calls].map(([why, number]) => ({ why, calls: number }));
}

function excludedFrom(floor: Floor, waiting: Waiting): Excluded[] {
  const counts = new Map<string, Excluded>();
  for (const agent of ofTenant(floor, waiting)) {
    const obstacle = obstacleBetween(floor, agent, waiting);
    if (obstacle === null) continue;
    // Agents with levels 2 and 3 where 5 is asked for lack the same thing.
    const kind: Obstacle = { ...obstacle, has: null };
    const key = JSON.stringify(kind);
    const count = counts.get(key) ?? { ...kind, agents: 0 };
    count.agents += 1;
    counts.set(key, count);
  }
  return [...counts.values()].sort((a, b) => b.agents - a.agents);
}

function* ofTenant(floor: Floor, { call }: Waiting): Iterable<Agent> {
  for (const agent of floor.agents.values()) if (agent.configuration.tenantId === call.tenantId) yield agent;
}

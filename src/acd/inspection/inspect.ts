/**
 * The invariants, looked at in production: a bounded sample of the floor as it stands between two turns, beginning where the last one
 * ended. Nothing is changed; what is wrong is named by its invariant (SPEC.md). Legs that hold agents are handed out: whether they
 * live only the call room can say.
 */
import type { AgentId, CallId, LegId } from '../../../kernel/ids.ts';
import { callOf, legOf, untilOf } from '../agent.ts';
import type { Agent, Floor } from '../floor.ts';

/** `agentId` and `callId` are for the log, never for a figure. */
export interface Breach {
  invariant: 'INV1' | 'INV2' | 'INV6' | 'INV7';
  what: string;
  agentId: AgentId | null;
  callId: CallId | null;
}

/** An agent held by a leg. */
export interface Lease {
  agentId: AgentId;
  callId: CallId;
  legId: LegId;
}

export interface Inspection {
  /** Agents and lines. */
  looked: number;
  breaches: Breach[];
  leases: Lease[];
  /** Something is long due, and nobody has told that time has passed. */
  overdue: boolean;
}

/** Whether that leg has her still: what a look has found may be over at the next. */
export function isHeld({ agents }: Floor, { agentId, legId }: Lease): boolean {
  const agent = agents.get(agentId);
  return agent !== undefined && legOf(agent.activity) === legId;
}

/** A timer that is late by less is a busy machine. */
const LATE_MS = 5_000;

/** Where the next sample begins: agents are gone through in the order they came. */
export interface Cursor {
  after: AgentId | null;
}

/** At most `most` agents and as many lines. */
export function inspect(floor: Floor, now: number, cursor: Cursor, most: number): Inspection {
  const found: Inspection = { looked: 0, breaches: [], leases: [], overdue: false };
  overdueTimer(floor, now, found);
  for (const agent of sampleOf(floor, cursor, most)) {
    found.looked += 1;
    lookAt(floor, agent, found);
  }
  // What is left for the next turn is no breach: the core has asked to be woken at once for it.
  if (!floor.behind && floor.unpaired.size === 0) idleBesideCallers(floor, found, most);
  return found;
}

function overdueTimer({ deadlines }: Floor, now: number, found: Inspection): void {
  const first = deadlines.first();
  if (first === undefined || first.at + LATE_MS >= now) return;
  found.overdue = true;
  const what = `a timer of ${first.key.split(' ', 1)[0]} is due since ${Math.round((now - first.at) / 1000)} s`;
  found.breaches.push({ invariant: 'INV7', what, agentId: null, callId: null });
}

function* sampleOf({ agents }: Floor, cursor: Cursor, most: number): Iterable<Agent> {
  const all = agents.values();
  if (cursor.after !== null && agents.has(cursor.after)) for (const { configuration } of all) if (configuration.agentId === cursor.after) break;
  let taken = 0;
  for (const agent of all) {
    cursor.after = agent.configuration.agentId;
    yield agent;
    taken += 1;
    if (taken === most) return;
  }
  cursor.after = null;
}

function lookAt({ agentOfLeg, calls }: Floor, agent: Agent, { breaches, leases }: Inspection): void {
  const { activity, configuration, groups, deadline } = agent;
  const { agentId } = configuration;
  const [callId, legId] = [callOf(activity), legOf(activity)];
  const breach = (invariant: Breach['invariant'], what: string): void => void breaches.push({ invariant, what, agentId, callId });
  if (legId !== null && agentOfLeg.get(legId) !== agent) breach('INV6', 'her leg is known as another agent’s');
  if (activity.state === 'offered' && calls.get(activity.offer.callId)?.ringing.has(agent) !== true)
    breach('INV1', 'her phone rings and the call does not know');
  if (untilOf(activity) !== (deadline?.at ?? null)) breach('INV7', 'her state ends at another time than its timer');
  for (const { members, counts } of groups) {
    if (!members.has(agent)) breach('INV6', 'she is not among the members of her queue');
    // Every member is counted in one state, and so every second of hers in one bucket.
    if (Object.values(counts).reduce((sum, count) => sum + count, 0) !== members.size) breach('INV6', 'the members of her queue are not each counted once');
  }
  if (legId !== null && callId !== null) leases.push({ agentId, callId, legId });
}

/** INV2, by the indexes themselves. */
function idleBesideCallers({ queues }: Floor, found: Inspection, most: number): void {
  let lines = 0;
  for (const queue of queues.values()) {
    for (const { callers, pools } of queue.lines.values()) {
      if (lines === most) return;
      lines += 1;
      found.looked += 1;
      const caller = callers.first();
      if (caller === undefined) continue;
      const idle = pools.map(({ order }) => order.first()).find((agent) => agent !== undefined);
      if (idle === undefined) continue;
      found.breaches.push({ invariant: 'INV2', what: 'a caller waits beside an idle agent', agentId: idle.configuration.agentId, callId: caller.call.callId });
    }
  }
}

/**
 * What would serve a waiting call now. Candidates are found by looking, but none is named that was not tried: the part of the
 * floor that matters is copied (by way of the snapshot), the change is told to a core of its own, and the call must be offered.
 */
import { type AgentId, asId, type UserId } from '../../../kernel/ids.ts';
import type { Command, Event, Turn } from '../../vocabulary.ts';
import type { Agent, Floor, Line, Waiting } from '../floor.ts';
import { serves } from '../line.ts';
import { type AcdSnapshot, takeSnapshot } from '../snapshot.ts';
import type { Change } from './explanation.ts';
import { engaged, lacks, levelOf } from './obstacle.ts';

/** A core that stands where the snapshot says. */
export type TryOut = (snapshot: AcdSnapshot) => (event: Event, now: number) => Turn<Event, Command>;

/** Agents tried for each kind of change. */
const MOST_TRIED = 3;
/** So many agents together are still called a small change. */
const MOST_TOGETHER = 20;
const MOST_LINES_COPIED = 64;

interface Candidate {
  change: Change;
  agents: Agent[];
  events: Event[];
  /** The smaller the change, the lower. */
  cost: number;
}

export function smallestChanges(floor: Floor, waiting: Waiting, line: Line, now: number, tryOut: TryOut): Change[] {
  const candidates = candidatesFor(floor, waiting, line).sort((a, b) => a.cost - b.cost);
  const found: Change[] = [];
  const tried = new Map<string, number>();
  for (const candidate of candidates) {
    const { kind } = candidate.change;
    const tries = tried.get(kind) ?? 0;
    if (tries >= MOST_TRIED || found.some((change) => change.kind === kind)) continue;
    tried.set(kind, tries + 1);
    if (isServed(floor, waiting, candidate, now, tryOut)) found.push(candidate.change);
  }
  if (found.length > 0) return found;
  const together = severalTogether(floor, waiting, candidates, now, tryOut);
  return together === null ? [] : [together];
}

function isServed(floor: Floor, waiting: Waiting, { agents, events }: Candidate, now: number, tryOut: TryOut): boolean {
  const tell = tryOut(excerpt(floor, waiting, agents, 1));
  return events.some((event) => offers(tell(event, now), waiting));
}

/** Others stand before the call: one agent after the other is freed until it is its turn. */
function severalTogether(floor: Floor, waiting: Waiting, candidates: readonly Candidate[], now: number, tryOut: TryOut): Change | null {
  const freed = candidates.filter(({ change }) => change.kind === 'ready' || change.kind === 'end_wrap_up').slice(0, MOST_TOGETHER);
  if (freed.length < 2) return null;
  const tell = tryOut(
    excerpt(
      floor,
      waiting,
      freed.flatMap(({ agents }) => agents),
      freed.length,
    ),
  );
  const agents: AgentId[] = [];
  for (const { change, events } of freed) {
    agents.push(...change.agents);
    for (const event of events) if (offers(tell(event, now), waiting)) return { kind: 'ready', agents, skill: null, level: null };
  }
  return null;
}

const offers = ({ events }: Turn<Event, Command>, { call }: Waiting): boolean =>
  events.some((fact) => (fact.type === 'callOffered' ? fact.callId : fact.type === 'interactionOffered' ? fact.interactionId : null) === call.callId);

/** These agents, the call, and of each line they might serve the first `deep` callers: nobody else could come between. */
function excerpt(floor: Floor, waiting: Waiting, agents: readonly Agent[], deep: number): AcdSnapshot {
  const queueIds = new Set([waiting.queue.configuration.queueId, ...agents.flatMap(({ groups }) => groups.map(({ queueId }) => queueId))]);
  const queues = new Map([...floor.queues].filter(([queueId]) => queueIds.has(queueId)));
  const calls = new Map([[waiting.call.callId, waiting.call]]);
  let lines = 0;
  for (const { lines: all } of queues.values()) {
    for (const { callers } of all.values()) {
      if (callers.size === 0 || lines === MOST_LINES_COPIED) continue;
      lines += 1;
      let taken = 0;
      for (const { call } of callers) {
        if (taken === deep) break;
        taken += 1;
        calls.set(call.callId, call);
      }
    }
  }
  const own = new Map(agents.map((agent) => [agent.configuration.agentId, agent]));
  const phones = new Set([...own.keys()].filter((agentId) => floor.phones.has(agentId)));
  return takeSnapshot({ ...floor, queues, calls, agents: own, phones, leaving: new Map(), unsaid: new Set(), behind: false });
}

function candidatesFor(floor: Floor, waiting: Waiting, line: Line): Candidate[] {
  const found: Candidate[] = [];
  for (const agent of floor.agents.values()) {
    if (agent.configuration.tenantId !== waiting.call.tenantId) continue;
    const candidate = serves(line, agent) ? freed(agent) : agent.activity.state === 'ready' ? enabled(agent, waiting, line) : null;
    if (candidate !== null) found.push(...candidate);
  }
  return found;
}

/** She may serve it, but can be offered nothing. */
function freed(agent: Agent): Candidate[] | null {
  const { agentId } = agent.configuration;
  const { activity } = agent;
  const change = { agents: [agentId], skill: null, level: null };
  // By a supervisor: also whom one holds.
  const goesReady: Event = { type: 'agentWentReady', agentId, by: asId<UserId>('explain') };
  switch (engaged(agent)?.what) {
    case 'not_ready':
    case 'pausing':
      return [{ change: { ...change, kind: 'ready' }, agents: [agent], events: [goesReady], cost: 1 }];
    case 'wrapping_up': {
      const events: Event[] =
        activity.state === 'wrapping_up' ? [{ type: 'wrapUpEnded', agentId, callId: activity.callId, disposition: null, notes: null }] : [];
      return [{ change: { ...change, kind: 'end_wrap_up' }, agents: [agent], events, cost: 2 }];
    }
    case 'signed_out':
      return [{ change: { ...change, kind: 'sign_in' }, agents: [agent], events: [{ type: 'agentSignedIn', agentId }, goesReady], cost: 30 }];
    case 'phone_lost':
      return [{ change: { ...change, kind: 'phone' }, agents: [agent], events: [{ type: 'phoneReachable', agentId }], cost: 31 }];
    default:
      return null;
  }
}

/** She is idle, and one thing is missing for her to serve it. */
function enabled(agent: Agent, { queue }: Waiting, line: Line): Candidate[] | null {
  const { configuration } = agent;
  const { agentId, queues, skills } = configuration;
  const { queueId } = queue.configuration;
  const missing = lacks(agent, line.needs);
  const [lacking] = missing;
  const known = { agents: [agent] };
  if (!queues.includes(queueId)) {
    if (lacking !== undefined) return null;
    const events: Event[] = [{ type: 'agentConfigured', agent: { ...configuration, queues: [...queues, queueId] } }];
    return [{ ...known, change: { kind: 'add_queue', agents: [agentId], skill: null, level: null }, events, cost: 20 }];
  }
  if (lacking === undefined || missing.length > 1) return null;
  const { skill, level } = lacking;
  const has = levelOf(agent, skill);
  const raised: Event = { type: 'agentConfigured', agent: { ...configuration, skills: { ...skills, [skill]: level } } };
  const change: Change = { kind: has === 0 ? 'add_skill' : 'raise_level', agents: [agentId], skill, level };
  const candidates: Candidate[] = [{ ...known, change, events: [raised], cost: has === 0 ? 15 : 2 + level - has }];
  if (has > 0 && queue.configuration.skills.some((rule) => rule.skill === skill && rule.level > has)) {
    const rules = queue.configuration.skills.map((rule) => (rule.skill === skill ? { ...rule, level: has } : rule));
    const events: Event[] = [{ type: 'queueConfigured', queue: { ...queue.configuration, skills: rules } }];
    candidates.push({ ...known, change: { kind: 'lower_level', agents: [agentId], skill, level: has }, events, cost: 3 + level - has });
  }
  return candidates;
}

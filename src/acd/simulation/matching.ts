/** The rules of matching, counted anew by the plainest means from what was told: who stands before whom. */
import type { QueueId } from '../../../kernel/ids.ts';
import type { QueueConfiguration } from '../event.ts';
import type { Strategy } from '../matching/rules.ts';
import type { GroupName } from '../widening/rules.ts';
import type { Observer } from './observer.ts';
import type { SeenAgent, SeenCall, SeenWait } from './seen.ts';

const HOUR_MS = 3_600_000;

/** What an agent has done, as far as strategies ask. */
export interface SeenWork {
  calls: number;
  /** Share of her time a call had her, fading by the hour. */
  occupancy: number;
  at: number;
  readySince: number;
  /** Queue → its last turns that were hers: the last but one, and the last. */
  turns: Map<QueueId, [before: number, last: number]>;
}

export const noSeenWork = (now: number): SeenWork => ({ calls: 0, occupancy: 0, at: now, readySince: now, turns: new Map() });

export function seenWorking({ work, state: from }: SeenAgent, to: SeenAgent['state'], now: number): void {
  if (from === to) return;
  const busy = from === 'talking' || from === 'wrapping_up';
  const fading = Math.exp(-(now - work.at) / HOUR_MS);
  if (busy || from === 'ready' || from === 'offered') work.occupancy = (busy ? 1 : 0) + (work.occupancy - (busy ? 1 : 0)) * fading;
  work.at = now;
  if (to === 'ready' && from !== 'ready') work.readySince = now;
  if (to === 'talking' && from !== 'talking') work.calls += 1;
  if (to === 'signed_out') work.calls = 0;
}

/** Below 0: `a`, whom the call was given to in this turn, comes before `b`, who still is idle; 0 when it is not ours to say. */
export function agentOrder(seen: Observer, call: SeenCall, a: SeenAgent, b: SeenAgent): number {
  const wait = call.waits[0];
  const queue = wait === undefined ? undefined : seen.queues.get(wait.queueId);
  if (wait === undefined || queue === undefined) return 0;
  const { needs, prefers, rings } = reachOf(seen, queue, wait);
  const nearer = rings.findIndex((ring) => ring(a)) - rings.findIndex((ring) => ring(b));
  if (nearer !== 0) return nearer;
  const preferred = held(b, prefers) - held(a, prefers);
  if (preferred !== 0) return preferred;
  const asked = new Set(needs.keys());
  for (const strategy of queue.matching?.strategy ?? []) {
    if (strategy === 'weighted_random') return 0;
    const order = orders[strategy](a, b, { queue, asked, preferred: new Set(prefers.keys()), place: wait.place });
    if (order !== 0) return order;
    // Idle since the same moment (a restart): by who was told first, which is not ours to say.
    if (strategy === 'longest_idle') return 0;
  }
  return (a.idleSince ?? 0) - (b.idleSince ?? 0);
}

interface Question {
  queue: QueueConfiguration;
  asked: Set<string>;
  preferred: Set<string>;
  place: string | null;
}

const held = ({ configuration }: SeenAgent, skills: Map<string, number>): number =>
  [...skills].filter(([skill, level]) => (configuration.skills[skill] ?? 0) >= level).length;

/** What a caller asks for after the steps that were told, and who may be asked, ring by ring. */
export function reachOf(
  seen: Observer,
  queue: QueueConfiguration,
  wait: SeenWait,
): { needs: Map<string, number>; prefers: Map<string, number>; rings: ((agent: SeenAgent) => boolean)[] } {
  const needs = new Map<string, number>();
  const prefers = new Map<string, number>();
  const steps = queue.widening?.steps ?? [];
  const rings: ((agent: SeenAgent) => boolean)[] = [({ configuration }) => configuration.queues.includes(wait.queueId)];
  for (const { skill, level } of [...queue.skills, ...wait.skills]) needs.set(skill, Math.max(level, needs.get(skill) ?? 0));
  for (const { skill, level } of wait.preferred) {
    const dropping = steps.map(({ dropPreferred }) => dropPreferred === 'all' || dropPreferred?.includes(skill) === true);
    const to = dropping.includes(true) && !dropping.slice(0, wait.steps).includes(true) ? needs : prefers;
    to.set(skill, Math.max(level, to.get(skill) ?? 0));
  }
  for (const { drop = [], lower = [], open = [] } of steps.slice(0, wait.steps)) {
    for (const skill of drop) needs.delete(skill);
    for (const rule of lower)
      for (const [skill, level] of needs) if (rule.skill === undefined || rule.skill === skill) needs.set(skill, Math.max(1, level - rule.by));
    for (const name of open) rings.push(memberOf(queue, name));
  }
  for (const queueId of wait.also) rings.push(({ configuration: { queues } }) => queues.includes(queueId));
  const open = seen.reserves.get(wait.queueId);
  for (const reserve of queue.widening?.reserves ?? []) if (open?.has(reserve.name)) for (const name of reserve.open) rings.push(memberOf(queue, name));
  return { needs, prefers, rings };
}

const sumOf = ({ configuration }: SeenAgent, skills: Set<string>): number => [...skills].reduce((sum, skill) => sum + (configuration.skills[skill] ?? 0), 0);

const rank = ({ configuration: { matching } }: SeenAgent, { queueId }: QueueConfiguration): number =>
  matching?.ranks?.[queueId.split(':')[1] ?? ''] ?? matching?.rank ?? 1;

const at = ({ configuration }: SeenAgent, place: string | null): number => (place !== null && configuration.site === place ? 1 : 0);

/** The log of her occupancy, had she been idle since the beginning of time: reckoned so that an hour more or less does not drown it. */
const occupancyAt = ({ work }: SeenAgent, now: number): number => work.occupancy * Math.exp(-(now - work.at) / HOUR_MS);

const orders: Record<Exclude<Strategy, 'weighted_random'>, (a: SeenAgent, b: SeenAgent, question: Question) => number> = {
  longest_idle: (a, b) => (a.idleSince ?? 0) - (b.idleSince ?? 0),
  longest_ready: (a, b) => a.work.readySince - b.work.readySince,
  least_occupied(a, b) {
    const now = Math.max(a.work.at, b.work.at);
    const [first, second] = [occupancyAt(a, now), occupancyAt(b, now)];
    return Math.abs(first - second) <= 1e-7 * Math.max(first, second) ? 0 : first - second;
  },
  fewest_calls: (a, b) => a.work.calls - b.work.calls,
  round_robin: (a, b, { queue }) => (a.work.turns.get(queue.queueId)?.[0] ?? 0) - (b.work.turns.get(queue.queueId)?.[1] ?? 0),
  rank: (a, b, { queue }) => rank(a, queue) - rank(b, queue),
  linear: (a, b, { queue }) => rank(a, queue) - rank(b, queue) || (a.configuration.agentId < b.configuration.agentId ? -1 : 1),
  best_skill: (a, b, { asked, preferred }) => sumOf(b, asked) + sumOf(b, preferred) - sumOf(a, asked) - sumOf(a, preferred),
  same_site: (a, b, { place }) => at(b, place) - at(a, place),
};

const memberOf =
  ({ tenantId }: QueueConfiguration, name: GroupName): ((agent: SeenAgent) => boolean) =>
  ({ configuration: { team, queues } }) =>
    'team' in name ? team === name.team : queues.some((queueId) => queueId === `${tenantId}:${name.queue}`);

/** Whether `a` is to be served before `b`. */
export function servedBefore(seen: Observer, a: SeenCall, b: SeenCall, now: number): boolean {
  const [first, second] = [standing(seen, a), standing(seen, b)];
  if (first.rank !== second.rank) return first.rank > second.rank;
  const [one, other] = [first.weight * (now - first.at), second.weight * (now - second.at)];
  if (first.weight !== second.weight && one !== other) return one > other;
  return first.at === second.at ? a.place < b.place : first.at < second.at;
}

function standing(seen: Observer, call: SeenCall): { rank: number; at: number; weight: number } {
  const wait = call.waits[0];
  const { priorityMs, headStartMs = 0, weight = 1 } = (wait === undefined ? undefined : seen.queues.get(wait.queueId)?.matching) ?? {};
  const since = (call.placedAt ?? 0) - headStartMs - (wait?.virtualWaitMs ?? 0);
  const priority = wait?.priority ?? 0;
  return priorityMs === undefined ? { rank: priority, at: since, weight } : { rank: 0, at: since - priority * priorityMs, weight };
}

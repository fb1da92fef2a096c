/** The strategies as comparators, and a queue's list of them as one order of idle agents. */
import type { AgentConfiguration } from '../event.ts';
import { type Agent, longerIdle, type Skill } from '../floor.ts';
import type { Compare } from '../ordered.ts';
import type { Strategy } from './rules.ts';
import { occupancyAt, occupancyRank } from './work.ts';

/** What callers of a line have in common that orders agents. */
export interface Asked {
  queueId: string;
  needs: readonly Skill[];
  prefers: readonly Skill[];
  /** Where the call came in; null = not known. */
  place: string | null;
}

export interface IdleOrder {
  compare: Compare<Agent>;
  /** Set where the lot decides among those who come first together. */
  lot: { first: Compare<Agent> } | null;
}

const USUAL: readonly Strategy[] = ['longest_idle'];

export const chainOf = (strategy: readonly Strategy[] | undefined): readonly Strategy[] => (strategy === undefined || strategy.length === 0 ? USUAL : strategy);

/** Lines whose callers ask for the same have the same order; this says what of it matters. */
export function orderKey(chain: readonly Strategy[], { prefers, place }: Asked): string {
  const preferred = prefers.map(({ skill, level }) => `${skill}\n${level}`).join('\n\n');
  return `${preferred}\t${chain.includes('same_site') ? (place ?? '') : ''}`;
}

export function idleOrder(chain: readonly Strategy[], asked: Asked): IdleOrder {
  const lotAt = chain.indexOf('weighted_random');
  // All orders end with it.
  const before = chain.at(-1) === 'longest_idle' ? -1 : chain.length;
  const compares = chain.slice(0, lotAt < 0 ? before : lotAt).map((strategy) => comparators[strategy](asked));
  if (asked.prefers.length > 0) compares.unshift((a, b) => preferredHeld(b.configuration, asked.prefers) - preferredHeld(a.configuration, asked.prefers));
  const compare = inTurn([...compares, longerIdle]);
  return { compare, lot: lotAt < 0 ? null : { first: inTurn(compares) } };
}

export function weightOf(agent: Agent): number {
  return agent.configuration.matching?.weight ?? 1;
}

export const rankOf = ({ matching = {} }: AgentConfiguration, queueId: string): number =>
  matching.ranks?.[queueId.slice(queueId.indexOf(':') + 1)] ?? matching.rank ?? 1;

/** How many of the preferred skills she has, at their level or above. */
export const preferredHeld = ({ skills }: AgentConfiguration, prefers: readonly Skill[]): number =>
  prefers.filter(({ skill, level }) => levelOf(skills, skill) >= level).length;

export const levelOf = (skills: Record<string, number>, skill: string): number => (Object.hasOwn(skills, skill) ? (skills[skill] ?? 0) : 0);

/** How she stands in each comparator, and in the last one that all orders end with; for who asks why she was chosen. */
export function standingsOf(chain: readonly Strategy[], asked: Asked, agent: Agent, now: number): { by: string; figure: number }[] {
  const last = chain.includes('longest_idle') || chain.includes('weighted_random') ? [] : USUAL;
  const standings = [...chain, ...last].map((strategy) => ({ by: strategy, figure: figures[strategy](agent, asked, now) }));
  return asked.prefers.length === 0 ? standings : [{ by: 'preferred_skills', figure: preferredHeld(agent.configuration, asked.prefers) }, ...standings];
}

const figures: Record<Strategy, (agent: Agent, asked: Asked, now: number) => number> = {
  longest_idle: ({ idleSince }) => idleSince ?? 0,
  longest_ready: ({ since }) => since,
  least_occupied: ({ work }, _, now) => occupancyAt(work, now),
  fewest_calls: ({ work }) => work.calls,
  round_robin: ({ work }, { queueId }) => work.turns[queueId] ?? 0,
  rank: ({ configuration }, { queueId }) => rankOf(configuration, queueId),
  linear: ({ configuration }, { queueId }) => rankOf(configuration, queueId),
  weighted_random: weightOf,
  best_skill: (agent, { needs, prefers }) => levels(agent, needs) + levels(agent, prefers),
  same_site: (agent, { place }) => Number(isAt(agent, place)),
};

function inTurn(compares: readonly Compare<Agent>[]): Compare<Agent> {
  const [first, second] = compares;
  if (first === undefined) return () => 0;
  if (second === undefined) return first;
  if (first === longerIdle) return first;
  if (compares.length === 2) return (a, b) => first(a, b) || second(a, b);
  return (a, b) => {
    for (const compare of compares) {
      const difference = compare(a, b);
      if (difference !== 0) return difference;
    }
    return 0;
  };
}

const sign = (a: number | string, b: number | string): number => (a < b ? -1 : a > b ? 1 : 0);

const comparators: Record<Strategy, (asked: Asked) => Compare<Agent>> = {
  longest_idle: () => (a, b) => (a.idleSince ?? 0) - (b.idleSince ?? 0),
  longest_ready: () => (a, b) => a.since - b.since,
  least_occupied: () => (a, b) => sign(occupancyRank(a.work), occupancyRank(b.work)),
  fewest_calls: () => (a, b) => a.work.calls - b.work.calls,
  round_robin:
    ({ queueId }) =>
    (a, b) =>
      (a.work.turns[queueId] ?? 0) - (b.work.turns[queueId] ?? 0),
  rank:
    ({ queueId }) =>
    (a, b) =>
      rankOf(a.configuration, queueId) - rankOf(b.configuration, queueId),
  linear:
    ({ queueId }) =>
    (a, b) =>
      rankOf(a.configuration, queueId) - rankOf(b.configuration, queueId) || sign(a.configuration.agentId, b.configuration.agentId),
  // Among those whom the comparators before it find equal; see `draw` in pool.ts.
  weighted_random: () => () => 0,
  best_skill:
    ({ needs, prefers }) =>
    (a, b) =>
      levels(b, needs) + levels(b, prefers) - levels(a, needs) - levels(a, prefers),
  same_site:
    ({ place }) =>
    (a, b) =>
      Number(isAt(b, place)) - Number(isAt(a, place)),
};

const levels = ({ configuration }: Agent, skills: readonly Skill[]): number => skills.reduce((sum, { skill }) => sum + levelOf(configuration.skills, skill), 0);

const isAt = ({ configuration }: Agent, place: string | null): boolean => place !== null && configuration.site === place;

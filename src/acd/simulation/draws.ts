/** Settings of matching as the dice throw them. */
import type { AgentId } from '../../../kernel/ids.ts';
import type { QueueWishes } from '../../call/event.ts';
import { type AgentMatching, type QueueMatching, strategies } from '../matching/rules.ts';
import type { Overflow, OverflowConditions, OverflowTo } from '../overflow/rules.ts';
import type { GroupName, Widening, WideningStep } from '../widening/rules.ts';
import type { Dice } from './dice.ts';

const TEAMS = ['first', 'second'];
const SITES = ['beijing', 'hohhot'];

export function queueMatching(dice: Dice): QueueMatching {
  const drawn = [...new Set(Array.from({ length: dice.between(0, 3) }, () => dice.pick(strategies) ?? 'longest_idle'))];
  return {
    ...(drawn.length === 0 ? {} : { strategy: drawn }),
    ...(dice.chance(0.3) ? { priorityMs: dice.between(0, 20_000) } : {}),
    ...(dice.chance(0.2) ? { headStartMs: dice.between(0, 20_000) } : {}),
    ...(dice.chance(0.3) ? { weight: dice.between(1, 4) / 2 } : {}),
    ...(dice.chance(0.2) ? { lastAgent: { withinMs: dice.between(0, 60_000), waitMs: dice.between(0, 20_000) } } : {}),
  };
}

export function widening(dice: Dice): Widening {
  let afterMs = 0;
  const group = (): GroupName => (dice.chance(0.5) ? { queue: `q${dice.between(0, 4)}` } : { team: dice.pick(TEAMS) ?? '' });
  return {
    reserves: Array.from({ length: dice.between(0, 2) }, (_, n) => ({
      ...{ name: `r${n}`, open: [group()], leastMs: dice.between(0, 20_000) },
      when: {
        ...(dice.chance(0.6) ? { longestWaitMs: dice.between(0, 20_000) } : {}),
        ...(dice.chance(0.4) ? { waiting: dice.between(1, 4) } : {}),
        ...(dice.chance(0.3) ? { serviceLevelPct: dice.between(50, 100) } : {}),
        ...(dice.chance(0.2) ? { estimatedWaitMs: dice.between(0, 60_000) } : {}),
      },
    })),
    steps: Array.from({ length: dice.between(0, 3) }, (): WideningStep => {
      afterMs += dice.between(0, 10_000);
      return {
        afterMs,
        ...(dice.chance(0.4) ? { lower: [dice.chance(0.5) ? { by: dice.between(1, 3) } : { skill: 'mandarin', by: dice.between(1, 8) }] } : {}),
        ...(dice.chance(0.3) ? { drop: [dice.pick(['mandarin', 'elder']) ?? 'elder'] } : {}),
        ...(dice.chance(0.4) ? { dropPreferred: dice.chance(0.5) ? 'all' : ['mandarin'] } : {}),
        ...(dice.chance(0.5) ? { open: [group()] } : {}),
      };
    }),
  };
}

export function overflow(dice: Dice): Overflow {
  const conditions: (() => OverflowConditions)[] = [
    () => ({ waiting: dice.between(0, 4) }),
    () => ({ longestWaitMs: dice.between(0, 20_000) }),
    () => ({ waitedMs: dice.between(0, 20_000) }),
    () => ({ estimate: { quantile: dice.chance(0.5) ? 'p50' : 'p90', ms: dice.between(0, 60_000), otherwise: dice.pick(['longest_wait', 'pace'] as const) } }),
    () => ({ serviceLevel: { belowPct: dice.between(50, 100), leastCalls: 1, ...(dice.chance(0.5) ? { lastCalls: 5 } : { lastMinutes: 5 }) } }),
    () => ({ without: { needs: dice.pick(['signed_in', 'on_duty', 'ready'] as const) ?? 'ready', wrapUpCounts: dice.chance(0.5) } }),
    () => ({ state: dice.pick<('open' | 'closed' | 'emergency')[]>([['closed'], ['emergency', 'closed'], ['open']]) ?? ['open'] }),
  ];
  const to = (): OverflowTo =>
    dice.chance(0.7)
      ? { queue: `q${dice.between(0, 4)}`, ...(dice.chance(0.3) ? { alsoWaits: true } : {}) }
      : { exit: dice.pick(['voicemail', 'sorry']) ?? 'sorry' };
  return Array.from({ length: dice.between(1, 3) }, () => {
    const when: OverflowConditions = { ...dice.pick(conditions)?.(), ...(dice.chance(0.4) ? dice.pick(conditions)?.() : {}) };
    return { when, to: to(), at: dice.pick(['door', 'waiting', undefined, undefined]) };
  });
}

export function agentMatching(dice: Dice): { site?: string; team?: string; matching?: AgentMatching } {
  const site = dice.pick(SITES);
  return {
    ...(site !== undefined && dice.chance(0.6) ? { site } : {}),
    ...(dice.chance(0.5) ? { team: dice.pick(TEAMS) ?? '' } : {}),
    ...(dice.chance(0.5) ? { matching: { rank: dice.between(1, 3), ranks: { q1: dice.between(1, 3) }, weight: dice.between(1, 5) } } : {}),
  };
}

export function queueWishes(dice: Dice, anyAgent: () => AgentId): QueueWishes {
  const place = dice.pick(SITES);
  return {
    ...(dice.chance(0.2) ? { preferredSkills: [{ skill: 'mandarin', level: dice.between(1, 8) }] } : {}),
    ...(dice.chance(0.15) ? { preferredAgent: { agentId: anyAgent(), waitMs: dice.chance(0.2) ? 0 : dice.between(1, 20_000) } } : {}),
    ...(dice.chance(0.2) ? { virtualWaitMs: dice.between(0, 30_000) } : {}),
    ...(place !== undefined && dice.chance(0.5) ? { place } : {}),
    ...(dice.chance(0.2) ? { insists: true as const } : {}),
  };
}

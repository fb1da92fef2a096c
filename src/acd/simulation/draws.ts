/** Settings of matching as the dice throw them. */
import type { QueueWishes } from '../../call/event.ts';
import { type AgentMatching, type QueueMatching, strategies } from '../matching/rules.ts';
import type { Dice } from './dice.ts';

const SITES = ['beijing', 'hohhot'];

export function queueMatching(dice: Dice): QueueMatching {
  const drawn = [...new Set(Array.from({ length: dice.between(0, 3) }, () => dice.pick(strategies) ?? 'longest_idle'))];
  return {
    ...(drawn.length === 0 ? {} : { strategy: drawn }),
    ...(dice.chance(0.3) ? { priorityMs: dice.between(0, 20_000) } : {}),
    ...(dice.chance(0.2) ? { headStartMs: dice.between(0, 20_000) } : {}),
    ...(dice.chance(0.3) ? { weight: dice.between(1, 4) / 2 } : {}),
  };
}

export function agentMatching(dice: Dice): { site?: string; matching?: AgentMatching } {
  const site = dice.pick(SITES);
  return {
    ...(site !== undefined && dice.chance(0.6) ? { site } : {}),
    ...(dice.chance(0.5) ? { matching: { rank: dice.between(1, 3), ranks: { q1: dice.between(1, 3) }, weight: dice.between(1, 5) } } : {}),
  };
}

export function queueWishes(dice: Dice): QueueWishes {
  const place = dice.pick(SITES);
  return {
    ...(dice.chance(0.2) ? { preferredSkills: [{ skill: 'mandarin', level: dice.between(1, 8) }] } : {}),
    ...(dice.chance(0.2) ? { virtualWaitMs: dice.between(0, 30_000) } : {}),
    ...(place !== undefined && dice.chance(0.5) ? { place } : {}),
  };
}

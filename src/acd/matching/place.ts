/**
 * Where a caller stands. Within a queue the order of service never changes while they wait: what a call is given ahead of others is
 * a shift of its place, once, when it comes. Between queues of different weight it may, and there it is asked anew each time.
 */
import type { Waiting } from '../floor.ts';
import type { QueueMatching } from './rules.ts';

/** Higher first, whatever the wait; and since when it counts as waiting. */
export interface Place {
  rank: number;
  /** ms since 1970 */
  virtualAt: number;
}

export function placeOf({ priorityMs, headStartMs = 0 }: QueueMatching, placedAt: number, priority: number, virtualWaitMs: number): Place {
  const ahead = headStartMs + virtualWaitMs;
  return priorityMs === undefined ? { rank: priority, virtualAt: placedAt - ahead } : { rank: 0, virtualAt: placedAt - ahead - priority * priorityMs };
}

/** Order of service within a queue: rank, then the place. */
export const before = (a: Waiting, b: Waiting): number => b.rank - a.rank || a.virtualAt - b.virtualAt || a.call.placeSeq - b.call.placeSeq;

/** Order of service between queues: rank, then the longer virtual wait, as much as its queue makes of it. */
export function beforeAcross(a: Waiting, b: Waiting, now: number): number {
  const [heavy, other] = [weightOf(a), weightOf(b)];
  if (heavy === other || a.rank !== b.rank) return before(a, b);
  return other * (now - b.virtualAt) - heavy * (now - a.virtualAt) || before(a, b);
}

/** Why `a` is served before `b`; every overtaking has one of these names. `place`: it has been in line longer. */
export const precedences = ['priority', 'weight', 'virtual_wait', 'place'] as const;
export type Precedence = (typeof precedences)[number];

export function precedenceOf(a: Waiting, b: Waiting): Precedence {
  if (a.rank !== b.rank) return 'priority';
  if (before(a, b) > 0) return 'weight';
  const [since, other] = [a.call.placedAt ?? 0, b.call.placedAt ?? 0];
  return (since - other || a.call.placeSeq - b.call.placeSeq) < 0 ? 'place' : 'virtual_wait';
}

const weightOf = ({ queue }: Waiting): number => queue.configuration.matching?.weight ?? 1;

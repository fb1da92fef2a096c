/** The service level over the last calls or minutes, kept only of queues whose overflow asks for it. */
import type { QueueExit } from '../../call/event.ts';
import type { Queue } from '../floor.ts';
import type { LevelBound } from './rules.ts';

/** How a wait ended, as far as it counts. */
export interface Served {
  at: number;
  waitedMs: number;
  end: 'answered' | 'abandoned' | 'timeout';
}

export const MOST_SERVED_KEPT = 200;
const USUAL_CALLS = 50;
const USUAL_LEAST = 10;
const MINUTE_MS = 60_000;

/** A caller left. Who was sent on says nothing, and who hung up only where it had waited too long. */
export function noteServed(queue: Queue, waitedMs: number, exit: QueueExit, at: number): void {
  const { overflow } = queue.configuration;
  if (overflow === undefined || !overflow.some(({ when }) => when.serviceLevel !== undefined)) return;
  if (exit !== 'answered' && exit !== 'abandoned' && exit !== 'timeout') return;
  const kept = queue.served ?? [];
  queue.served = kept;
  kept.push({ at, waitedMs, end: exit });
  if (kept.length > MOST_SERVED_KEPT) kept.shift();
}

/** null: too few calls to say anything. */
export function levelPct({ served = [], configuration }: Queue, bound: LevelBound, now: number): number | null {
  const { withinMs = configuration.answerWithinMs, lastCalls, lastMinutes, leastCalls = USUAL_LEAST } = bound;
  const since = lastMinutes === undefined ? Number.NEGATIVE_INFINITY : now - lastMinutes * MINUTE_MS;
  const most = lastCalls ?? (lastMinutes === undefined ? USUAL_CALLS : MOST_SERVED_KEPT);
  const counted = served.slice(-most).filter(({ at, end, waitedMs }) => at >= since && (end !== 'abandoned' || waitedMs > withinMs));
  if (counted.length < leastCalls) return null;
  return (100 * counted.filter(({ end, waitedMs }) => end === 'answered' && waitedMs <= withinMs).length) / counted.length;
}

/** What who comes now has to wait, for people who look: worked out once in five seconds a queue, however many look. */
import type { QueueId } from '../../kernel/ids.ts';
import type { AcdView, EstimateView } from '../acd/view.ts';

const STALE_MS = 5_000;

type Looked = Map<QueueId, { at: number; wait: EstimateView | null }>;
/** By the core that was asked. */
const looked = new WeakMap<AcdView, Looked>();

export function waitNow(acd: AcdView, queueId: QueueId, now: number): EstimateView | null {
  const known = looked.get(acd) ?? new Map();
  looked.set(acd, known);
  const last = known.get(queueId);
  if (last !== undefined && last.at <= now && now < last.at + STALE_MS) return last.wait;
  const wait = acd.estimate(queueId);
  known.set(queueId, { at: now, wait });
  return wait;
}

/** What who waits is told, and that it is told in time, counted anew. */
import type { Event } from '../../vocabulary.ts';
import { demand } from './demand.ts';
import { servedBefore } from './matching.ts';
import type { Observer } from './observer.ts';
import type { SeenCall } from './seen.ts';

export function announced(seen: Observer, { callId, queueId, position }: Extract<Event, { type: 'waitAnnounced' }>, now: number): void {
  const call = seen.calls.get(callId);
  demand(call?.waits[0]?.queueId === queueId && call.offers.size === 0, 'INV5', () => `${callId} is told of ${queueId}, where it does not wait, or rings`);
  if (call === undefined) return;
  announcedAnew(call, now);
  const place = 1 + seen.waitingIn(queueId).filter((other) => other !== call && servedBefore(seen, other, call, now)).length;
  demand(position === null || position === place, 'INV3', () => `${callId} is told place ${position}, and has place ${place}`);
}

/** From here on it is counted: it was told, its queue's rules changed, or a phone has rung for it in vain. */
export function announcedAnew({ waits: [wait] }: SeenCall, now: number): void {
  if (wait !== undefined) wait.toldAt = now;
}

/** When it is told at the latest. */
export function announcementDue(seen: Observer, { waits: [wait] }: SeenCall): number[] {
  const rules = wait === undefined ? undefined : seen.queues.get(wait.queueId)?.announcements;
  return wait === undefined || rules === undefined ? [] : [wait.toldAt + Math.max(rules.firstMs, rules.everyMs)];
}

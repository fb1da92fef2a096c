/**
 * A supervisor moves who waits: to another queue, or before others of the same. The place stays its own; what it asks for goes with it, as when the
 * queue overflows, told as step 0. While a phone rings for it, it is hers.
 */

import { takePlace } from '../callback/places.ts';
import type { AcdEvent } from '../event.ts';
import type { Call, Moment, Queue, Waiting } from '../floor.ts';
import { placeOf } from '../matching/place.ts';
import { depart, enter, refusal, stand, stepOut } from '../waiting.ts';
import { wishOf } from './overflow.ts';

/** Not by a step of the queue's overflow, but by hand. */
const BY_HAND = 0;

export function moveCall(m: Moment, { callId, queueId, priority }: Extract<AcdEvent, { type: 'callMoveAsked' }>): void {
  const call = m.floor.calls.get(callId);
  const waiting = call?.waiting ?? null;
  if (call === undefined || waiting === null || waiting.line === null || call.ringing.size > 0) return;
  if (call.interaction !== undefined || call.callback !== undefined) return;
  const target = m.floor.queues.get(queueId);
  if (target === waiting.queue) prioritise(m, waiting, priority ?? waiting.priority);
  else if (target !== undefined && refusal(m, target) === null) goOver(m, call, waiting, target, priority);
}

function prioritise(m: Moment, waiting: Waiting, priority: number): void {
  const { queue, call, virtualWaitMs } = waiting;
  if (priority === waiting.priority) return;
  stepOut(m.floor, waiting);
  queue.order.remove(waiting);
  Object.assign(waiting, { priority, ...placeOf(queue.configuration.matching ?? {}, call.placedAt ?? m.now, priority, virtualWaitMs) });
  queue.order.add(waiting);
  stand(m.floor, waiting);
}

function goOver(m: Moment, call: Call, waiting: Waiting, target: Queue, priority: number | null): void {
  const { queueId: from } = waiting.queue.configuration;
  const { queueId } = target.configuration;
  const { insists: _ofThatQueue, ...asked } = wishOf(waiting, m.now);
  const wish = { ...asked, queueId, priority: priority ?? asked.priority };
  const to = { kind: 'queue', queueId } as const;
  m.events.push({ type: 'callOverflowed', callId: call.callId, queueId: from, step: BY_HAND, at: 'waiting', to, why: [] });
  depart(m, waiting, 'overflow', to);
  m.events.push({ type: 'callQueued', callId: call.callId, ...wish, from });
  takePlace(m, call, queueId);
  enter(m, call, target, wish);
}

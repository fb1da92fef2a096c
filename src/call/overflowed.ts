/** From which queues a call overflowed since somebody last answered it: what the agent who gets it is told. */
import type { QueueId } from '../../kernel/ids.ts';
import type { Call } from './call.ts';
import type { CallEvent } from './event.ts';

/** A step of this queue's overflow was taken. The routing core allows sixteen a call. */
export interface OverflowMark {
  queueId: QueueId;
  /** 1 = the first */
  step: number;
  at: number;
  /** It waits on in that queue, and agents of another may serve it too. */
  alsoWaits: boolean;
}

export function overflowed(call: Call, { queueId, step, to }: Extract<CallEvent, { type: 'callOverflowed' }>, at: number): void {
  call.overflows = [...(call.overflows ?? []), { queueId, step, at, alsoWaits: to.kind === 'also' }];
}

/** Somebody had it, or sends it on: how it came there is of no concern any more once it is queued again. */
export function leftQueue(call: Call, { exit }: Extract<CallEvent, { type: 'callLeftQueue' }>): void {
  if (call.overflows !== undefined && (exit === 'answered' || exit === 'transferred')) call.overflowsOver = true;
}

export function queued(call: Call): void {
  if (call.overflowsOver !== true) return;
  delete call.overflows;
  delete call.overflowsOver;
}

/** Calls that are ended by the house itself: those that last too long, and those in which something of ours broke. */
import { type Call, callerLeg, isEnded, isUp } from './call.ts';
import type { Calls } from './calls.ts';
import type { EndingCause } from './ending.ts';
import type { CallEvent } from './event.ts';
import type { CallTurn } from './joining.ts';

/** Nobody talks to a hotline for longer; what does is a stuck or a fraudulent call. */
const LONGEST_CALL_MS = 4 * 3_600_000;

/** The customer's leg, with which the others go; those whom a customer has left behind are let go one by one. */
function letGo(call: Call, cause: EndingCause, turn: CallTurn): void {
  const caller = callerLeg(call);
  const legs = caller !== undefined && !isEnded(caller) ? [caller] : [...call.legs.values()].filter((leg) => isUp(leg));
  for (const { legId } of legs) turn.commands.push({ type: 'releaseLeg', callId: call.callId, legId, cause, by: 'server' });
}

/** Live calls lie in the order of their arrival, so only the front of the line can be overdue. */
export function cutOverdue(calls: Calls, turn: CallTurn, now: number): number | null {
  for (const call of calls.values()) {
    if (call.overdue) continue;
    const until = call.arrivedAt + LONGEST_CALL_MS;
    if (until > now) return until;
    call.overdue = true;
    letGo(call, 'max_duration', turn);
  }
  return null;
}

/** Once: what breaks while it is being ended is no reason to end it again. One of which nothing is known broke as it arrived. */
export function cutBroken(calls: Calls, { callId, legId }: Extract<CallEvent, { type: 'callBroke' }>, turn: CallTurn): void {
  const call = calls.live(callId);
  if (legId !== undefined && calls.get(callId) === undefined) {
    turn.commands.push({ type: 'releaseLeg', callId, legId, cause: 'internal', by: 'server' });
    turn.events.push({ type: 'callEnded', callId, ending: { cause: 'internal', by: 'server' } });
  }
  if (call === undefined || call.broke === true) return;
  call.broke = true;
  letGo(call, 'internal', turn);
}

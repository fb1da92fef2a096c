/**
 * A call that an agent dialled from her phone: it goes straight to its party, and her own leg (the caller's, 0) is answered when that one is.
 *
 *   arriving ──the other rings──▶ 180 to her ──the other answers──▶ answerLeg ──▶ up, joined
 *       └── the other comes to nothing ──▶ released with its cause
 */
import { legIdOf } from '../../kernel/ids.ts';
import { type Call, callerLeg, isEnded, isUp, type Leg } from './call.ts';
import type { EndingCause } from './ending.ts';
import type { CallEvent } from './event.ts';
import { type CallTurn, joinWithCaller } from './joining.ts';

const RING_MS = 60_000;

/** The call is there: who is it, and, for one that was dialled, who is wanted? An agent is offered it by the acd. */
export function reach(call: Call, turn: CallTurn): void {
  const { callId, tenantId, dialled, caller, callee } = call;
  const target = dialled?.target ?? null;
  const by = legIdOf(callId, 0);
  if (target === null) turn.commands.push({ type: 'findCustomer', callId, tenantId, number: caller.number });
  else if (target.kind === 'number') {
    turn.commands.push({ type: 'findCustomer', callId, tenantId, number: callee.number });
    dial(call, target.number, turn);
  } else turn.events.push({ type: 'callTransferred', callId, legId: null, target, by });
}

function dial(call: Call, number: string, turn: CallTurn): void {
  const { callId, tenantId } = call;
  const legId = legIdOf(callId, call.nextTransferLeg);
  call.nextTransferLeg += 1;
  turn.events.push({ type: 'callTransferred', callId, legId, target: { kind: 'number', number }, by: legIdOf(callId, 0) });
  turn.commands.push({ type: 'dialLeg', callId, legId, tenantId, target: number, from: call.caller, timeoutMs: RING_MS, account: call.dialled?.by ?? 'flow' });
}

/** Her phone hears it ring. */
export function rings(call: Call, turn: CallTurn): void {
  const leg = waitingDialler(call);
  if (leg !== undefined) turn.commands.push({ type: 'alertLeg', callId: call.callId, legId: leg.legId });
}

export function answered(call: Call, leg: Leg, turn: CallTurn): void {
  const dialler = waitingDialler(call);
  if (leg.role === 'caller') {
    const other = call.answering === null ? undefined : call.legs.get(call.answering);
    call.answering = null;
    if (other !== undefined && isUp(other)) joinWithCaller(call, other, turn);
  } else if (dialler !== undefined && call.answering === null) {
    call.answering = leg.legId;
    turn.commands.push({ type: 'answerLeg', callId: call.callId, legId: dialler.legId });
  } else joinWithCaller(call, leg, turn);
}

/**
 * The party she dialled came to nothing: her own leg is told why. An agent to whom no offer could be made (`offer`), having signed in
 * nowhere, may still have a phone: that one is rung without an offer. false = this was no such call.
 */
export function dialledFailed(call: Call, offer: Extract<CallEvent, { type: 'offerEnded' }> | null, cause: EndingCause, turn: CallTurn): boolean {
  const dialler = waitingDialler(call);
  if (dialler === undefined) return false;
  // Another phone has picked it up meanwhile.
  if (call.answering !== null && isUp(call.legs.get(call.answering))) return true;
  const neverMade = offer !== null && !call.legs.has(offer.legId);
  if (neverMade && cause === 'unreachable' && call.legs.size === 1) dial(call, call.callee.number, turn);
  else turn.commands.push({ type: 'releaseLeg', callId: call.callId, legId: dialler.legId, cause, by: 'other_party' });
  return true;
}

/** Her leg, while she waits for her party to answer. */
function waitingDialler(call: Call): Leg | undefined {
  const leg = call.dialled?.target == null ? undefined : callerLeg(call);
  return leg?.progress.state === 'arriving' && !isEnded(leg) ? leg : undefined;
}

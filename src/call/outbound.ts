/**
 * A call that an agent makes from her desk. Leg 0 is who is called, and has no dialog until her own phone (an agent's leg, offered by the acd like any
 * other) has answered; she hears it ring. From the moment the two talk it is a call like any other, the called being its caller.
 *
 *   own_phone ──she answers──▶ destination ──answered──▶ over: joined
 *       └── her phone does not ──▶ ended     └── it does not, or she hangs up ──▶ ended, with its cause
 */
import { type Call, callerLeg, isEnded, isUp, type Leg } from './call.ts';
import type { EndingCause } from './ending.ts';
import type { CallEvent, Outbound } from './event.ts';
import { type CallTurn, joinWithCaller } from './joining.ts';
import { ownLeg } from './party.ts';

/** Who is called may ring so long. */
const RING_MS = 60_000;

export interface OutboundCall extends Outbound {
  stage: 'own_phone' | 'destination' | 'over';
}

/** The call is there: whose number is it? Her own phone is the acd's to ring. */
export function reachOutbound({ callId, tenantId, caller, outbound }: Call, turn: CallTurn): boolean {
  if (outbound === null) return false;
  if (outbound.target.kind === 'number') turn.commands.push({ type: 'findCustomer', callId, tenantId, number: caller.number });
  return true;
}

/** She asked for it: her phone goes off-hook by itself, where it can. */
export function outboundRings(call: Call, { legId, agentId }: Leg, turn: CallTurn): void {
  if (call.outbound?.stage === 'own_phone' && call.outbound.by === agentId) turn.commands.push({ type: 'pickUpLeg', callId: call.callId, legId });
}

/** true = it was her own phone, or who is called. */
export function outboundAnswered(call: Call, leg: Leg, turn: CallTurn): boolean {
  const { outbound } = call;
  if (outbound === null || outbound.stage === 'over') return false;
  if (leg !== callerLeg(call)) {
    if (outbound.stage !== 'own_phone') return false;
    outbound.stage = 'destination';
    ringback(call, leg, turn);
    callDestination(call, outbound, turn);
    return true;
  }
  outbound.stage = 'over';
  const own = ownLeg(call, outbound.by);
  if (own === undefined) turn.commands.push({ type: 'releaseLeg', callId: call.callId, legId: leg.legId, cause: 'normal', by: 'other_party' });
  else joinWithCaller(call, own, turn);
  return true;
}

/** Who was called has not come: true = she is told the very cause. */
export function outboundFailed({ outbound }: Call, leg: Leg): boolean {
  if (outbound?.stage !== 'destination' || leg.progress.state !== 'ended') return false;
  outbound.stage = 'over';
  return true;
}

/** She hung up, and goes on from no other phone, before it was answered. What rings for an offer is the acd's to withdraw. */
export function outboundLeft(call: Call, leg: Leg, turn: CallTurn): void {
  const called = callerLeg(call);
  if (call.outbound?.stage !== 'destination' || leg.agentId !== call.outbound.by || ownLeg(call, call.outbound.by) !== undefined) return;
  if (called === undefined || isUp(called) || isEnded(called)) return;
  if (called.offerId === null) turn.commands.push({ type: 'releaseLeg', callId: call.callId, legId: called.legId, cause: 'normal', by: 'other_party' });
}

/**
 * The offer to herself, or to the colleague she calls, came to nothing. A colleague to whom none could be made, having signed in nowhere, may still have
 * a phone: that one is rung without. true = it was such a call.
 */
export function outboundOfferEnded(call: Call, offer: Extract<CallEvent, { type: 'offerEnded' }>, cause: EndingCause, turn: CallTurn, now: number): boolean {
  const { outbound } = call;
  const called = callerLeg(call);
  if (outbound === null || outbound.stage === 'over' || called === undefined || isEnded(called)) return false;
  const neverMade = !call.legs.has(offer.legId);
  if (outbound.stage === 'own_phone') {
    if (offer.agentId !== outbound.by) return false;
    outbound.stage = 'over';
    giveUp(call, called, cause, now);
  } else if (neverMade && offer.end === 'unreachable') dial(call, outbound, called, call.caller.number, turn);
  else if (neverMade) {
    outbound.stage = 'over';
    giveUp(call, called, cause, now);
    const own = ownLeg(call, outbound.by);
    if (own !== undefined) turn.commands.push({ type: 'releaseLeg', callId: call.callId, legId: own.legId, cause, by: 'other_party' });
  }
  return true;
}

/** A leg that never was dialled has nothing to end by. */
function giveUp(call: Call, called: Leg, cause: EndingCause, now: number): void {
  call.ending = { cause, by: 'server' };
  called.progress = { state: 'ended', at: now, ending: call.ending };
}

function callDestination(call: Call, outbound: OutboundCall, turn: CallTurn): void {
  const called = callerLeg(call);
  if (called === undefined) return;
  const { by, target } = outbound;
  turn.events.push({ type: 'destinationCalled', callId: call.callId, legId: called.legId, by, target });
  if (target.kind === 'number') dial(call, outbound, called, target.number, turn);
}

function dial({ callId, tenantId, callee }: Call, { by }: OutboundCall, { legId }: Leg, target: string, turn: CallTurn): void {
  const from = callee.name === undefined ? { number: callee.number } : { number: callee.number, name: callee.name };
  turn.commands.push({ type: 'dialLeg', callId, legId, tenantId, target, from, timeoutMs: RING_MS, account: by });
}

/** Who we called and has not answered yet: of an outbound call, or of a callback whose agent answered first. */
export function isCalling(call: Call): boolean {
  const state = callerLeg(call)?.progress.state;
  return (call.outbound !== null || call.callback?.first === 'agent') && (state === 'dialling' || state === 'ringing');
}

function ringback({ callId, tenantId }: Call, { legId }: Leg, turn: CallTurn): void {
  const sounds = [{ kind: 'tone' as const, name: 'ringback' as const }];
  turn.commands.push({ type: 'playSounds', callId, legId, playId: `${legId}.ringback`, tenantId, sounds, loop: true, bargeIn: false });
}

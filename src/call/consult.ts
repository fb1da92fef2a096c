/**
 * Consultation: an agent asks somebody (a colleague, a number outside) while her customer hears music. All in one call: the customer's leg, hers,
 * and the third one's. She has one phone, and hears one of the two at a time.
 *
 *   talking ──deskPartyAsked──▶ rings ──legAnswered──▶ talks with the third ⇄ toggle ⇄ with the customer
 *                                 │                         │
 *      the third does not come ───┼── the third hangs up ───┤──▶ on hold: the customer hears music until she retrieves
 *      cancel ────────────────────┴─────────────────────────┤──▶ customer and agent, as before
 *      complete, or her leg ends ───────────────────────────┤──▶ customer and third; while it rings: as a blind transfer to it
 *      conference ──────────────────────────────────────────┤──▶ `conference.ts`
 *      the customer hangs up: while it rings all is over ───┴──▶ agent and third go on until one of them hangs up
 *
 * The recording of customer and agent goes on meanwhile: the customer's side holds what the customer says. What the third one says is in none.
 */
import type { AgentId, LegId } from '../../kernel/ids.ts';
import { type Call, isEnded, isUp, type Leg } from './call.ts';
import { conferConsulted } from './conference.ts';
import { endHoldAtPhone } from './control.ts';
import type { EndingCause } from './ending.ts';
import type { PartyAskEnd, PartyTarget } from './event.ts';
import { type CallTurn, isHeld, join, partnerOf, stopRecording } from './joining.ts';
import { asksAnybody, dialParty, ownLeg } from './party.ts';

const FAILED_TONE_MS = 3_000;

export interface Consult {
  /** The leg of who asks, whose phone it is, and the customer's. */
  by: LegId;
  agentId: AgentId;
  kept: LegId;
  /** Of who is asked; null = the acd has not made its offer yet. */
  legId: LegId | null;
  target: PartyTarget;
  answered: boolean;
  /** Whom she hears once it has answered. */
  heard: 'party' | 'customer';
}

/** An agent's wish; what cannot be is told as an ask that has failed. */
export function askConsult(call: Call | undefined, agentId: AgentId, target: PartyTarget, turn: CallTurn, now: number): void {
  const own = call === undefined ? undefined : ownLeg(call, agentId);
  if (call === undefined || own === undefined) return;
  const { callId } = call;
  const kept = call.legs.get(partnerOf(call, own.legId) ?? own.legId);
  if (kept === undefined || kept === own || !isUp(kept) || isBusyWithOthers(call) || kept.agentId === targetAgent(target)) {
    const refused = { end: 'failed', cause: 'not_allowed', held: isHeld(own) } as const;
    turn.events.push({ type: 'partyAskEnded', callId, how: 'consult', by: own.legId, agentId, legId: null, target, ...refused });
    return;
  }
  if (call.joined !== null) turn.commands.push({ type: 'partLegs', callId, legIds: call.joined, musicTo: kept.legId, music: 'default' });
  call.joined = null;
  endHoldAtPhone(call, own, turn);
  if (own.progress.state === 'up') own.progress = { ...own.progress, held: false };
  if (own.role === 'caller') Object.assign(own, { role: 'agent' }) && Object.assign(kept, { role: 'caller' });
  const legId = target.kind === 'number' ? dialParty(call, target.number, agentId, turn, now) : null;
  call.consult = { by: own.legId, agentId, kept: kept.legId, legId, target, answered: false, heard: 'party' };
  turn.events.push({ type: 'partyAsked', callId, how: 'consult', by: own.legId, agentId, kept: kept.legId, legId, target });
  playTone(call, own.legId, 'ringback', turn);
}

const targetAgent = (target: PartyTarget): AgentId | undefined => (target.kind === 'agent' ? target.agentId : undefined);

/** One thing at a time. */
const isBusyWithOthers = (call: Call): boolean => asksAnybody(call) || call.transfer !== null || call.takeovers.size > 0;

/** true = this is the leg of who was asked: she and the agent hear each other. */
export function consultAnswered(call: Call, leg: Leg, turn: CallTurn): boolean {
  const { consult } = call;
  if (consult === null || consult.legId !== leg.legId) return false;
  consult.answered = true;
  talkTo(call, consult, leg, turn);
  return true;
}

export function toggleConsult(call: Call | undefined, agentId: AgentId, turn: CallTurn): void {
  const { call: found, consult, other } = standing(call, agentId);
  if (found === null || other === null) return;
  const kept = found.legs.get(consult.kept);
  const heard = consult.heard === 'party' ? kept : other;
  if (heard === undefined) return;
  if (found.joined !== null)
    turn.commands.push({ type: 'partLegs', callId: found.callId, legIds: found.joined, musicTo: partnerOf(found, consult.by), music: 'default' });
  consult.heard = heard === other ? 'party' : 'customer';
  talkTo(found, consult, heard, turn);
  turn.events.push({ type: 'consultToggled', callId: found.callId, by: consult.by, heard: heard.legId });
}

function talkTo(call: Call, { by }: Consult, heard: Leg, turn: CallTurn): void {
  const own = call.legs.get(by);
  call.joined = heard.role === 'caller' ? [heard.legId, by] : [by, heard.legId];
  if (own !== undefined && !isHeld(own) && !isHeld(heard)) turn.commands.push({ type: 'joinLegs', callId: call.callId, legIds: call.joined });
}

/** Who was asked is let go; customer and agent talk on. */
export function cancelConsult(call: Call | undefined, agentId: AgentId, turn: CallTurn): void {
  const { call: found, consult } = standing(call, agentId);
  if (found === null) return;
  const third = consult.legId === null ? undefined : found.legs.get(consult.legId);
  over(found, consult, 'cancelled', null, false, turn);
  backToCustomer(found, consult, turn);
  // What rings for an offer is the acd's to withdraw.
  if (third !== undefined && !isEnded(third) && (isUp(third) || third.offerId === null)) {
    turn.commands.push({ type: 'releaseLeg', callId: found.callId, legId: third.legId, cause: 'normal', by: 'other_party' });
  }
}

function backToCustomer(call: Call, { by, kept, heard, answered }: Consult, turn: CallTurn): void {
  if (answered && heard === 'customer') return;
  if (call.joined !== null) turn.commands.push({ type: 'partLegs', callId: call.callId, legIds: call.joined, musicTo: null, music: 'default' });
  call.joined = [kept, by];
  const [customer, own] = [call.legs.get(kept), call.legs.get(by)];
  if (customer !== undefined && own !== undefined && !isHeld(own) && !isHeld(customer)) {
    turn.commands.push({ type: 'joinLegs', callId: call.callId, legIds: call.joined });
  } else if (!answered) turn.commands.push({ type: 'stopSounds', callId: call.callId, legId: by });
}

/** Customer and third are joined, she goes. Before it has answered: as in a blind transfer, which has the customer back if it does not. */
export function completeConsult(call: Call | undefined, agentId: AgentId, turn: CallTurn): void {
  const { call: found, consult } = standing(call, agentId);
  if (found !== null) complete(found, consult, turn);
}

function complete(call: Call, consult: Consult, turn: CallTurn): void {
  const { callId } = call;
  const { by, kept, legId } = consult;
  const third = legId === null ? undefined : call.legs.get(legId);
  const own = call.legs.get(by);
  stopRecording(call, turn);
  over(call, consult, 'completed', null, false, turn);
  if (third === undefined || !isUp(third)) {
    call.joined = null;
    call.transfer = { from: by };
    return;
  }
  if (call.joined !== null && !isEnded(own)) turn.commands.push({ type: 'partLegs', callId, legIds: call.joined, musicTo: null, music: 'default' });
  handOn(call, third, by, kept, turn);
  if (own !== undefined && !isEnded(own)) turn.commands.push({ type: 'releaseLeg', callId, legId: by, cause: 'transferred', by: 'server' });
}

/** The customer is `to`'s from now on, recorded as it was with whom it was before. */
export function handOn(call: Call, to: Leg, by: LegId, kept: LegId, turn: CallTurn): void {
  const from = call.legs.get(by);
  const customer = call.legs.get(kept);
  if (customer === undefined) return;
  to.record = from?.record ?? to.record;
  if (from?.recording !== undefined) to.recording = from.recording;
  turn.events.push({ type: 'callHandedOn', callId: call.callId, legId: to.legId, agentId: to.agentId, by, kept });
  join(call, customer, to, turn);
}

/** The three hear one another. */
export function conferenceConsult(call: Call | undefined, agentId: AgentId, turn: CallTurn): void {
  const { call: found, consult, other } = standing(call, agentId);
  if (found === null || other === null) return;
  over(found, consult, 'conferenced', null, false, turn);
  conferConsulted(found, [consult.kept, consult.by, other.legId], turn);
}

/** The offer to who is asked came to nothing, or was never made. true = it was this call's consultation. */
export function consultFailed(call: Call, legId: LegId, agentId: AgentId | null, cause: EndingCause, turn: CallTurn): boolean {
  const { consult } = call;
  if (consult === null || consult.answered) return false;
  if (consult.legId === null ? agentId === null || targetAgent(consult.target) !== agentId : consult.legId !== legId) return false;
  goesOnHolding(call, consult, 'failed', cause, turn);
  return true;
}

/** A leg has ended while somebody is being consulted. true = all that follows from it is done. */
export function consultLegEnded(call: Call, leg: Leg, cause: EndingCause, turn: CallTurn): boolean {
  const { consult } = call;
  if (consult === null) return false;
  if (leg.legId === consult.legId) {
    if (consult.answered) partyLeft(call, consult, cause, turn);
    else consultFailed(call, leg.legId, leg.agentId, cause, turn);
    return true;
  }
  if (leg.legId === consult.by) {
    complete(call, consult, turn);
    return true;
  }
  if (leg.legId !== consult.kept) return false;
  return customerLeft(call, consult, turn);
}

function partyLeft(call: Call, consult: Consult, cause: EndingCause, turn: CallTurn): void {
  if (consult.heard === 'customer') over(call, consult, 'left', cause, false, turn);
  else goesOnHolding(call, consult, 'left', cause, turn);
}

/** Nobody is surprised by a customer who suddenly hears what is said: they wait until she takes them back, or asks somebody else. */
function goesOnHolding(call: Call, consult: Consult, end: PartyAskEnd, cause: EndingCause, turn: CallTurn): void {
  const own = call.legs.get(consult.by);
  call.joined = [consult.kept, consult.by];
  if (own?.progress.state === 'up') own.progress = { ...own.progress, held: true };
  over(call, consult, end, cause, true, turn);
  playTone(call, consult.by, 'busy', turn);
}

/** While it rings there is nothing left to ask about; false: the call ends as any call does. */
function customerLeft(call: Call, consult: Consult, turn: CallTurn): boolean {
  const other = consult.legId === null ? undefined : call.legs.get(consult.legId);
  over(call, consult, 'customer_left', null, false, turn);
  if (other === undefined || !isUp(other)) return false;
  stopRecording(call, turn);
  if (consult.heard === 'customer') talkTo(call, consult, other, turn);
  return true;
}

function over(call: Call, { by, agentId, legId, target }: Consult, end: PartyAskEnd, cause: EndingCause | null, held: boolean, turn: CallTurn): void {
  call.consult = null;
  turn.events.push({ type: 'partyAskEnded', callId: call.callId, how: 'consult', by, agentId, legId, target, end, cause, held });
}

type Standing = { call: null; consult: null; other: null } | { call: Call; consult: Consult; other: Leg | null };
const NOTHING = { call: null, consult: null, other: null } as const;

/** Her consultation, and who was asked once that talks. */
function standing(call: Call | undefined, agentId: AgentId): Standing {
  if (call === undefined || call.consult?.agentId !== agentId) return NOTHING;
  const { consult } = call;
  const other = consult.legId === null || !consult.answered ? undefined : call.legs.get(consult.legId);
  return { call, consult, other: other !== undefined && isUp(other) ? other : null };
}

function playTone({ callId, tenantId }: Call, legId: LegId, name: 'ringback' | 'busy', turn: CallTurn): void {
  const sounds = [{ kind: 'tone' as const, name, ...(name === 'busy' ? { ms: FAILED_TONE_MS } : {}) }];
  turn.commands.push({ type: 'playSounds', callId, legId, playId: `${legId}.consult`, tenantId, sounds, loop: name === 'ringback', bargeIn: false });
}

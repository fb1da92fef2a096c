/**
 * More than two in one call: all hear one another, but those who hold. Made of a consultation, or of two who talk when who was invited answers.
 *
 *   [customer, agent] ──invitation answered──▶ [customer, agent, third] ──joined──▶ … six at most ──left──▶ the last two talk on as two
 *
 * Who leaves leaves the others talking, be it the customer, the agent who made it, or anybody else: where a queue has `offering.conferenceEnds`, nobody is left
 * with its customer without an agent. Who holds hears silence, and plays no music to the others.
 */
import type { AgentId, LegId } from '../../kernel/ids.ts';
import { type Call, callerLeg, isEnded, isUp, type Leg } from './call.ts';
import type { EndingCause } from './ending.ts';
import type { ConferenceChange, PartyAskEnd, PartyTarget } from './event.ts';
import { type CallTurn, isHeld, join, partnerOf, recordAnew, startRecording, stopRecording } from './joining.ts';
import { customerIsGone, dialParty, ownLeg } from './party.ts';

/** In one call, those who are being rung included. */
export const MOST_PARTIES = 6;

export interface Conference {
  /** In the order in which they came. */
  legIds: LegId[];
  /** Those of them who hold. */
  away: LegId[];
}

/** Who is being rung to join. */
export interface Invitation {
  by: LegId;
  agentId: AgentId;
  /** null = the acd has not made its offer yet. */
  legId: LegId | null;
  target: PartyTarget;
}

export const partiesOf = ({ conference, joined, invitations }: Call): number => (conference?.legIds.length ?? joined?.length ?? 0) + invitations.length;

export function invite(call: Call | undefined, agentId: AgentId, target: PartyTarget, turn: CallTurn, now: number): void {
  const own = call === undefined ? undefined : ownLeg(call, agentId);
  if (call === undefined || own === undefined) return;
  const { callId } = call;
  const talks = call.conference?.legIds.includes(own.legId) === true || (partnerOf(call, own.legId) !== null && !isHeld(own));
  const isFree = call.consult === null && call.transfer === null && call.takeovers.size === 0 && !customerIsGone(call);
  const isKnown = target.kind === 'agent' && [...call.legs.values()].some((leg) => leg.agentId === target.agentId && !isEnded(leg));
  if (!talks || !isFree || isKnown || partiesOf(call) >= MOST_PARTIES) {
    const told = { how: 'conference', by: own.legId, agentId, legId: null, target, end: 'failed', cause: 'not_allowed', held: false } as const;
    turn.events.push({ type: 'partyAskEnded', callId, ...told });
    return;
  }
  const legId = target.kind === 'number' ? dialParty(call, target.number, agentId, turn, now) : null;
  call.invitations.push({ by: own.legId, agentId, legId, target });
  turn.events.push({ type: 'partyAsked', callId, how: 'conference', by: own.legId, agentId, kept: null, legId, target });
}

/** true = this leg was invited: it is in. */
export function invitationAnswered(call: Call, leg: Leg, turn: CallTurn): boolean {
  const invitation = call.invitations.find(({ legId }) => legId === leg.legId);
  if (invitation === undefined) return false;
  const before = call.conference?.legIds ?? call.joined ?? [];
  if (before.length < 2) {
    ask(call, invitation, 'failed', 'unreachable', turn);
    turn.commands.push({ type: 'releaseLeg', callId: call.callId, legId: leg.legId, cause: 'normal', by: 'other_party' });
    return true;
  }
  ask(call, invitation, 'conferenced', null, turn);
  const began = call.conference === null;
  confer(call, [...before, leg.legId], began ? 'began' : 'joined', leg.legId, turn);
  return true;
}

/** Who was invited does not come. true = it was an invitation. */
export function invitationFailed(call: Call, legId: LegId, agentId: AgentId | null, cause: EndingCause, turn: CallTurn): boolean {
  const invitation = call.invitations.find(
    (found) => found.legId === legId || (found.legId === null && found.target.kind === 'agent' && found.target.agentId === agentId),
  );
  if (invitation === undefined) return false;
  ask(call, invitation, 'failed', cause, turn);
  return true;
}

/** Three hear one another who were two and one. */
export function conferConsulted(call: Call, legIds: LegId[], turn: CallTurn): void {
  confer(call, legIds, 'began', legIds.at(-1) ?? null, turn);
}

function confer(call: Call, legIds: LegId[], change: ConferenceChange, legId: LegId | null, turn: CallTurn): void {
  const away = legIds.filter((found) => isHeldLeg(call, found));
  call.joined = null;
  call.conference = { legIds, away };
  turn.commands.push({ type: 'conferLegs', callId: call.callId, legIds: legIds.filter((found) => !away.includes(found)) });
  turn.events.push({ type: 'conferenceChanged', callId: call.callId, change, legId, legIds: [...legIds] });
}

const isHeldLeg = (call: Call, legId: LegId): boolean => {
  const leg = call.legs.get(legId);
  return leg !== undefined && isHeld(leg);
};

/** true = the leg is in a conference, which it leaves for a while or comes back to. */
export function conferenceHeld(call: Call, leg: Leg, turn: CallTurn): boolean {
  if (call.conference?.legIds.includes(leg.legId) !== true) return false;
  confer(call, call.conference.legIds, isHeld(leg) ? 'held' : 'retrieved', leg.legId, turn);
  return true;
}

/** true = the leg has come into it in the place of another. */
export function inConference(call: Call, leg: Leg, turn: CallTurn): boolean {
  const { conference } = call;
  if (conference?.legIds.includes(leg.legId) !== true) return false;
  const away = conference.legIds.filter((legId) => isHeldLeg(call, legId));
  call.conference = { legIds: conference.legIds, away };
  turn.commands.push({ type: 'conferLegs', callId: call.callId, legIds: conference.legIds.filter((legId) => !away.includes(legId)) });
  return true;
}

/** The audio of one or all was lost, and is there again. The last one sees to all. */
export function backInConference(call: Call, turn: CallTurn): void {
  const { conference, adrift, callId } = call;
  if (conference === null || conference.legIds.some((legId) => adrift.has(legId))) return;
  turn.commands.push({ type: 'conferLegs', callId, legIds: conference.legIds.filter((legId) => !conference.away.includes(legId)) });
  recordAnew(call, turn);
}

/** Asked by an agent who is in it: this leg, or who is being rung, is let go. */
export function dropParty(call: Call | undefined, agentId: AgentId, legId: LegId, turn: CallTurn): void {
  const own = call === undefined ? undefined : ownLeg(call, agentId);
  const leg = call?.legs.get(legId);
  if (call === undefined || own === undefined || leg === undefined || isEnded(leg) || leg === own) return;
  const isIn = call.conference?.legIds.includes(legId) === true;
  const invitation = call.invitations.find((found) => found.legId === legId);
  if (!isIn && invitation === undefined) return;
  if (invitation !== undefined) ask(call, invitation, 'cancelled', null, turn);
  // What rings for an offer is the acd's to withdraw.
  if (isUp(leg) || leg.offerId === null) turn.commands.push({ type: 'releaseLeg', callId: call.callId, legId, cause: 'normal', by: 'other_party' });
}

/** A leg has ended. true = it was in a conference, and all that follows is done. */
export function conferenceLegEnded(call: Call, leg: Leg, turn: CallTurn): boolean {
  const { conference } = call;
  if (conference?.legIds.includes(leg.legId) !== true) return false;
  const left = conference.legIds.filter((legId) => legId !== leg.legId);
  if (endsWithoutAgent(call, leg, left)) {
    call.conference = null;
    turn.events.push({ type: 'conferenceChanged', callId: call.callId, change: 'ended', legId: leg.legId, legIds: [] });
    stopRecording(call, turn);
    for (const legId of left) turn.commands.push({ type: 'releaseLeg', callId: call.callId, legId, cause: 'normal', by: 'other_party' });
    return true;
  }
  if (left.length > 2) {
    confer(call, left, 'left', leg.legId, turn);
    recordOthers(call, leg, left, turn);
  } else asTwo(call, leg, left, turn);
  return true;
}

/** Who is left without any agent, where the queue does not want that. */
function endsWithoutAgent(call: Call, gone: Leg, left: readonly LegId[]): boolean {
  return gone.conferenceEnds === true && !left.some((legId) => call.legs.get(legId)?.agentId != null);
}

/** The last two talk on as two do. */
function asTwo(call: Call, gone: Leg, left: readonly LegId[], turn: CallTurn): void {
  const legs = left.flatMap((legId) => call.legs.get(legId) ?? []);
  const customer = legs.find((leg) => leg.role === 'caller');
  const [first, second] = customer === undefined ? legs : [customer, ...legs.filter((leg) => leg !== customer)];
  call.conference = null;
  turn.events.push({ type: 'conferenceChanged', callId: call.callId, change: 'ended', legId: gone.legId, legIds: [] });
  if (first === undefined || second === undefined) return;
  recordOthers(call, gone, left, turn);
  if (customer !== undefined) {
    if (gone.agentId !== null && second.agentId !== null)
      turn.events.push({ type: 'callHandedOn', callId: call.callId, legId: second.legId, agentId: second.agentId, by: gone.legId, kept: customer.legId });
  }
  if (customer !== undefined) join(call, first, second, turn);
  else {
    call.joined = [first.legId, second.legId];
    if (!isHeld(first) && !isHeld(second)) turn.commands.push({ type: 'joinLegs', callId: call.callId, legIds: call.joined });
  }
}

/** Its side of the recording is gone with its leg: what follows of the talk is the next one, as long as the customer is there. */
function recordOthers(call: Call, gone: Leg, left: readonly LegId[], turn: CallTurn): void {
  if (call.recordingId === null || call.recorded?.includes(gone.legId) !== true) return;
  stopRecording(call, turn);
  const customer = callerLeg(call);
  const heir = call.legs.get(left.find((legId) => legId !== customer?.legId) ?? gone.legId);
  if (customer === undefined || gone === customer || heir === undefined || heir === gone) return;
  heir.record = true;
  startRecording(call, [customer.legId, heir.legId], turn);
}

/** The media server cannot mix: the first two talk on, the others are let go with the reason. */
export function conferenceFailed(call: Call | undefined, turn: CallTurn): void {
  if (call?.conference == null) return;
  const { callId } = call;
  const [first, second, ...others] = call.conference.legIds.flatMap((legId) => call.legs.get(legId) ?? []);
  call.conference = null;
  turn.events.push({ type: 'conferenceChanged', callId, change: 'ended', legId: null, legIds: [] });
  for (const { legId } of others) turn.commands.push({ type: 'releaseLeg', callId, legId, cause: 'media_failure', by: 'server' });
  if (first === undefined || second === undefined) return;
  call.joined = [first.legId, second.legId];
  if (!isHeld(first) && !isHeld(second)) turn.commands.push({ type: 'joinLegs', callId, legIds: call.joined });
}

function ask(call: Call, invitation: Invitation, end: PartyAskEnd, cause: EndingCause | null, turn: CallTurn): void {
  const { by, agentId, legId, target } = invitation;
  call.invitations = call.invitations.filter((found) => found !== invitation);
  turn.events.push({ type: 'partyAskEnded', callId: call.callId, how: 'conference', by, agentId, legId, target, end, cause, held: false });
}

/** The customer has gone, and with it the reason for inviting anybody: whoever rings is let go. */
export function giveUpInviting(call: Call, turn: CallTurn): void {
  for (const invitation of [...call.invitations]) {
    const leg = invitation.legId === null ? undefined : call.legs.get(invitation.legId);
    ask(call, invitation, 'customer_left', null, turn);
    if (leg !== undefined && !isEnded(leg) && leg.offerId === null)
      turn.commands.push({ type: 'releaseLeg', callId: call.callId, legId: leg.legId, cause: 'abandoned', by: 'other_party' });
  }
}

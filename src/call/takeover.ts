/**
 * A phone of an agent takes a leg's place (INVITE with Replaces, RFC 3891): she picks up what rings at a colleague's, goes on from
 * another phone of hers, or her browser comes back after a reload. The new leg is answered first; then it is put where the old one was.
 */
import type { LegId } from '../../kernel/ids.ts';
import { type Call, callerLeg, isEnded, isUp, type Leg } from './call.ts';
import type { Calls } from './calls.ts';
import { inConference, invitationAnswered } from './conference.ts';
import { consultAnswered } from './consult.ts';
import type { CallEvent } from './event.ts';
import { type CallTurn, join, joinWithCaller, partnerOf } from './joining.ts';
import { outboundAnswered } from './outbound.ts';

type EventOf<T extends CallEvent['type']> = Extract<CallEvent, { type: T }>;

export function askTakeover(calls: Calls, event: EventOf<'takeoverAsked'>, turn: CallTurn, now: number): void {
  const { callId, legId, replaces, agentId } = event;
  const call = calls.live(callId);
  const old = call?.legs.get(replaces);
  if (call === undefined || old === undefined || isEnded(old)) {
    turn.commands.push({ type: 'releaseLeg', callId, legId, cause: 'rejected', by: 'server' });
    return;
  }
  call.legs.set(legId, { legId, role: 'agent', agentId, offerId: null, record: old.record, startedAt: now, progress: { state: 'arriving' } });
  call.takeovers.set(legId, replaces);
  turn.commands.push({ type: 'answerLeg', callId, legId });
}

/** true = this leg came to take another's place: it is established that it has, or it is let go. */
export function takesOver(call: Call, leg: Leg, turn: CallTurn): boolean {
  const replaces = call.takeovers.get(leg.legId);
  if (replaces === undefined) return false;
  call.takeovers.delete(leg.legId);
  const { callId } = call;
  const { legId, agentId } = leg;
  if (agentId !== null && !isEnded(call.legs.get(replaces))) turn.events.push({ type: 'legReplaced', callId, legId, replaces, agentId });
  else turn.commands.push({ type: 'releaseLeg', callId, legId, cause: 'normal', by: 'server' });
  return true;
}

export function replace(call: Call, event: EventOf<'legReplaced'>, turn: CallTurn): void {
  const { callId } = call;
  const leg = call.legs.get(event.legId);
  const old = call.legs.get(event.replaces);
  if (leg === undefined || old === undefined) return;
  const partner = call.legs.get(partnerOf(call, old.legId) ?? old.legId);
  const wasUp = isUp(old);
  if (old.muted === true) {
    leg.muted = true;
    turn.commands.push({ type: 'muteLeg', callId, legId: leg.legId, muted: true });
  }
  if (old.role === 'caller') Object.assign(leg, { role: 'caller' }) && Object.assign(old, { role: 'agent' });
  if (call.transfer?.from === old.legId) call.transfer = { from: leg.legId };
  standInFor(call, old.legId, leg.legId);
  if (inConference(call, leg, turn)) {
    moveRecording(call, turn);
    turn.commands.push({ type: 'releaseLeg', callId, legId: old.legId, cause: 'transferred', by: 'server' });
    return;
  }
  if (wasUp && partner !== undefined && partner !== old) {
    turn.commands.push({ type: 'partLegs', callId, legIds: [partner.legId, old.legId], musicTo: null, music: 'default' });
    const [left, right] = leg.role === 'caller' ? [leg, partner] : [partner, leg];
    const isRecorded = call.recordingId !== null;
    join(call, left, right, turn);
    if (isRecorded) moveRecording(call, turn);
  }
  turn.commands.push({ type: 'releaseLeg', callId, legId: old.legId, cause: wasUp ? 'transferred' : 'answered_elsewhere', by: 'server' });
  if (!wasUp) pickUp(call, leg, turn);
}

/** Wherever the old leg was named, the new one is. */
function standInFor(call: Call, old: LegId, legId: LegId): void {
  const { consult, recorded } = call;
  if (consult !== null) for (const role of ['by', 'kept', 'legId'] as const) if (consult[role] === old) consult[role] = legId;
  for (const invitation of call.invitations) for (const role of ['by', 'legId'] as const) if (invitation[role] === old) invitation[role] = legId;
  if (recorded !== null) call.recorded = recorded.map((found) => (found === old ? legId : found)) as [LegId, LegId];
  if (call.conference !== null) call.conference.legIds = call.conference.legIds.map((found) => (found === old ? legId : found));
}

function moveRecording({ callId, recordingId, recorded }: Call, turn: CallTurn): void {
  if (recordingId === null || recorded === null) return;
  turn.commands.push({ type: 'moveRecording', callId, recordingId, left: recorded[0], right: recorded[1] });
}

/** What rang is answered by another: its caller hears her, or, having dialled it herself, is answered first. */
function pickUp(call: Call, leg: Leg, turn: CallTurn): void {
  if (consultAnswered(call, leg, turn) || invitationAnswered(call, leg, turn) || outboundAnswered(call, leg, turn)) return;
  const caller = callerLeg(call);
  if (caller?.progress.state === 'arriving' && caller !== leg) {
    call.answering = leg.legId;
    turn.commands.push({ type: 'answerLeg', callId: call.callId, legId: caller.legId });
  } else joinWithCaller(call, leg, turn);
}

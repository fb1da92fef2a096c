/**
 * Attended transfer: an agent talks with one party and holds another; her phone asks for the two to be joined without her (RFC 5589).
 * What was two calls is one afterwards: that of the customer, with its data and its record. The other party's leg comes over as it is
 * (its dialog, its audio, its id), and both of the agent's own legs end as transferred.
 *
 *   C1: customer ── A ┐                         C1: customer ── B
 *                     ├─ REFER with Replaces ──▶
 *   C2:        A ── B ┘                         C2: over (transferred)
 *
 * While B still rings, A's leg in C1 stays until B answers, as in a blind transfer, and has the customer back if she does not.
 */
import type { AgentId, CallId, LegId } from '../../kernel/ids.ts';
import { type Call, isEnded, isUp, type Leg } from './call.ts';
import type { Calls } from './calls.ts';
import { inheritConsent } from './consent.ts';
import { anchor } from './direct.ts';
import type { CallEvent } from './event.ts';
import { type CallTurn, join, partnerOf, stopRecording } from './joining.ts';
import { asksAnybody } from './party.ts';
import { inheritPauses } from './pausing.ts';

type EventOf<T extends CallEvent['type']> = Extract<CallEvent, { type: T }>;

/** One of the agent's two legs, with who is at the other end of it. */
interface Side {
  call: Call;
  own: Leg;
  other: Leg;
}

export function askAttended(calls: Calls, event: EventOf<'attendedTransferAsked'>, turn: CallTurn): void {
  const { callId, legId, consult } = event;
  const first = sideOf(calls.live(callId), legId);
  const second = sideOf(calls.live(consult.callId), consult.legId);
  if (first === null || second === null || first.call === second.call || !isUp(first.own) || !isUp(first.other)) {
    turn.commands.push({ type: 'refuseTransfer', callId, legId, cause: 'unreachable' });
    return;
  }
  // The customer's call goes on; of two that agents dialled, the one in which it was asked.
  const [stays, over] = second.call.dialled === null && first.call.dialled !== null && isUp(second.other) ? [second, first] : [first, second];
  turn.events.push({
    ...{ type: 'callsMerged', callId: stays.call.callId, from: over.call.callId, legId: over.other.legId, agentId: agentAt(over) },
    ...{ up: isUp(over.other), kept: stays.other.legId, by: stays.own.legId, byOther: over.own.legId },
  });
}

/** Who is at the other end: whom she is joined with, or who is being rung for her. */
function sideOf(call: Call | undefined, legId: LegId): Side | null {
  const own = call?.legs.get(legId);
  if (call === undefined || own === undefined || isEnded(own) || asksAnybody(call)) return null;
  const joined = partnerOf(call, legId);
  const rung = own.role === 'caller' && !isUp(own) ? [...call.legs.values()].find((leg) => leg !== own && !isEnded(leg))?.legId : undefined;
  const other = call.legs.get(joined ?? rung ?? legId);
  return other === undefined || other === own || isEnded(other) ? null : { call, own, other };
}

/** Whose phone the other end is: an agent who was rung, or one who had dialled. */
const agentAt = ({ call, other }: Side): AgentId | null => other.agentId ?? (other.role === 'caller' ? (call.dialled?.by ?? null) : null);

export function merge(calls: Calls, event: EventOf<'callsMerged'>, turn: CallTurn): void {
  const stays = calls.live(event.callId);
  const over = calls.live(event.from);
  const moved = over?.legs.get(event.legId);
  const kept = stays?.legs.get(event.kept);
  const by = stays?.legs.get(event.by);
  if (stays === undefined || over === undefined || moved === undefined || kept === undefined || by === undefined) return;
  for (const call of [over, stays]) anchor(call, turn);
  if (over.adrift.delete(moved.legId)) stays.adrift.add(moved.legId);
  turn.commands.push({ type: 'moveLeg', callId: stays.callId, legId: moved.legId });
  inheritPauses(calls, stays, over);
  inheritConsent(stays, over);
  for (const call of [over, stays]) partFromHer(call, call === stays && !isUp(moved) ? kept.legId : null, turn);
  over.legs.delete(moved.legId);
  over.ending ??= { cause: 'transferred', by: 'server' };
  stays.legs.set(moved.legId, moved);
  Object.assign(moved, { agentId: event.agentId, record: by.record, role: event.agentId === null ? 'target' : 'agent' });
  if (by.role === 'caller') Object.assign(by, { role: 'agent' }) && Object.assign(kept, { role: 'caller' });
  if (isUp(moved)) {
    join(stays, kept, moved, turn);
    release(stays.callId, by, turn);
  } else stays.transfer = { from: by.legId };
  release(over.callId, over.legs.get(event.byOther), turn);
}

function partFromHer(call: Call, musicTo: LegId | null, turn: CallTurn): void {
  stopRecording(call, turn);
  if (call.joined !== null) turn.commands.push({ type: 'partLegs', callId: call.callId, legIds: call.joined, musicTo, music: 'default' });
  call.joined = null;
  call.answering = null;
}

function release(callId: CallId, leg: Leg | undefined, turn: CallTurn): void {
  if (leg !== undefined && !isEnded(leg)) turn.commands.push({ type: 'releaseLeg', callId, legId: leg.legId, cause: 'transferred', by: 'server' });
}

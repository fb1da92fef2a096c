/** Blind transfer: an agent's phone or desk sends the other party elsewhere, and keeps its leg until somebody took over. */
import { type LegId, legIdOf } from '../../kernel/ids.ts';
import { type Call, callerLeg, isUp, type Leg } from './call.ts';
import type { EndingCause } from './ending.ts';
import type { CallEvent, TransferTarget } from './event.ts';
import { type CallTurn, join, partnerOf, stopRecording } from './joining.ts';
import { asksAnybody, customerIsGone } from './party.ts';

/** Legs of the acd are numbered from 1; ours for numbers from here on, so that the two never meet. */
export const FIRST_TRANSFER_LEG = 1001;
const TRANSFER_RING_MS = 30_000;

/** Blind transfer by an agent's phone: part the two, keep the asking leg until the new one answers. */
export function askTransfer(call: Call, event: Extract<CallEvent, { type: 'transferAsked' }>, turn: CallTurn): void {
  const { callId } = call;
  const { target } = event;
  const from = call.legs.get(event.legId);
  const kept = from === undefined ? undefined : call.legs.get(partnerOf(call, from.legId) ?? from.legId);
  if (
    from === undefined ||
    kept === undefined ||
    kept === from ||
    call.joined === null ||
    asksAnybody(call) ||
    customerIsGone(call) ||
    !maySend(call, from, target, kept.legId)
  ) {
    turn.commands.push({ type: 'refuseTransfer', callId, legId: event.legId, cause: 'not_allowed' });
    return;
  }
  turn.commands.push({ type: 'partLegs', callId, legIds: call.joined, musicTo: kept.legId, music: 'default' });
  if (from.role === 'caller') Object.assign(from, { role: 'agent' }) && Object.assign(kept, { role: 'caller' });
  stopRecording(call, turn);
  call.joined = null;
  if (target.kind === 'queue' || target.kind === 'dialplan') {
    turn.events.push({ type: 'callTransferred', callId, legId: null, target, by: from.legId });
    if (target.kind === 'queue') turn.events.push({ type: 'callQueued', callId, queueId: target.queueId, priority: 0, skills: [], maxWaitMs: null });
    turn.commands.push({ type: 'releaseLeg', callId, legId: from.legId, cause: 'transferred', by: 'server' });
    return;
  }
  call.transfer = { from: from.legId };
  if (target.kind === 'agent') {
    turn.events.push({ type: 'callTransferred', callId, legId: null, target, by: from.legId, kept: kept.legId });
    return;
  }
  dialTarget(call, from, kept, target, turn);
}

function dialTarget(call: Call, from: Leg, kept: Leg, target: Extract<TransferTarget, { kind: 'number' }>, turn: CallTurn): void {
  const { callId } = call;
  const legId = legIdOf(callId, call.nextTransferLeg);
  call.nextTransferLeg += 1;
  turn.events.push({ type: 'callTransferred', callId, legId, target, by: from.legId, kept: kept.legId });
  turn.commands.push({
    type: 'dialLeg',
    callId,
    legId,
    tenantId: call.tenantId,
    target: target.number,
    from: call.caller,
    timeoutMs: TRANSFER_RING_MS,
    account: from.agentId ?? call.dialled?.by ?? 'flow',
  });
}

/**
 * Who was called sends the caller on; who dialled a call sends on the party she reached. That one has no dialplan that could take it back
 * from a queue, so it goes to agents and numbers only. A dialplan leads who the call began with, and nobody else.
 */
export const maySend = (
  { callId, dialled, outbound }: Pick<Call, 'callId' | 'dialled' | 'outbound'>,
  from: Pick<Leg, 'role'>,
  { kind }: Pick<TransferTarget, 'kind'>,
  kept: LegId,
): boolean => {
  const isDirect = (dialled !== null && dialled.target !== null) || outbound?.target.kind === 'agent';
  if (from.role === 'caller' && !isDirect) return false;
  return kind === 'agent' || kind === 'number' || (!isDirect && (kind === 'queue' || kept === legIdOf(callId, 0)));
};

/** Nobody took the transferred caller: back to who sent it, else back into the queue it came from, else an honest end. */
export function failTransfer(call: Call, cause: EndingCause, turn: CallTurn): void {
  const { callId } = call;
  const from = call.transfer === null ? undefined : call.legs.get(call.transfer.from);
  const caller = callerLeg(call);
  if (call.transfer === null || caller === undefined || !isUp(caller)) return;
  call.transfer = null;
  if (from !== undefined && isUp(from)) {
    turn.commands.push({ type: 'refuseTransfer', callId, legId: from.legId, cause });
    // A phone that held the caller before it asked still does: she hears music until it retrieves her.
    join(call, caller, from, turn);
  } else if (call.queueId !== null) {
    turn.events.push({ type: 'callQueued', callId, queueId: call.queueId, priority: 0, skills: [], maxWaitMs: null });
  } else turn.commands.push({ type: 'releaseLeg', callId, legId: caller.legId, cause, by: 'server' });
}

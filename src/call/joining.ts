/** Bringing two legs together: who hears whom, and what is recorded of it. */
import type { LegId } from '../../kernel/ids.ts';
import { type Call, callerLeg, isEnded, isUp, type Leg } from './call.ts';
import type { CallCommand } from './command.ts';
import { isForbidden, mayRecord } from './consent.ts';
import type { CallEvent } from './event.ts';
import type { Turn } from './turn.ts';

export type CallTurn = Turn<CallEvent, CallCommand>;

export function partnerOf(call: Call, legId: LegId): LegId | null {
  if (call.joined === null) return null;
  const [a, b] = call.joined;
  return a === legId ? b : b === legId ? a : null;
}

export function joinWithCaller(call: Call, leg: Leg, turn: CallTurn): void {
  const { callId } = call;
  const caller = callerLeg(call);
  if (caller === undefined || !isUp(caller)) {
    turn.commands.push({ type: 'releaseLeg', callId, legId: leg.legId, cause: 'abandoned', by: 'other_party' });
    return;
  }
  join(call, caller, leg, turn);
  const from = call.transfer?.from;
  call.transfer = null;
  if (from !== undefined && !isEnded(call.legs.get(from))) {
    turn.commands.push({ type: 'releaseLeg', callId, legId: from, cause: 'transferred', by: 'server' });
  }
}

/** The two hear each other, unless one of them holds: then the other goes on hearing music until it is taken back. */
export function join(call: Call, left: Leg, right: Leg, turn: CallTurn): void {
  const { callId } = call;
  call.joined = [left.legId, right.legId];
  if (isForbidden(call, right)) {
    turn.commands.push({ type: 'releaseLeg', callId, legId: left.legId, cause: 'recording_failure', by: 'server' });
    return;
  }
  if (!isHeld(left) && !isHeld(right)) turn.commands.push({ type: 'joinLegs', callId, legIds: call.joined });
  if (right.record && call.recordingId === null && mayRecord(call)) startRecording(call, call.joined, turn);
}

/** The recording under way was cut with its media server, and has perhaps been told as ended: what follows of the talk is the next one. */
export function recordAnew(call: Call, turn: CallTurn): void {
  const pair = call.recorded ?? call.joined;
  if (pair === null) return;
  const isRecorded = call.recordingId !== null || call.legs.get(pair[1])?.record === true;
  if (isRecorded && mayRecord(call)) startRecording(call, pair, turn);
}

export function startRecording(call: Call, [left, right]: [LegId, LegId], turn: CallTurn): void {
  const { callId, tenantId } = call;
  call.recordings += 1;
  call.recordingId = `${callId}.r${call.recordings}`;
  call.recordingRuns = false;
  call.recorded = [left, right];
  turn.commands.push({ type: 'startRecording', callId, tenantId, recordingId: call.recordingId, left, right, paused: call.pauses.size > 0 });
}

export const isHeld = (leg: Leg): boolean => leg.progress.state === 'up' && leg.progress.held;

export function stopRecording(call: Call, turn: CallTurn): void {
  if (call.recordingId !== null) turn.commands.push({ type: 'stopRecording', callId: call.callId, recordingId: call.recordingId });
  call.recordingId = null;
  call.recorded = null;
}

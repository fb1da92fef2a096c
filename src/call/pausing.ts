/**
 * Pauses of a call's recording. Each is *held* by somebody (the agent, the API, the dialplan, a masked capture), and the recording is silent while
 * anybody holds it: a flag would forget who still wants it so. They belong to the call, not to one recording: what begins after a transfer begins
 * paused. Each ends when its holder says so, or by itself at its time, so that nothing stays unrecorded because somebody forgot.
 *
 *   recordingPauseAsked ──▶ recordingPaused (who, until) ──asked | timeout──▶ recordingResumed
 */
import type { AgentId } from '../../kernel/ids.ts';
import type { Call } from './call.ts';
import type { Calls } from './calls.ts';
import type { CallEvent, PausedBy, PauseHolder } from './event.ts';
import type { CallTurn } from './joining.ts';

type EventOf<T extends CallEvent['type']> = Extract<CallEvent, { type: T }>;

const USUAL_PAUSE_MS = 180_000;
export const LONGEST_PAUSE_MS = 900_000;

export interface Pause {
  by: PausedBy;
  /** null: its end is on its way. */
  until: number | null;
}

export function askPause(call: Call | undefined, holder: PauseHolder, by: PausedBy, forMs: number | null, turn: CallTurn, now: number): void {
  if (call === undefined) return;
  const until = Math.floor(now) + Math.min(forMs ?? USUAL_PAUSE_MS, LONGEST_PAUSE_MS);
  turn.events.push({ type: 'recordingPaused', callId: call.callId, recordingId: call.recordingId, holder, by, until });
}

/** What nobody holds needs no end. */
export function askResume(call: Call | undefined, holder: PauseHolder, by: PausedBy, turn: CallTurn): void {
  if (call?.pauses.has(holder) !== true) return;
  turn.events.push({ type: 'recordingResumed', callId: call.callId, recordingId: call.recordingId, holder, by, why: 'asked' });
}

/** Held again, it is held longer. */
export function pause(calls: Calls, event: EventOf<'recordingPaused'>, turn: CallTurn): void {
  const call = calls.live(event.callId);
  if (call === undefined) return;
  const begins = call.pauses.size === 0;
  call.pauses.set(event.holder, { by: event.by, until: event.until });
  calls.paused.add(call);
  if (begins && call.recordingId !== null) turn.commands.push({ type: 'pauseRecording', callId: call.callId, recordingId: call.recordingId });
}

export function resume(calls: Calls, event: EventOf<'recordingResumed'>, turn: CallTurn): void {
  const call = calls.live(event.callId);
  if (call === undefined || !call.pauses.delete(event.holder) || call.pauses.size > 0) return;
  calls.paused.delete(call);
  if (call.recordingId !== null) turn.commands.push({ type: 'resumeRecording', callId: call.callId, recordingId: call.recordingId });
}

/** Ends those whose time is over; when the next one is. */
export function resumeDue(calls: Calls, turn: CallTurn, now: number): number | null {
  let wakeAt: number | null = null;
  for (const { callId, recordingId, pauses } of calls.paused) {
    for (const [holder, held] of pauses) {
      if (held.until === null) continue;
      if (held.until > now) wakeAt = Math.min(wakeAt ?? held.until, held.until);
      else {
        held.until = null;
        turn.events.push({ type: 'recordingResumed', callId, recordingId, holder, by: held.by, why: 'timeout' });
      }
    }
  }
  return wakeAt;
}

/** Two calls became one: what either kept silent stays silent. */
export function inheritPauses(calls: Calls, stays: Call, over: Call): void {
  for (const [holder, held] of over.pauses) if (!stays.pauses.has(holder)) stays.pauses.set(holder, { ...held });
  if (stays.pauses.size > 0) calls.paused.add(stays);
}

/** Until when it stays silent at most; null: it is not paused. */
export const pausedUntil = (call: Pick<Call, 'pauses'>): number | null =>
  call.pauses.size === 0 ? null : Math.max(...[...call.pauses.values()].map(({ until }) => until ?? 0));

export const byAgent = (agentId: AgentId): PausedBy => ({ kind: 'agent', agentId });

/** Where a call's recordings are silent because somebody had them paused: for whoever listens to them later. */
import type { PauseHolder } from '../call/event.ts';
import type { OpenCall } from './open.ts';
import type { RecordingRecord } from './record.ts';

/** A recording of hours with a pause a minute; what comes beyond is silence without a mark. */
const MOST_SPANS = 500;

const underWay = ({ durationMs }: RecordingRecord): boolean => durationMs === null;

function beginSilence(recording: RecordingRecord, at: number): void {
  recording.pauses ??= [];
  if (recording.pauses.length < MOST_SPANS) recording.pauses.push({ fromMs: Math.max(0, at - recording.startedAt), toMs: null });
}

/** Of one recording, or of all that are under way. */
export function endSilence(call: OpenCall, at: number, recordingId?: string): void {
  for (const recording of call.recordings) {
    const last = recording.pauses?.at(-1);
    if (last === undefined || last.toMs !== null || (recordingId === undefined ? !underWay(recording) : recording.recordingId !== recordingId)) continue;
    last.toMs = Math.max(last.fromMs, Math.min(at - recording.startedAt, recording.durationMs ?? Number.POSITIVE_INFINITY));
  }
}

/** The recording is silent while anybody holds it so: only the first begins it, and only the last ends it. */
export function pausedBy(call: OpenCall, holder: PauseHolder, at: number): void {
  const holders = call.pausedBy ?? [];
  if (holders.length === 0) for (const recording of call.recordings) if (underWay(recording)) beginSilence(recording, at);
  if (!holders.includes(holder)) call.pausedBy = [...holders, holder];
}

export function resumedBy(call: OpenCall, holder: PauseHolder, at: number): void {
  const holders = call.pausedBy ?? [];
  if (!holders.includes(holder)) return;
  call.pausedBy = holders.filter((each) => each !== holder);
  if (call.pausedBy.length === 0) endSilence(call, at);
}

/** The pause belongs to the call: what begins under it begins silent. */
export function beginsPaused(call: OpenCall, recordingId: string, at: number): void {
  const recording = call.recordings.find((found) => found.recordingId === recordingId);
  if (recording !== undefined && (call.pausedBy ?? []).length > 0) beginSilence(recording, at);
}

/** Two calls became one: what either kept silent stays silent. */
export function inheritPausedBy(stays: OpenCall, over: OpenCall, at: number): void {
  for (const holder of over.pausedBy ?? []) pausedBy(stays, holder, at);
}

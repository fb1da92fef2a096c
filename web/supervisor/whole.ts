/** The recordings of a call as what is heard of them together: one after another, without the gaps between them and without what was erased. */
import type { Recording } from './records.ts';

export interface Whole {
  seconds: number;
  /** Where each recording begins; an erased one nowhere. */
  parts: { recording: Recording; atMs: number | null }[];
  pauses: Recording['pauses'];
  complete: boolean;
  legalHold: boolean;
}

export function wholeOf(recordings: readonly Recording[]): Whole {
  const left = recordings.filter(({ erasedAt }) => erasedAt === null);
  const pauses = left.flatMap((recording) =>
    recording.pauses.map(({ fromMs, toMs }) => ({
      fromMs: fromMs + (recording.offsetMs ?? 0),
      toMs: (recording.offsetMs ?? 0) + (toMs ?? recording.durationMs ?? 0),
    })),
  );
  return {
    seconds: left.reduce((sum, { durationMs }) => sum + (durationMs ?? 0), 0) / 1000,
    parts: recordings.map((recording) => ({ recording, atMs: recording.erasedAt === null ? recording.offsetMs : null })),
    pauses,
    complete: left.every(({ complete }) => complete),
    legalHold: recordings.some(({ legalHold }) => legalHold),
  };
}

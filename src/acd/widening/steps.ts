/** Callers who wait come to be served by more agents: step by step, and when the one they were waiting for does not come. */
import { type Moment, setDeadline, type Waiting } from '../floor.ts';
import { closeIfSpare, lineFor } from '../line.ts';
import { giveUpAgent } from '../matching/awaited.ts';

/** When the next step is due; null = there is none. While it waits for one agent alone, no step is taken. */
export function nextStepAt({ queue, queuedAt, steps, awaited }: Pick<Waiting, 'queue' | 'queuedAt' | 'steps' | 'awaited'>): number | null {
  if (awaited !== null) return awaited.until;
  const next = queue.configuration.widening?.steps?.[steps];
  return next === undefined ? null : queuedAt + next.afterMs;
}

/** The next thing that happens to a caller who waits: its wait is over, or a step is due. */
export function nextDeadline(waiting: Waiting): number | null {
  const step = nextStepAt(waiting);
  const { leaveAt } = waiting;
  return step === null || leaveAt === null ? (step ?? leaveAt) : Math.min(step, leaveAt);
}

/** Takes the step that is due: the caller is in the line of those who ask for the same, and has still to be stood there. False when no step is due. */
export function takeStep(m: Moment, waiting: Waiting): boolean {
  const { leaveAt, line } = waiting;
  const due = nextStepAt(waiting);
  if (due === null || due > m.now || (leaveAt !== null && leaveAt <= m.now)) return false;
  if (waiting.awaited !== null) giveUpAgent(m, waiting);
  else {
    waiting.steps += 1;
    m.events.push({ type: 'callWidened', callId: waiting.call.callId, queueId: waiting.queue.configuration.queueId, step: waiting.steps });
  }
  setDeadline(m.floor, waiting, null);
  line?.callers.remove(waiting);
  waiting.line = lineFor(m.floor, waiting);
  if (line !== null) closeIfSpare(m.floor, line);
  return true;
}

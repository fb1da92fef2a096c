/** What a queue does next, as far as its calendar and a switch say. */
import type { Calendar, QueueState } from './calendar.ts';

export interface Coming {
  /** ms since 1970 */
  at: number;
  state: QueueState;
}

/** "Closes at six, opens on Monday at nine." */
const MOST_CHANGES = 2;
/** A calendar that changes nothing for forty days is not asked further. */
const MOST_LOOKS = 4;

/** `until`: the end of a switch; undefined = it goes by its calendar. In order of time. */
export function comingChanges(state: QueueState, until: number | null | undefined, calendar: Calendar | undefined, now: number): Coming[] {
  if (until === null) return [];
  const changes: Coming[] = [];
  let last = state;
  const note = (at: number): void => {
    const next = calendar === undefined || calendar.hoursAt(at).open ? 'open' : 'closed';
    if (next !== last) changes.push({ at, state: next });
    last = next;
  };
  if (until !== undefined) note(until);
  let at = until ?? now;
  for (let looks = 0; calendar !== undefined && changes.length < MOST_CHANGES && looks < MOST_LOOKS; looks += 1) {
    at = calendar.hoursAt(at).until;
    note(at);
  }
  return changes;
}

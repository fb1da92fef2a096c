/** First contact resolution: counted of the calls' records, because seven days have to pass. What the counts mean stands in `definitions.ts`. */
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Who has not come back for the same reason by then is taken for served. */
export const RESOLUTION_MS = 7 * DAY_MS;
/** No call is longer, and its record is written at its end; so much later nothing of a day is still to come. */
const RECORD_MS = 6 * HOUR_MS;

/**
 * `pending`: their seven days are not over. Of the others `repeated` came back within seven days, and `repeated24h` … within so many hours: each of these
 * is part of the next.
 */
export const resolutionMeasures = ['contacts', 'pending', 'repeated', 'repeated24h', 'repeated48h', 'repeated72h'] as const;
export type Resolution = Record<(typeof resolutionMeasures)[number], number>;

export const resolutionSubjects = ['queue', 'agent', 'team', 'tenant', 'number', 'disposition'] as const;
export type ResolutionSubject = (typeof resolutionSubjects)[number];
/** By which of a row's names they are told apart. A team is that of its agents today. */
export const keyOfSubject = {
  queue: 'queueId',
  agent: 'agentId',
  team: 'agentId',
  tenant: null,
  number: 'number',
  disposition: 'disposition',
} as const satisfies Record<ResolutionSubject, 'queueId' | 'agentId' | 'number' | 'disposition' | null>;

/** Begins of the days (UTC) that touch [from, to). */
export function daysOf(from: number, to: number): number[] {
  const days: number[] = [];
  for (let day = from - (from % DAY_MS); day < to; day += DAY_MS) days.push(day);
  return days;
}

/** Nothing about who came on this day can change any more. */
export const isFinal = (day: number, now: number): boolean => day + DAY_MS + RECORD_MS + RESOLUTION_MS <= now;

/** The day by intervals, as the API has counted it (`/api/v1/reports`, `/api/v1/figures`): what is missing in its answer is filled in, nothing is counted here. */
import { useQuery } from '@tanstack/react-query';
import { get } from '../../shared/api.ts';

export const intervals = ['15min', '30min', 'hour'] as const;
export type Interval = (typeof intervals)[number];
const MINUTE_MS = 60_000;
const lengthMs: Record<Interval, number> = { '15min': 15 * MINUTE_MS, '30min': 30 * MINUTE_MS, hour: 60 * MINUTE_MS };

export interface Contacts {
  offered: number;
  answered: number;
  abandoned: number;
  /** Shares from 0 to 1; null = nothing to work it out of. */
  serviceLevel: number | null;
  averageSpeedOfAnswerMs: number | null;
  longestWaitMs: number;
}

/** ms of all agents together. */
export interface Times {
  readyMs: number;
  servingMs: number;
  reservedMs: number;
  ringingMs: number;
  talkingMs: number;
  holdingMs: number;
  consultingMs: number;
  wrappingUpMs: number;
  notReadyMs: number;
}

interface Line {
  start: string;
  end: string;
  contacts?: Contacts;
  time?: Times;
  /** What was foretold, once the API foretells. */
  forecast?: { offered: number | null };
}

export interface Definition {
  zh: string;
  en: string;
  formula: string;
}

export interface Report {
  timeZone: string;
  from: string;
  to: string;
  /** false: the database is away, and what is written already is not in it. */
  complete: boolean;
  serviceLevel: Definition & { variant: string; withinMs: number | null };
  items: Line[];
}

export interface Slot {
  startMs: number;
  endMs: number;
  contacts: Contacts;
  /** As they were counted; null: not told. */
  times: Times | null;
  /** How many agents were in each state on average; null: not told (of a queue: they stand ready for all of theirs). */
  agents: Agents | null;
  /** null: there is no forecast. */
  forecast: number | null;
}

export const agentStates = ['ready', 'ringing', 'talking', 'wrapping_up', 'not_ready'] as const;
export type Agents = Record<(typeof agentStates)[number], number>;

const noContacts: Contacts = { offered: 0, answered: 0, abandoned: 0, serviceLevel: null, averageSpeedOfAnswerMs: null, longestWaitMs: 0 };

/** One slot an interval from the day's begin to now; an interval in which nothing happened has zeros. `now`: how far the last one has come. */
export function slotsOf({ from, to, items }: Report, interval: Interval, now: number): Slot[] {
  const [begin, end] = [Date.parse(from), Math.min(Date.parse(to), now)];
  const known = new Map(items.map((line) => [Date.parse(line.start), line]));
  const slots: Slot[] = [];
  for (let startMs = begin; startMs < end; ) {
    // As the API cuts them: on the clock of UTC, so that the first of a zone's day may be a short one.
    const endMs = (Math.floor(startMs / lengthMs[interval]) + 1) * lengthMs[interval];
    const line = known.get(startMs);
    slots.push({
      ...{ startMs, endMs, contacts: line?.contacts ?? noContacts, agents: agentsOf(line?.time, Math.min(endMs, end) - startMs) },
      times: line?.time ?? null,
      forecast: line?.forecast?.offered ?? null,
    });
    startMs = endMs;
  }
  return slots;
}

function agentsOf(time: Times | undefined, ms: number): Agents | null {
  if (time === undefined || ms <= 0) return null;
  const sums = inStates(time);
  return Object.fromEntries(agentStates.map((state) => [state, Math.round((10 * sums[state]) / ms) / 10])) as Agents;
}

/** ms in each state, as a supervisor tells them apart. */
export const inStates = (time: Times): Agents => ({
  ready: time.readyMs + time.servingMs,
  ringing: time.reservedMs + time.ringingMs,
  talking: time.talkingMs + time.holdingMs + time.consultingMs,
  wrapping_up: time.wrappingUpMs,
  not_ready: time.notReadyMs,
});

/** So often the day is asked for anew. */
const LOOK_EACH_MS = 15_000;

/** `queueId` null: all of the tenant. */
const subject = (queueId: string | null, query: Record<string, string>): string => {
  const asked = new URLSearchParams({ ...query, ...(queueId === null ? {} : { queueId }) });
  return `${queueId === null ? 'tenant' : 'queue'}?${asked}`;
};

export const useDay = (token: string, queueId: string | null, interval: Interval, variant: string) =>
  useQuery({
    queryKey: ['day', token, queueId, interval, variant],
    refetchInterval: LOOK_EACH_MS,
    placeholderData: (before: Report | undefined) => before,
    queryFn: () => get<Report>(token, `/api/v1/reports/${subject(queueId, { interval, serviceLevel: variant })}`),
  });

export const useTotals = (token: string, queueId: string | null, variant: string) =>
  useQuery({
    queryKey: ['day so far', token, queueId, variant],
    refetchInterval: LOOK_EACH_MS,
    placeholderData: (before: Report | undefined) => before,
    queryFn: () => get<Report>(token, `/api/v1/figures/${subject(queueId, { serviceLevel: variant })}`),
  });

/** The ways to work out a service level, with their names and formulas. */
export const useVariants = (token: string) =>
  useQuery({
    queryKey: ['definitions', token],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => get<{ serviceLevels: Record<string, Definition> }>(token, '/api/v1/reports/definitions'),
  });

export const USUAL_VARIANT = 'answered_and_abandoned';

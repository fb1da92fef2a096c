/** When a report is due, and of which days it tells: by the calendar and the clocks of its zone. Pure. */
import { dayStart, offsetAt, type ReportInterval } from '../ledger/calendar.ts';
import type { ServiceLevelVariant } from '../ledger/definitions.ts';
import type { ReportSubject } from '../ledger/report.ts';

export const periods = ['day', 'week', 'month'] as const;
/** The whole one before: yesterday, the week before (Monday to Sunday), the month before. */
export type Period = (typeof periods)[number];
export const reportFormats = ['csv', 'xlsx'] as const;
export type ReportFormat = (typeof reportFormats)[number];

/** What is sent, when, and to whom. */
export interface ReportWish {
  name: string;
  by: ReportSubject;
  interval: ReportInterval;
  channel: string;
  serviceLevel: ServiceLevelVariant;
  period: Period;
  /** `HH:MM` by the clocks of the zone: each day, on Mondays, on the first of the month. */
  at: string;
  timeZone: string;
  format: ReportFormat;
  language: 'zh' | 'en';
  recipients: string[];
  enabled: boolean;
}

export interface Span {
  /** ms since 1970 */
  from: number;
  to: number;
}

type Timing = Pick<ReportWish, 'period' | 'at' | 'timeZone'>;

const MINUTE_MS = 60_000;
const MONDAY = 1;
/** A month has no more days, and the day after one of them is the first of the next. */
const MOST_DAYS = 33;

/** The first time after `after`, in ms since 1970. */
export function nextDue(timing: Timing, after: number): number {
  let day = dayStart(timing.timeZone, after);
  for (let tried = 0; tried < MOST_DAYS; tried += 1) {
    const due = timeOn(timing, day);
    if (beginsPeriod(timing, day) && due > after) return due;
    day = dayAfter(timing.timeZone, day);
  }
  throw new Error(`no ${timing.period} begins within ${MOST_DAYS} days in ${timing.timeZone}`);
}

/** What a report tells of that is due then. */
export function spanOf({ period, timeZone }: Omit<Timing, 'at'>, dueAt: number): Span {
  const to = periodStart(period, timeZone, dueAt);
  return { from: periodStart(period, timeZone, to - 1), to };
}

function periodStart(period: Period, timeZone: string, at: number): number {
  let day = dayStart(timeZone, at);
  while (!beginsPeriod({ period, timeZone }, day)) day = dayStart(timeZone, day - 1);
  return day;
}

function beginsPeriod({ period, timeZone }: Omit<Timing, 'at'>, day: number): boolean {
  const date = localDate(timeZone, day);
  return period === 'day' || (period === 'week' ? date.getUTCDay() === MONDAY : date.getUTCDate() === 1);
}

/** Where the clocks skip that time, when they have been put on. */
function timeOn({ at, timeZone }: Timing, day: number): number {
  const [hours = 0, minutes = 0] = at.split(':').map(Number);
  const guess = day + (hours * 60 + minutes) * MINUTE_MS;
  const due = guess + offsetAt(timeZone, day) - offsetAt(timeZone, guess);
  return offsetAt(timeZone, due) === offsetAt(timeZone, guess) ? due : Math.max(due, guess);
}

/** Of 23 to 25 hours, whichever it has. */
const dayAfter = (timeZone: string, day: number): number => dayStart(timeZone, day + 26 * 60 * MINUTE_MS);

/** Half an hour into it: a day that begins when the clocks are put on is that day all the same. */
const localDate = (timeZone: string, day: number): Date => new Date(day + 30 * MINUTE_MS + offsetAt(timeZone, day + 30 * MINUTE_MS));

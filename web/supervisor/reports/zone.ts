/** Days on the calendar of a zone, by their names (`2026-11-28`), and the intervals in which reports count. Pure. */
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export const reportIntervals = ['5min', '15min', '30min', 'hour', 'day', 'month', 'total'] as const;
export type ReportInterval = (typeof reportIntervals)[number];

const lengthMs: Partial<Record<ReportInterval, number>> = { '5min': 5 * MINUTE_MS, '15min': 15 * MINUTE_MS, '30min': 30 * MINUTE_MS, hour: 60 * MINUTE_MS };

/** How far the zone's clocks are ahead of UTC, in ms. */
function offsetAt(zone: string, at: number): number {
  const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const;
  const of: Record<string, number> = {};
  for (const { type, value } of new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...numeric }).formatToParts(at)) of[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = of;
  return Date.UTC(year, month - 1, day, hour, minute, second) - (at - (at % 1000));
}

/** When the zone's clocks show this local time; where they skip it, when they do. */
function instantOf(zone: string, local: number): number {
  const guess = local - offsetAt(zone, local);
  const at = local - offsetAt(zone, guess);
  return at + offsetAt(zone, at) === local ? at : Math.max(at, guess);
}

const nameOf = (local: number): string => new Date(local).toISOString().slice(0, 10);
const localOf = (day: string): number => Date.parse(`${day}T00:00:00Z`);

export const isDay = (day: string): boolean => /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(localOf(day)) && nameOf(localOf(day)) === day;
/** The day that it is there. */
export const dayAt = (zone: string, at: number): string => nameOf(at + offsetAt(zone, at));
export const dayAfter = (day: string, days = 1): string => nameOf(localOf(day) + days * DAY_MS);
/** Whole days from the one to the other; negative: the other is before it. */
export const daysFrom = (from: string, to: string): number => Math.round((localOf(to) - localOf(from)) / DAY_MS);
/** When it begins. */
export const startOfDay = (zone: string, day: string): number => instantOf(zone, localOf(day));
/** Of its week. */
export const mondayOf = (day: string): string => dayAfter(day, -((new Date(localOf(day)).getUTCDay() + 6) % 7));
/** The first of its month, or of the one so many behind it. */
export function firstOf(day: string, months = 0): string {
  const at = new Date(localOf(day));
  return nameOf(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + months, 1));
}

/** Begins of the intervals in [from, to), as the API cuts them. null: they are more than `most`. */
export function startsOf(interval: ReportInterval, zone: string, from: number, to: number, most: number): number[] | null {
  const starts: number[] = [];
  for (let at = from; at < to; at = nextOf(interval, zone, at)) {
    if (starts.length >= most) return null;
    starts.push(at);
  }
  return starts;
}

function nextOf(interval: ReportInterval, zone: string, at: number): number {
  if (interval === 'total') return Number.POSITIVE_INFINITY;
  const length = lengthMs[interval];
  if (length !== undefined) return (Math.floor(at / length) + 1) * length;
  const day = dayAt(zone, at);
  return startOfDay(zone, interval === 'month' ? firstOf(day, 1) : dayAfter(day));
}

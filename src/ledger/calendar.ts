/** Intervals as reports have them. Minutes lie on UTC's; days and months are those of the zone's calendar, with 23 and 25 hours where its clocks are put. */
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export const reportIntervals = ['5min', '15min', '30min', 'hour', 'day', 'month', 'total'] as const;
export type ReportInterval = (typeof reportIntervals)[number];

const lengths: Partial<Record<ReportInterval, number>> = { '5min': 5 * MINUTE_MS, '15min': 15 * MINUTE_MS, '30min': 30 * MINUTE_MS, hour: 60 * MINUTE_MS };

/** Begins of the intervals that lie in [from, to), and `to`; the first one begins at `from`. null: they are more than `most`. */
export function boundsOf(interval: ReportInterval, zone: string, from: number, to: number, most: number): number[] | null {
  const bounds = [from];
  for (let at = nextOf(interval, zone, from); at < to; at = nextOf(interval, zone, at)) {
    if (bounds.length >= most) return null;
    bounds.push(at);
  }
  return [...bounds, to];
}

/** The interval in which `at` lies; -1 = in none. */
export function binOf(bounds: readonly number[], at: number): number {
  if (at < (bounds[0] ?? 0) || at >= (bounds.at(-1) ?? 0)) return -1;
  let low = 0;
  for (let high = bounds.length - 1; high - low > 1; ) {
    const middle = (low + high) >> 1;
    if ((bounds[middle] ?? 0) <= at) low = middle;
    else high = middle;
  }
  return low;
}

function nextOf(interval: ReportInterval, zone: string, at: number): number {
  if (interval === 'total') return Number.POSITIVE_INFINITY;
  const length = lengths[interval];
  if (length !== undefined) return at - (at % length) + length;
  const local = new Date(at + offsetAt(zone, at));
  const [year, month, day] = [local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()];
  return interval === 'month' ? instantOf(zone, Date.UTC(year, month + 1, 1)) : instantOf(zone, Date.UTC(year, month, day + 1));
}

/** When the day began in which `at` lies. */
export function dayStart(zone: string, at: number): number {
  const local = at + offsetAt(zone, at);
  return instantOf(zone, local - (((local % DAY_MS) + DAY_MS) % DAY_MS));
}

/** When the zone's clocks show this local time; where they skip it, when they do. */
function instantOf(zone: string, local: number): number {
  const guess = local - offsetAt(zone, local);
  const at = local - offsetAt(zone, guess);
  return at + offsetAt(zone, at) === local ? at : Math.max(at, guess);
}

const formats = new Map<string, Intl.DateTimeFormat>();
const MOST_FORMATS = 100;

/** How far the zone's clocks are ahead of UTC, in ms. */
export function offsetAt(zone: string, at: number): number {
  let format = formats.get(zone);
  if (format === undefined) {
    const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const;
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...numeric });
    if (formats.size >= MOST_FORMATS) formats.clear();
    formats.set(zone, format);
  }
  const of: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(at)) of[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = of;
  return Date.UTC(year, month - 1, day, hour, minute, second) - (at - (at % 1000));
}

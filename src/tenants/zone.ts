/** What a time zone's clocks do, told to the routing core as plain numbers: it knows no zones. */
import type { Offset } from '../acd/calendar/calendar.ts';

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
const MINUTE_MS = 60_000;
const YEARS_BACK = 1;
const YEARS_AHEAD = 10;
/** A server asks for few zones; a tenant's admin could name every one there is. */
const MOST_KNOWN = 100;

const known = new Map<string, Offset[]>();

export function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}

/** The zone's offsets from the year before `now` for some years: the same all year, so that nothing is told anew without need. */
export function offsetsOf(timeZone: string, now: number): Offset[] {
  const year = new Date(now).getUTCFullYear();
  const key = `${timeZone} ${year}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  if (known.size >= MOST_KNOWN) known.clear();
  const offsets = look(timeZone, Date.UTC(year - YEARS_BACK, 0), Date.UTC(year + YEARS_AHEAD, 0));
  known.set(key, offsets);
  return offsets;
}

/** Week by week, and where a week's ends differ, to the minute between. No zone changes twice within a week and back. */
function look(timeZone: string, start: number, end: number): Offset[] {
  const minutesAt = clockOf(timeZone);
  let last = minutesAt(start);
  const offsets = [{ from: start, minutes: last }];
  for (let at = start + WEEK_MS; at <= end; at += WEEK_MS) {
    const minutes = minutesAt(at);
    if (minutes === last) continue;
    let [low, high] = [at - WEEK_MS, at];
    while (high - low > MINUTE_MS) {
      const middle = low + Math.floor((high - low) / 2 / MINUTE_MS) * MINUTE_MS;
      if (minutesAt(middle) === last) low = middle;
      else high = middle;
    }
    offsets.push({ from: high, minutes });
    last = minutes;
  }
  return offsets;
}

/** How far a zone's local time is ahead of UTC at a moment, in minutes. */
function clockOf(timeZone: string): (at: number) => number {
  const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' } as const;
  const format = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', ...numeric });
  return (at) => {
    const part = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const of = (name: Intl.DateTimeFormatPartTypes): number => part.get(name) ?? 0;
    const local = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'));
    return Math.round((local - at) / MINUTE_MS);
  };
}

/** From when to when a report is asked for. Pure. */
import { dayAfter, dayAt, daysFrom, firstOf, isDay, mondayOf, startOfDay } from './zone.ts';

export const spans = ['today', 'yesterday', 'thisWeek', 'lastWeek', 'thisMonth', 'lastMonth', 'range'] as const;
export type SpanName = (typeof spans)[number];

/** Days, both of them in it. */
export interface Range {
  from: string;
  to: string;
}

/** RFC 3339; without an end: until now. */
export interface Span {
  from: string;
  to?: string;
}

/** null: the range is not one yet. A week begins on Monday. */
export function spanOf(name: SpanName, zone: string, now: number, range: Range): Span | null {
  const today = dayAt(zone, now);
  const of = (from: string, behind?: string): Span => ({
    from: new Date(startOfDay(zone, from)).toISOString(),
    ...(behind === undefined ? {} : { to: new Date(startOfDay(zone, behind)).toISOString() }),
  });
  switch (name) {
    case 'today':
      return of(today);
    case 'yesterday':
      return of(dayAfter(today, -1), today);
    case 'thisWeek':
      return of(mondayOf(today));
    case 'lastWeek':
      return of(dayAfter(mondayOf(today), -7), mondayOf(today));
    case 'thisMonth':
      return of(firstOf(today));
    case 'lastMonth':
      return of(firstOf(today, -1), firstOf(today));
    case 'range':
      return rangeFault(range) === null ? of(range.from, dayAfter(range.to)) : null;
  }
}

/** What is wrong with it; null: nothing. */
export function rangeFault({ from, to }: Range, mostDays = Number.POSITIVE_INFINITY): 'missing' | 'backwards' | 'long' | null {
  if (!isDay(from) || !isDay(to)) return 'missing';
  if (daysFrom(from, to) < 0) return 'backwards';
  return daysFrom(from, to) + 1 > mostDays ? 'long' : null;
}

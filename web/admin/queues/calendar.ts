/** Calendars: a year of them, day by day. Pure. Days are `YYYY-MM-DD` and have no time zone. */
export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

export interface Span {
  from: string;
  to: string;
}
export interface SpecialDay {
  date: string;
  name: string;
  hours: Span[] | Weekday;
}
export interface Calendar {
  calendarId: string;
  name: { zh: string; en: string };
  timeZone: string;
  week: Partial<Record<Weekday, Span[]>>;
  days: SpecialDay[];
  open: boolean;
  until: string;
}

export type DayKind = 'open' | 'closed' | 'holiday' | 'make_up' | 'special';
export interface Day {
  date: string;
  day: number;
  weekday: Weekday;
  kind: DayKind;
  spans: Span[];
  /** Of a special day. */
  name: string;
}

const DAY_MS = 86_400_000;
const two = (n: number): string => String(n).padStart(2, '0');

/** The weekday of a date, reckoned in UTC, where every day has 24 hours. */
const weekdayOf = (year: number, month: number, day: number): Weekday => weekdays[(new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7] ?? 'mon';
const daysIn = (year: number, month: number): number => Math.round((Date.UTC(year, month, 1) - Date.UTC(year, month - 1, 1)) / DAY_MS);

/** Twelve months of a year; `blank` = days of the week before its first. */
export function yearOf({ week, days }: Pick<Calendar, 'week' | 'days'>, year: number): { month: number; blank: number; days: Day[] }[] {
  const special = new Map(days.map((day) => [day.date, day]));
  return Array.from({ length: 12 }, (_, at) => {
    const month = at + 1;
    const all = Array.from({ length: daysIn(year, month) }, (_day, n) => dayOf(year, month, n + 1, week, special));
    return { month, blank: weekdays.indexOf(weekdayOf(year, month, 1)), days: all };
  });
}

function dayOf(year: number, month: number, day: number, week: Calendar['week'], special: ReadonlyMap<string, SpecialDay>): Day {
  const date = `${year}-${two(month)}-${two(day)}`;
  const weekday = weekdayOf(year, month, day);
  const usual = week[weekday] ?? [];
  const own = special.get(date);
  if (own === undefined) return { date, day, weekday, kind: usual.length > 0 ? 'open' : 'closed', spans: usual, name: '' };
  if (typeof own.hours === 'string') return { date, day, weekday, kind: 'make_up', spans: week[own.hours] ?? [], name: own.name };
  return { date, day, weekday, kind: own.hours.length === 0 ? 'holiday' : 'special', spans: own.hours, name: own.name };
}

export const spansText = (spans: readonly Span[]): string => spans.map(({ from, to }) => `${from}–${to}`).join(', ');

/** `09:00-12:00, 13:30-18:00`; null = it cannot be read. Empty = closed. */
export function readSpans(text: string): Span[] | null {
  const parts = text.split(/[,;,;、]/).flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
  const spans = parts.map((part) => {
    const [, from = '', to = ''] = /^(\d{1,2}[::]\d{2})\s*[-–—~至]\s*(\d{1,2}[::]\d{2})$/.exec(part) ?? [];
    return from === '' ? null : { from: clock(from), to: clock(to) };
  });
  const isGood = (span: Span | null): span is Span =>
    span !== null && /^([01]\d|2[0-3]):[0-5]\d$/.test(span.from) && /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/.test(span.to);
  return spans.every(isGood) ? spans : null;
}

const clock = (text: string): string => text.replace(':', ':').padStart(5, '0');

/** The calendar's days with one in place of what that date was; null = the date is as its weekday again. */
export function withDay(days: readonly SpecialDay[], date: string, day: SpecialDay | null): SpecialDay[] {
  const others = days.filter((each) => each.date !== date);
  return [...others, ...(day === null ? [] : [day])].sort((a, b) => (a.date < b.date ? -1 : 1));
}

/** Which of two lists of days differ, for a preview. */
export function dayChanges(before: readonly SpecialDay[], after: readonly SpecialDay[]): { day: SpecialDay; what: 'new' | 'changed' }[] {
  const known = new Map(before.map((day) => [day.date, JSON.stringify([day.name, day.hours])]));
  return after.flatMap((day) => {
    const was = known.get(day.date);
    if (was === JSON.stringify([day.name, day.hours])) return [];
    return [{ day, what: was === undefined ? ('new' as const) : ('changed' as const) }];
  });
}

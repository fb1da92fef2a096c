/**
 * Special days as they are published and passed on: JSON, CSV, or an iCalendar file (RFC 5545). Bad input is told with its line.
 * A make-up day (调休) without hours of its own is worked as a Monday.
 */
import { type Span, type SpecialDay, WEEKDAYS, type Weekday } from '../acd/calendar/calendar.ts';
import { MOST_DAYS, specialDaySchema } from './calendar.ts';

export type HolidayFormat = 'json' | 'csv' | 'ical';
export interface HolidayFault {
  /** From 1; of JSON, the element's number. */
  line: number;
  message: string;
}
export type Holidays = { days: SpecialDay[]; faults: HolidayFault[] };

const MAKE_UP: Weekday = 'mon';
const MOST_FAULTS = 20;
const DAY_MS = 86_400_000;
/** A holiday that lasts longer is a mistake in the file. */
const LONGEST_HOLIDAY_DAYS = 62;

export function readHolidays(format: HolidayFormat, text: string): Holidays {
  const read = readers[format](text);
  const byDate = new Map<string, SpecialDay>();
  for (const day of read.days) byDate.set(day.date, day);
  const days = [...byDate.values()].sort((a, b) => (a.date < b.date ? -1 : 1));
  if (days.length > MOST_DAYS) read.faults.push({ line: 1, message: `these are ${days.length} days: give at most ${MOST_DAYS}` });
  if (days.length === 0 && read.faults.length === 0) read.faults.push({ line: 1, message: 'there is no day in it' });
  return { days, faults: read.faults.slice(0, MOST_FAULTS) };
}

/** The days of `more` stand in the place of those of the same date. */
export function mergeDays(before: readonly SpecialDay[], more: readonly SpecialDay[]): SpecialDay[] {
  const byDate = new Map([...before, ...more].map((day) => [day.date, day]));
  return [...byDate.values()].sort((a, b) => (a.date < b.date ? -1 : 1));
}

const readers: Record<HolidayFormat, (text: string) => Holidays> = { json: readJson, csv: readCsv, ical: readIcal };

function gather(rows: { line: number; given: unknown }[]): Holidays {
  const days: SpecialDay[] = [];
  const faults: HolidayFault[] = [];
  for (const { line, given } of rows) {
    const checked = specialDaySchema.safeParse(given);
    if (checked.success) days.push(checked.data);
    else faults.push({ line, message: checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ') });
  }
  return { days, faults };
}

/** An array of special days as the API has them, or an object with that array as `days`. */
function readJson(text: string): Holidays {
  try {
    const parsed: unknown = JSON.parse(text);
    const list = Array.isArray(parsed) ? parsed : typeof parsed === 'object' && parsed !== null && 'days' in parsed ? parsed.days : null;
    if (!Array.isArray(list)) return { days: [], faults: [{ line: 1, message: 'give an array of days, or an object with it as "days"' }] };
    return gather(list.map((given, at) => ({ line: at + 1, given })));
  } catch (error) {
    return { days: [], faults: [{ line: 1, message: `this is no JSON: ${(error as Error).message}` }] };
  }
}

/**
 * `date,name,hours`, with or without that heading, `#` for a remark. hours: `closed`, `work` (a make-up day), a weekday (`fri`), or
 * spans, `09:00-12:00 13:00-18:00`.
 */
function readCsv(text: string): Holidays {
  const rows = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line, at) => ({ line: at + 1, cells: line.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1')) }))
    .filter(({ cells }) => cells.some((cell) => cell !== '') && !cells[0]?.startsWith('#') && cells[0]?.toLowerCase() !== 'date');
  return gather(rows.map(({ line, cells: [date, name, hours] }) => ({ line, given: { date, name, hours: hoursOf(hours ?? '') } })));
}

function hoursOf(text: string): Span[] | Weekday | string {
  const word = text.toLowerCase();
  if (word === 'closed') return [];
  if (word === 'work') return MAKE_UP;
  if (WEEKDAYS.some((day) => day === word)) return word;
  return text.split(/\s+/).map((span) => {
    const [from = '', to = ''] = span.split('-');
    return { from, to };
  });
}

/** All-day events; who comes to work on a day off is named so in the summary (班) or by Apple's property. */
function readIcal(text: string): Holidays {
  // A line that is too long goes on behind a line end and a blank (RFC 5545 §3.1).
  const lines = text.replace(/\r?\n[ \t]/g, '').split(/\r?\n/);
  const rows: { line: number; given: unknown }[] = [];
  const faults: HolidayFault[] = [];
  let event: Map<string, string> | null = null;
  let begun = 0;
  for (const [at, line] of lines.entries()) {
    if (line === 'BEGIN:VEVENT') {
      event = new Map();
      begun = at + 1;
    } else if (line === 'END:VEVENT' && event !== null) {
      const { given, fault } = daysOfEvent(event);
      if (fault !== null) faults.push({ line: begun, message: fault });
      rows.push(...given.map((day) => ({ line: begun, given: day })));
      event = null;
    } else if (event !== null && !event.has(nameOf(line))) event.set(nameOf(line), line.slice(line.indexOf(':') + 1));
  }
  if (!lines.some((line) => line === 'BEGIN:VCALENDAR')) faults.push({ line: 1, message: 'this is no iCalendar file: BEGIN:VCALENDAR is missing' });
  const read = gather(rows);
  return { days: read.days, faults: [...faults, ...read.faults] };
}

const nameOf = (line: string): string => /^[A-Za-z0-9-]+/.exec(line)?.[0].toUpperCase() ?? '';

const SUMMARY_OF_WORK = /[((]班[))]|补班|上班|work(ing)? ?day/i;
const AFTER_NAME = /\s*[((][休班][))]\s*$/;

function daysOfEvent(event: ReadonlyMap<string, string>): { given: SpecialDay[]; fault: string | null } {
  const first = dayOf(event.get('DTSTART') ?? '');
  // The end is not part of the event (RFC 5545 §3.6.1); without one it is a day.
  const end = dayOf(event.get('DTEND') ?? '') ?? (first === null ? null : first + 1);
  if (first === null || end === null) return { given: [], fault: 'an event without a whole day as its DTSTART: give it as DTSTART;VALUE=DATE:20261001' };
  if (end <= first || end - first > LONGEST_HOLIDAY_DAYS) return { given: [], fault: `it lasts ${end - first} days: 1 to ${LONGEST_HOLIDAY_DAYS} can be` };
  const summary = (event.get('SUMMARY') ?? '').replace(/\\([,;\\])/g, '$1').trim();
  const work = event.get('X-APPLE-SPECIAL-DAY') === 'ALTERNATE-WORKDAY' || SUMMARY_OF_WORK.test(summary);
  const name = summary.replace(AFTER_NAME, '') || 'holiday';
  const dates = Array.from({ length: end - first }, (_, at) => new Date((first + at) * DAY_MS).toISOString().slice(0, 10));
  return { given: dates.map((date) => ({ date, name, hours: work ? MAKE_UP : [] })), fault: null };
}

/** Days since 1970. */
function dayOf(text: string): number | null {
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})$/.exec(text.trim()) ?? [];
  return year === undefined ? null : Date.UTC(Number(year), Number(month) - 1, Number(day)) / DAY_MS;
}

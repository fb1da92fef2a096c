/** Calendars as tenant file and API take them and the store keeps them. */
import { z } from 'zod';
import { type CalendarConfiguration, WEEKDAYS } from '../acd/calendar/calendar.ts';
import { isTimeZone } from './zone.ts';

export const CHINA = 'Asia/Shanghai';
const MOST_SPANS = 10;
/** Ten years of holidays, and more. */
export const MOST_DAYS = 2_000;

const begins = z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, 'give a time as HH:MM, from 00:00 to 23:59');
const ends = z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$/, 'give a time as HH:MM, from 00:00 to 24:00');
const spans = z
  .array(z.strictObject({ from: begins, to: ends }))
  .max(MOST_SPANS)
  .describe('From … to (not included); what does not end after it began ends on the next day');
const weekday = z.enum(WEEKDAYS);
const date = z.iso.date();

export const specialDaySchema = z.strictObject({
  date,
  name: z.string().trim().min(1).max(100),
  hours: z.union([spans, weekday]).describe('[] = closed; spans of its own; or a weekday, for a day that is worked as that one (调休)'),
});

/** What can be said of a calendar, beside its id. */
export const calendarRules = {
  name: z.strictObject({ zh: z.string().min(1).max(100), en: z.string().min(1).max(100) }),
  timeZone: z.string().max(64).refine(isTimeZone, 'give a time zone by its IANA name, for example Asia/Shanghai'),
  week: z.strictObject(Object.fromEntries(WEEKDAYS.map((day) => [day, spans.optional()])) as Record<(typeof WEEKDAYS)[number], z.ZodOptional<typeof spans>>),
  days: z
    .array(specialDaySchema)
    .max(MOST_DAYS)
    .refine((days) => new Set(days.map((day) => day.date)).size === days.length, 'a date is there twice: give each once'),
};

/** As the store has it: offsets are worked out when it is read. */
export type StoredCalendar = Omit<CalendarConfiguration, 'offsets'>;

/** Throws on one that is not as it was written. */
export const readCalendarRules = (stored: unknown): Pick<StoredCalendar, 'name' | 'timeZone' | 'week' | 'days'> => z.object(calendarRules).parse(stored);

/** Whether a queue takes calls: as its calendar has it, unless somebody has switched it. SPEC.md, "Calendars". */
import { type CalendarId, calendarIdOf } from '../../../kernel/ids.ts';
import type { Floor, FloorCalendar, Queue } from '../floor.ts';
import { Calendar, type CalendarConfiguration, type Hours, type QueueState } from './calendar.ts';

export interface Opening {
  state: QueueState;
  /** ms since 1970; null = as long as nobody changes it */
  until: number | null;
  why: 'calendar' | 'switched';
}

export const newCalendar = (configuration: CalendarConfiguration, hours: FloorCalendar['hours'] = null): FloorCalendar => ({
  configuration,
  calendar: new Calendar(configuration),
  hours,
  deadline: null,
});

/** How the queue stands at this moment, to the millisecond, also where the wake for it comes late. */
export function openingOf(floor: Floor, queue: Queue, now: number): Opening {
  const { switched } = queue;
  if (switched !== null && (switched.until === null || switched.until > now)) return { ...switched, why: 'switched' };
  const calendar = calendarOf(floor, queue);
  if (calendar === undefined) return { state: 'open', until: null, why: 'calendar' };
  const { open, until } = hoursOf(calendar, now);
  return { state: open ? 'open' : 'closed', until, why: 'calendar' };
}

/** As was worked out last. */
export const stateUntil = (floor: Floor, queue: Queue): number | null =>
  queue.switched === null ? (calendarOf(floor, queue)?.hours?.until ?? null) : queue.switched.until;

/** Who waits there is sent away, as far as no phone rings for it. */
export const sendsAway = (floor: Floor, queue: Queue, now: number): boolean =>
  queue.configuration.door?.whenClosed === 'leave' && openingOf(floor, queue, now).state === 'closed';

const calendarOf = (floor: Floor, queue: Queue): FloorCalendar | undefined => {
  const calendarId = calendarIdFor(queue);
  return calendarId === null ? undefined : floor.calendars.get(calendarId);
};

export function calendarIdFor({ configuration: { tenantId, door } }: Queue): CalendarId | null {
  return door?.calendar === undefined ? null : calendarIdOf(tenantId, door.calendar);
}

/** Worked out once for as long as it holds; a clock that was put back has it worked out again. */
export function hoursOf(calendar: FloorCalendar, now: number): Hours {
  const { hours } = calendar;
  if (hours !== null && hours.at <= now && now < hours.until) return hours;
  const found = { ...calendar.calendar.hoursAt(now), at: now };
  calendar.hours = found;
  return found;
}

/** Queues follow their calendars, and whoever switches them. */
import type { CalendarId, QueueId } from '../../../kernel/ids.ts';
import { sweep } from '../callback/places.ts';
import { type Floor, type FloorCalendar, type Moment, type Queue, setDeadline } from '../floor.ts';
import { hurry } from '../overflow/watch.ts';
import { empty } from '../waiting.ts';
import type { CalendarConfiguration, Switch } from './calendar.ts';
import { calendarIdFor, hoursOf, newCalendar, openingOf } from './openings.ts';

export function configureCalendar(m: Moment, configuration: CalendarConfiguration): void {
  const { calendars } = m.floor;
  const before = calendars.get(configuration.calendarId);
  if (before !== undefined) setDeadline(m.floor, before, null);
  calendars.set(configuration.calendarId, newCalendar(configuration));
  turnPage(m, configuration.calendarId);
}

export function removeCalendar(m: Moment, calendarId: CalendarId): void {
  const calendar = m.floor.calendars.get(calendarId);
  if (calendar === undefined) return;
  setDeadline(m.floor, calendar, null);
  m.floor.calendars.delete(calendarId);
  followAll(m, calendarId);
}

export function switchQueue(m: Moment, queue: Queue, switched: Switch | null): void {
  queue.switched = switched;
  watchSwitch(m.floor, queue);
  follow(m, queue);
}

/** The end of a switch is waited for. */
export function watchSwitch(floor: Floor, queue: Queue): void {
  const { queueId } = queue.configuration;
  const at = queue.switched?.until ?? null;
  setDeadline(floor, queue, at === null ? null : { at, key: `queue ${queueId}`, owner: { due: (m) => switchOver(m, queueId) } });
}

/** So is what the calendar says next. */
export function watchCalendar(floor: Floor, calendar: FloorCalendar): void {
  const { calendarId } = calendar.configuration;
  const { hours } = calendar;
  setDeadline(floor, calendar, hours === null ? null : { at: hours.until, key: `calendar ${calendarId}`, owner: { due: (m) => turnPage(m, calendarId) } });
}

/** The queue's state is told when it has changed, and who waits goes by it. */
export function follow(m: Moment, queue: Queue): void {
  if (queue.removed) return;
  const { state, until, why } = openingOf(m.floor, queue, m.now);
  const { queueId, door } = queue.configuration;
  if (state !== queue.state) m.events.push({ type: 'queueStateChanged', queueId, state, until, why });
  const changed = state !== queue.state;
  queue.state = state;
  if (state === 'emergency') empty(m.floor, queue, 'emergency');
  else if (state === 'closed' && door?.whenClosed === 'leave') empty(m.floor, queue, 'closed', ({ call }) => call.ringing.size === 0);
  if (changed) sweep(m, queueId);
  if (changed) hurry(m.floor, queue, m.now);
}

function turnPage(m: Moment, calendarId: CalendarId): void {
  const calendar = m.floor.calendars.get(calendarId);
  if (calendar === undefined) return;
  hoursOf(calendar, m.now);
  watchCalendar(m.floor, calendar);
  followAll(m, calendarId);
}

function switchOver(m: Moment, queueId: QueueId): void {
  const queue = m.floor.queues.get(queueId);
  if (queue !== undefined) switchQueue(m, queue, null);
}

function followAll(m: Moment, calendarId: CalendarId): void {
  for (const queue of m.floor.queues.values()) if (calendarIdFor(queue) === calendarId) follow(m, queue);
}

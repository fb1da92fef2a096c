/** What the observer knows of calendars and switches, and so of how each queue stands. */
import { type CalendarId, calendarIdOf, type QueueId } from '../../../kernel/ids.ts';
import type { Event } from '../../vocabulary.ts';
import { Calendar, type QueueState, type Switch } from '../calendar/calendar.ts';
import type { QueueConfiguration } from '../event.ts';

export class SeenDoors {
  readonly #calendars = new Map<CalendarId, Calendar>();
  readonly #switches = new Map<QueueId, Switch>();

  hear(event: Event): void {
    if (event.type === 'calendarConfigured') this.#calendars.set(event.calendar.calendarId, new Calendar(event.calendar));
    else if (event.type === 'calendarRemoved') this.#calendars.delete(event.calendarId);
    else if (event.type === 'queueRemoved') this.#switches.delete(event.queueId);
  }

  /** Only a queue that is there can be switched. */
  switched({ queueId, state, until }: Extract<Event, { type: 'queueSwitched' }>): void {
    if (state === 'calendar') this.#switches.delete(queueId);
    else this.#switches.set(queueId, { state, until });
  }

  stateOf({ queueId, tenantId, door }: QueueConfiguration, now: number): QueueState {
    const switched = this.#switches.get(queueId);
    if (switched !== undefined && (switched.until === null || switched.until > now)) return switched.state;
    const calendar = door?.calendar === undefined ? undefined : this.#calendars.get(calendarIdOf(tenantId, door.calendar));
    return calendar === undefined || calendar.hoursAt(now).open ? 'open' : 'closed';
  }

  /** Why somebody who waits there has to go; null = she may stay. */
  sendsAway(queue: QueueConfiguration, now: number): 'closed' | 'emergency' | null {
    const state = this.stateOf(queue, now);
    if (state === 'emergency') return 'emergency';
    return state === 'closed' && queue.door?.whenClosed === 'leave' ? 'closed' : null;
  }

  /** When calendars and switches change next. */
  boundaries(now: number): number[] {
    const untils = [...this.#switches.values()].flatMap(({ until }) => (until === null || until <= now ? [] : [until]));
    return [...untils, ...[...this.#calendars.values()].map((calendar) => calendar.hoursAt(now).until)];
  }
}

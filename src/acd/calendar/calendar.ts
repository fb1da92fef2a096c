/**
 * Business hours: when a calendar is open, and until when that holds. Pure: the offsets of its time zone come with its configuration,
 * so that the same journal opens and closes at the same moments wherever it is replayed.
 */
import type { CalendarId, TenantId } from '../../../kernel/ids.ts';
import type { Notice } from '../../call/notice.ts';

export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** HH:MM, `to` not included, at most 24:00; `to` not after `from` = on the next day. */
export interface Span {
  from: string;
  to: string;
}

/** A day that is not as its weekday: closed (no spans), of its own hours, or a make-up day (调休) with the hours of a weekday. */
export interface SpecialDay {
  /** YYYY-MM-DD */
  date: string;
  name: string;
  hours: Span[] | Weekday;
}

/** From this moment (ms since 1970) local time is so many minutes ahead of UTC. */
export interface Offset {
  from: number;
  minutes: number;
}

export interface CalendarConfiguration {
  calendarId: CalendarId;
  tenantId: TenantId;
  name: Record<'zh' | 'en', string>;
  /** IANA name, for people; what is reckoned with is `offsets`. */
  timeZone: string;
  /** In order of time; the first holds for all time before it too. */
  offsets: Offset[];
  /** A weekday that is absent is closed. */
  week: { [day in Weekday]?: Span[] | undefined };
  days: SpecialDay[];
}

/** What a queue says to who comes: *emergency* is closed for a reason that callers are told. */
export type QueueState = 'open' | 'closed' | 'emergency';

/** An admin or a supervisor has set the state, whatever the calendar says. */
export interface Switch {
  state: QueueState;
  /** ms since 1970; null = until it is taken back */
  until: number | null;
  /** Absent: callers hear what their dialplan says. */
  notice?: Notice;
}

export interface Hours {
  open: boolean;
  /** ms since 1970: when it closes or opens, or when it has to be looked at again. */
  until: number;
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
/** Nothing changes for so long: then it is looked at again. */
const LOOK_AHEAD_DAYS = 40;

export class Calendar {
  readonly #offsets: readonly Offset[];
  readonly #week: readonly (readonly Span[])[];
  readonly #days: ReadonlyMap<string, SpecialDay['hours']>;

  constructor({ offsets, week, days }: Pick<CalendarConfiguration, 'offsets' | 'week' | 'days'>) {
    this.#offsets = offsets.length === 0 ? [{ from: 0, minutes: 0 }] : offsets;
    this.#week = WEEKDAYS.map((day) => week[day] ?? []);
    this.#days = new Map(days.map(({ date, hours }) => [date, hours]));
  }

  /** What holds now, and until when. */
  hoursAt(now: number): Hours {
    const today = Math.floor((now / MINUTE_MS + this.#offsetAt(now)) / DAY_MINUTES);
    let open: { from: number; to: number } | null = null;
    for (let day = today - 1; day <= today + LOOK_AHEAD_DAYS; day += 1) {
      for (const next of this.#openingsOf(day)) {
        if (open !== null && next.from <= open.to) open.to = Math.max(open.to, next.to);
        else if (open === null || now >= open.to) open = next;
        else return judge(open, now);
      }
    }
    if (open !== null && now < open.to) return judge(open, now);
    return { open: false, until: this.#instantOf((today + LOOK_AHEAD_DAYS) * DAY_MINUTES, 'from') };
  }

  /** In order; those that pass midnight belong to the day they begin on. */
  #openingsOf(day: number): { from: number; to: number }[] {
    const hours = this.#days.get(new Date(day * DAY_MINUTES * MINUTE_MS).toISOString().slice(0, 10));
    const spans = typeof hours === 'string' ? this.#week[WEEKDAYS.indexOf(hours)] : (hours ?? this.#week[weekdayOf(day)]);
    return (spans ?? [])
      .map((span) => {
        const from = minuteOf(span.from);
        const to = minuteOf(span.to);
        return {
          from: this.#instantOf(day * DAY_MINUTES + from, 'from'),
          to: this.#instantOf(day * DAY_MINUTES + (to > from ? to : to + DAY_MINUTES), 'to'),
        };
      })
      .filter(({ from, to }) => to > from)
      .sort((a, b) => a.from - b.from);
  }

  #offsetAt(now: number): number {
    let minutes = this.#offsets[0]?.minutes ?? 0;
    for (const offset of this.#offsets) if (offset.from <= now) minutes = offset.minutes;
    return minutes;
  }

  /**
   * The moment a local clock shows so many minutes since 1970. An hour that comes twice is open both times: it begins with the first and
   * ends with the second; one that is left out is the moment the clock is put on.
   */
  #instantOf(localMinutes: number, edge: 'from' | 'to'): number {
    let found: number | null = null;
    for (const [at, { from, minutes }] of this.#offsets.entries()) {
      const instant = (localMinutes - minutes) * MINUTE_MS;
      const since = at === 0 ? Number.NEGATIVE_INFINITY : from;
      const until = this.#offsets[at + 1]?.from ?? Number.POSITIVE_INFINITY;
      // An end is not part of its span: at the change itself it belongs to the time before.
      const [early, late] = edge === 'from' ? [instant < since, instant >= until] : [instant <= since, instant > until];
      if (late) continue;
      // Before this offset holds and after the one before it: the clock never shows it.
      if (early) return found ?? from;
      if (edge === 'from') return instant;
      found = instant;
    }
    return found ?? 0;
  }
}

const judge = ({ from, to }: { from: number; to: number }, now: number): Hours => (now < from ? { open: false, until: from } : { open: true, until: to });

/** Day 0, 1970-01-01, was a Thursday. */
const weekdayOf = (day: number): number => (((day + 4) % 7) + 7) % 7;

const minuteOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));

/**
 * Queues, and a whole floor, that call for help: an alert is raised when a bound is passed, told once, and over when the figure has been within for a
 * while, so that one caller more or less does not ring a bell each second. Pure: told the figures and the time.
 */
import { iso } from '../pop.ts';
import type { alertKinds, FloorAlert, FloorQueue } from './messages.ts';

type Bounds = NonNullable<FloorQueue['bounds']>;
type Kind = (typeof alertKinds)[number];

/** From the figure's return to the alert's end. */
export const CLEAR_MS = 10_000;
/** A share of a handful of callers says nothing. */
const LEAST_SCORED = 20;

/** ms since 1970: when it began. */
export interface NotReady {
  agentId: string;
  since: number;
}

/** What is looked at: a queue, or (`queueId` null) the floor. */
export interface Watched {
  queueId: string | null;
  bounds: Bounds;
  waiting: number;
  oldestSince: string | null;
  /** Of the day; null = not known. `levelPct` null: nobody was served yet. */
  day: { answered: number; abandoned: number; levelPct: number | null } | null;
  /** Who has been not ready longest; null = nobody is, or nobody asked. */
  notReady: NotReady | null;
}

export function watchedQueue({ queueId, bounds = {}, waiting, oldestSince, today }: FloorQueue, notReady: NotReady | null): Watched {
  const day = today === null ? null : { answered: today.answered, abandoned: today.abandoned, levelPct: today.serviceLevel.pct };
  return { queueId, bounds, waiting, oldestSince, day, notReady };
}

/** All queues together: the level is that of all who were answered or lost, by the same formula as each queue's. */
export function watchedFloor(queues: readonly FloorQueue[], bounds: Bounds, notReady: NotReady | null): Watched {
  const watched: Watched = { queueId: null, bounds, waiting: 0, oldestSince: null, day: null, notReady };
  let withinPct = 0;
  for (const { waiting, oldestSince, today } of queues) {
    watched.waiting += waiting;
    if (oldestSince !== null && (watched.oldestSince === null || oldestSince < watched.oldestSince)) watched.oldestSince = oldestSince;
    if (today === null) continue;
    watched.day ??= { answered: 0, abandoned: 0, levelPct: null };
    watched.day.answered += today.answered;
    watched.day.abandoned += today.abandoned;
    withinPct += (today.serviceLevel.pct ?? 0) * (today.answered + today.abandoned);
  }
  const scored = scoredOf(watched.day);
  if (watched.day !== null && scored > 0) watched.day.levelPct = withinPct / scored;
  return watched;
}

interface Raised {
  alert: FloorAlert;
  /** Since when it has been within; null = it is not. */
  withinSince: number | null;
}

type Judged = { bound: number; value: number; passed: boolean; agentId?: string };

export class Alerts {
  readonly #raised = new Map<string, Raised>();
  #count = 0;

  get all(): FloorAlert[] {
    return [...this.#raised.values()].map(({ alert }) => alert);
  }

  /** What changed by it: alerts raised, and ids of those that are over. */
  look(watched: Watched, now: number): { raised: FloorAlert[]; over: string[] } {
    const raised: FloorAlert[] = [];
    const over: string[] = [];
    for (const [what, judged] of judge(watched, now)) {
      const key = `${watched.queueId ?? ''} ${what}`;
      const known = this.#raised.get(key);
      if (judged?.passed === true && known === undefined) raised.push(this.#raise(key, watched.queueId, what, judged, now));
      else if (known !== undefined && this.#isOver(known, judged, now)) {
        this.#raised.delete(key);
        over.push(known.alert.alertId);
      }
    }
    return { raised, over };
  }

  /** null: it is over, or never was; acknowledged twice, the first stands. */
  acknowledge(alertId: string, by: string, now: number): FloorAlert | null {
    for (const raised of this.#raised.values()) {
      if (raised.alert.alertId !== alertId) continue;
      if (raised.alert.acknowledged === null) raised.alert = { ...raised.alert, acknowledged: { by, at: iso(now) } };
      return raised.alert;
    }
    return null;
  }

  /** The queue is gone, and its alerts with it. */
  forget(queueId: string): string[] {
    const gone = [...this.#raised].filter(([, { alert }]) => alert.queueId === queueId);
    for (const [key] of gone) this.#raised.delete(key);
    return gone.map(([, { alert }]) => alert.alertId);
  }

  #raise(key: string, queueId: string | null, what: Kind, { bound, value, agentId }: Judged, now: number): FloorAlert {
    this.#count += 1;
    const alert: FloorAlert = {
      alertId: `${queueId ?? 'floor'}:${what}:${now.toString(36)}.${this.#count}`,
      ...{ queueId, what, bound, value, since: iso(now), acknowledged: null },
      ...(agentId === undefined ? {} : { agentId }),
    };
    this.#raised.set(key, { alert, withinSince: null });
    return alert;
  }

  /** No bound any more: over at once. */
  #isOver(raised: Raised, judged: Judged | null, now: number): boolean {
    if (judged === null) return true;
    if (judged.passed) raised.withinSince = null;
    else raised.withinSince ??= now;
    return raised.withinSince !== null && now - raised.withinSince >= CLEAR_MS;
  }
}

const scoredOf = (day: Watched['day']): number => (day === null ? 0 : day.answered + day.abandoned);

/** null: there is no such bound, or nothing to be judged by yet. */
function judge({ bounds, waiting, oldestSince, day, notReady }: Watched, now: number): [Kind, Judged | null][] {
  const scored = scoredOf(day);
  const enough = scored >= LEAST_SCORED;
  return [
    ['waiting', atLeast(bounds.waiting, waiting)],
    ['longest_wait', atLeast(bounds.longestWaitMs, oldestSince === null ? 0 : now - Date.parse(oldestSince))],
    ['service_level', below(bounds.serviceLevelPct, enough ? (day?.levelPct ?? null) : null)],
    ['abandoned', above(bounds.abandonedPct, enough && day !== null ? (100 * day.abandoned) / scored : null)],
    ['not_ready', withWhom(atLeast(bounds.notReadyMs, notReady === null ? 0 : now - notReady.since), notReady)],
  ];
}

const atLeast = (bound: number | undefined, value: number): Judged | null => (bound === undefined ? null : { bound, value, passed: value >= bound });
const below = (bound: number | undefined, value: number | null): Judged | null =>
  bound === undefined || value === null ? null : { bound, value, passed: value < bound };
const above = (bound: number | undefined, value: number | null): Judged | null =>
  bound === undefined || value === null ? null : { bound, value, passed: value > bound };
const withWhom = (judged: Judged | null, who: NotReady | null): Judged | null =>
  judged === null || who === null ? judged : { ...judged, agentId: who.agentId };

/**
 * Queues that call for help: an alert is raised when a bound is passed, told once, and over when the figure has been within for a while, so that one
 * caller more or less does not ring a bell each second. Pure: told the figures and the time.
 */
import { iso } from '../pop.ts';
import type { alertKinds, FloorAlert, FloorQueue } from './messages.ts';

type Kind = (typeof alertKinds)[number];

/** From the figure's return to the alert's end. */
export const CLEAR_MS = 10_000;
/** A service level of a handful of callers says nothing. */
const LEAST_SCORED = 20;

interface Raised {
  alert: FloorAlert;
  /** Since when it has been within; null = it is not. */
  withinSince: number | null;
}

type Judged = { bound: number; value: number; passed: boolean };

export class Alerts {
  readonly #raised = new Map<string, Raised>();
  #count = 0;

  get all(): FloorAlert[] {
    return [...this.#raised.values()].map(({ alert }) => alert);
  }

  /** What changed by it: alerts raised, and ids of those that are over. */
  look(queue: FloorQueue, now: number): { raised: FloorAlert[]; over: string[] } {
    const raised: FloorAlert[] = [];
    const over: string[] = [];
    for (const [what, judged] of judge(queue, now)) {
      const key = `${queue.queueId} ${what}`;
      const known = this.#raised.get(key);
      if (judged?.passed === true && known === undefined) raised.push(this.#raise(key, queue.queueId, what, judged, now));
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

  #raise(key: string, queueId: string, what: Kind, { bound, value }: Judged, now: number): FloorAlert {
    this.#count += 1;
    const alert: FloorAlert = {
      alertId: `${queueId}:${what}:${now.toString(36)}.${this.#count}`,
      queueId,
      what,
      bound,
      value,
      since: iso(now),
      acknowledged: null,
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

/** null: the queue has no such bound, or nothing to be judged by yet. */
function judge({ bounds = {}, waiting, oldestSince, today }: FloorQueue, now: number): [Kind, Judged | null][] {
  const longest = oldestSince === null ? 0 : now - Date.parse(oldestSince);
  const scored = today === null ? 0 : today.answered + today.abandoned;
  const level = scored >= LEAST_SCORED ? (today?.serviceLevel.pct ?? null) : null;
  return [
    ['waiting', bounds.waiting === undefined ? null : { bound: bounds.waiting, value: waiting, passed: waiting >= bounds.waiting }],
    ['longest_wait', bounds.longestWaitMs === undefined ? null : { bound: bounds.longestWaitMs, value: longest, passed: longest >= bounds.longestWaitMs }],
    [
      'service_level',
      bounds.serviceLevelPct === undefined || level === null ? null : { bound: bounds.serviceLevelPct, value: level, passed: level < bounds.serviceLevelPct },
    ],
  ];
}

/**
 * The sums of an interval, each counted in two or three ways that know nothing of one another:
 *
 *   talk       by what agents were (`agentStateChanged`), by which legs of agents stood in calls (`legAnswered` … `legEnded`), and that queue by queue
 *   signed in  by the buckets of agents' seconds, and from sign-in to sign-out
 *   answered   visits that left their queue answered, and contacts that agents were given from it
 *   visits     who came in, and in which bucket they lie · calls: who arrived, and what became of them · offers: made, and how they ended
 *   ratings    who rated, and what
 */
import type { QueueId } from '../../kernel/ids.ts';
import { callBuckets, offerMeasures, ratingMeasures, sumOf, timeMeasures, visitBuckets } from './measures.ts';
import type { LedgerRows } from './record.ts';

export interface Reconciliation {
  talkMs: { agents: number; calls: number; queues: number };
  signedInMs: { buckets: number; presence: number };
  answered: { queues: number; agents: number };
  visits: { entered: number; buckets: number };
  calls: { arrived: number; buckets: number };
  offers: { made: number; ends: number };
  /** Absent in those that were written before there were any. */
  ratings?: { given: number; marks: number };
}

/** What was counted the other way. `legMs`: how long legs of agents stood, by the queue that had offered them ('' = none). */
export interface OtherCounts {
  legMs: ReadonlyMap<QueueId | '', number>;
  presentMs: number;
}

export function reconcile(rows: LedgerRows, other: OtherCounts): Reconciliation {
  const byQueue = new Map<string, number>();
  for (const row of rows.agents) byQueue.set(row.queueId, (byQueue.get(row.queueId) ?? 0) + row.talkingMs + row.holdingMs + row.consultingMs);
  const agents = total([...byQueue.values()]);
  // Of each queue what agents and calls agree on: the sum falls short where they do not.
  const queues = total([...byQueue].map(([queueId, ms]) => Math.min(ms, other.legMs.get(queueId as QueueId) ?? 0)));
  const visits = (of: (row: LedgerRows['visits'][number]) => number): number => total(rows.visits.map(of));
  return {
    talkMs: { agents, calls: total([...other.legMs.values()]), queues },
    signedInMs: { buckets: total(rows.agents.map((row) => sumOf(row, timeMeasures))), presence: other.presentMs },
    answered: { queues: visits((row) => row.answered), agents: total(rows.handled.map((row) => row.fromQueue)) },
    visits: { entered: visits((row) => row.entered), buckets: visits((row) => sumOf(row, visitBuckets)) },
    calls: { arrived: total(rows.calls.map((row) => row.arrived)), buckets: total(rows.calls.map((row) => sumOf(row, callBuckets))) },
    offers: { made: total(rows.agents.map((row) => row.offers)), ends: total(rows.agents.map((row) => sumOf(row, offerMeasures) - row.offers)) },
    ratings: { given: total(rows.handled.map((row) => row.rated)), marks: total(rows.handled.map((row) => sumOf(row, ratingMeasures))) },
  };
}

export interface Discrepancy {
  what: keyof Reconciliation;
  counts: Record<string, number>;
}

/** The sums that do not agree; none = the interval is right. */
export const discrepancies = (found: Reconciliation): Discrepancy[] =>
  (Object.keys(found) as (keyof Reconciliation)[]).flatMap((what) => {
    const counts: Record<string, number> = { ...found[what] };
    return new Set(Object.values(counts)).size === 1 ? [] : [{ what, counts }];
  });

const total = (list: readonly number[]): number => list.reduce((sum, n) => sum + n, 0);

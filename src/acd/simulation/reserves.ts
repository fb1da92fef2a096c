/** Reserves, from outside: each is opened by a bound that was passed and closed when it is kept, neither of them too late. */
import type { QueueId } from '../../../kernel/ids.ts';
import type { Event } from '../../vocabulary.ts';
import type { QueueConfiguration } from '../event.ts';
import type { Bounds, Reserve } from '../widening/rules.ts';
import { demand } from './demand.ts';

type Changed = Extract<Event, { type: 'reserveChanged' }>;

/** What of the observer it takes. */
interface Seen {
  queues: ReadonlyMap<QueueId, QueueConfiguration>;
  /** Open ones, since when. */
  reserves: Map<QueueId, Map<string, number>>;
  waitingIn(queueId: QueueId): { waits: { queuedAt: number }[] }[];
}

export function reserveSeen(seen: Seen, { queueId, reserve, open, why }: Changed, now: number): void {
  const rule = seen.queues.get(queueId)?.widening?.reserves?.find(({ name }) => name === reserve);
  const since = seen.reserves.get(queueId)?.get(reserve);
  const all = seen.reserves.get(queueId) ?? new Map<string, number>();
  demand((since === undefined) === open, 'INV3', () => `reserve ${reserve} of ${queueId} is ${open ? 'opened' : 'closed'} twice`);
  const waiting = seen.waitingIn(queueId);
  // Who comes in this turn may come behind the closing: a call that is queued again leaves first.
  const before = waiting.filter(({ waits }) => (waits[0]?.queuedAt ?? now) < now);
  const longest = Math.max(0, ...waiting.map(({ waits }) => now - (waits[0]?.queuedAt ?? now)));
  const kept = (bound: number | undefined, figure: number): boolean => bound === undefined || figure <= bound / 2;
  const isTrue = {
    longest_wait: longest >= (rule?.when.longestWaitMs ?? Number.POSITIVE_INFINITY),
    waiting: waiting.length >= (rule?.when.waiting ?? Number.POSITIVE_INFINITY),
    estimated_wait: rule?.when.estimatedWaitMs !== undefined,
    service_level: rule?.when.serviceLevelPct !== undefined,
    over:
      rule !== undefined &&
      now >= (since ?? now) + (rule.leastMs ?? 60_000) &&
      kept(rule.when.longestWaitMs, longest) &&
      kept(rule.when.waiting, before.length),
    rules: rule === undefined,
  };
  demand(isTrue[why], 'INV3', () => `reserve ${reserve} of ${queueId} is ${open ? 'opened' : 'closed'} by ${why}, which is not so`);
  if (open) all.set(reserve, now);
  else all.delete(reserve);
  seen.reserves.set(queueId, all);
}

/**
 * After a turn each is as its figures have it; what comes by time alone, once time was told to have passed. Of the estimate and the service level only
 * the core keeps count: a rule that names one may keep its reserve open for longer.
 */
export function reservesAreAsNeeded(seen: Seen, event: Event, now: number): void {
  const isTime = event.type === 'timePassed';
  for (const [queueId, { widening }] of seen.queues) {
    for (const rule of widening?.reserves ?? []) {
      const since = seen.reserves.get(queueId)?.get(rule.name);
      const waits = seen.waitingIn(queueId).map(({ waits }) => now - (waits[0]?.queuedAt ?? now));
      const figures = { waiting: waits.length, longestWaitMs: Math.max(0, ...waits) };
      if (since === undefined) demand(!isNeeded(rule.when, figures, isTime), 'INV12', () => `${queueId} needs its reserve ${rule.name}, which is closed`);
      else demand(!isTime || !isSpare(rule, figures, now - since), 'INV12', () => `${queueId} needs its reserve ${rule.name} no longer, which is open`);
    }
  }
}

interface Figures {
  waiting: number;
  longestWaitMs: number;
}

const isNeeded = (when: Bounds, { waiting, longestWaitMs }: Figures, isTime: boolean): boolean =>
  waiting > 0 && (waiting >= (when.waiting ?? Number.POSITIVE_INFINITY) || (isTime && longestWaitMs >= (when.longestWaitMs ?? Number.POSITIVE_INFINITY)));

function isSpare({ when, until = {}, leastMs = 60_000 }: Reserve, figures: Figures, openMs: number): boolean {
  if (openMs < leastMs || when.estimatedWaitMs !== undefined || when.serviceLevelPct !== undefined) return false;
  return (['waiting', 'longestWaitMs'] as const).every((name) => when[name] === undefined || figures[name] <= (until[name] ?? when[name] / 2));
}

/** When the longest wait passes a bound. */
export function reservesDue(seen: Seen): number[] {
  const due: number[] = [];
  for (const [queueId, { widening }] of seen.queues) {
    const oldest = Math.min(...seen.waitingIn(queueId).map(({ waits }) => waits[0]?.queuedAt ?? Number.POSITIVE_INFINITY));
    for (const { name, when } of oldest === Number.POSITIVE_INFINITY ? [] : (widening?.reserves ?? [])) {
      if (when.longestWaitMs !== undefined && seen.reserves.get(queueId)?.has(name) !== true) due.push(oldest + when.longestWaitMs);
    }
  }
  return due;
}

/** Whether the conditions of a step hold for one caller. Each is told with what it is and what it was held against. */
import type { OverflowReason } from '../../call/event.ts';
import { openingOf } from '../calendar/openings.ts';
import { isStaffed } from '../door/staffing.ts';
import type { Estimate } from '../estimate/estimate.ts';
import type { Floor, Queue } from '../floor.ts';
import { levelPct } from './level.ts';
import type { EstimateBound, OverflowConditions } from './rules.ts';

/** A caller who waits, or stands at the door. */
export interface Case {
  floor: Floor;
  now: number;
  queue: Queue;
  /** Who stands before it. */
  before: number;
  /** In this queue. */
  waitedMs: number;
  /** At its place (1 = next). */
  expected: (place: number) => Estimate | null;
}

export interface Verdict extends OverflowReason {
  holds: boolean;
}

/** Of every condition that is given, the cheap ones first; `until`: nothing more is looked at behind the first that does not hold. */
export function verdictsOf(when: OverflowConditions, of: Case, until: 'first_that_fails' | 'all'): Verdict[] {
  const said: Verdict[] = [];
  for (const judge of judges) {
    const verdict = judge(when, of);
    if (verdict === null) continue;
    said.push(verdict);
    if (!verdict.holds && until === 'first_that_fails') return said;
  }
  return said;
}

/** Why it overflows; null = it does not. */
export function reasonsFor(when: OverflowConditions, of: Case): OverflowReason[] | null {
  const said = verdictsOf(when, of, 'first_that_fails');
  return said.length > 0 && said.every(({ holds }) => holds) ? said.map(({ holds: _, ...reason }) => reason) : null;
}

type Judge = (when: OverflowConditions, of: Case) => Verdict | null;

const atLeast = (what: OverflowReason['what'], is: number, bound: number): Verdict => ({ what, is, bound, holds: is >= bound });

const judges: Judge[] = [
  ({ waitedMs }, of) => (waitedMs === undefined ? null : atLeast('waited', of.waitedMs, waitedMs)),
  ({ waiting }, { before }) => (waiting === undefined ? null : atLeast('waiting', before, waiting)),
  ({ longestWaitMs }, of) => (longestWaitMs === undefined ? null : atLeast('longest_wait', longestOf(of), longestWaitMs)),
  ({ state: states }, { floor, queue, now }) => {
    if (states === undefined) return null;
    const { state } = openingOf(floor, queue, now);
    return { what: 'state', is: state, bound: states.join(), holds: states.includes(state) };
  },
  ({ without }, { floor, queue }) => {
    if (without === undefined) return null;
    const staffed = isStaffed(floor, queue.configuration.queueId, without);
    return { what: 'no_agents', is: staffed ? without.needs : 'none', bound: without.needs, holds: !staffed };
  },
  ({ serviceLevel }, { queue, now }) => {
    if (serviceLevel === undefined) return null;
    const is = levelPct(queue, serviceLevel, now);
    return { what: 'service_level', is: is ?? 'unknown', bound: serviceLevel.belowPct, holds: is !== null && is < serviceLevel.belowPct };
  },
  ({ estimate }, of) => (estimate === undefined ? null : estimated(estimate, of)),
];

function longestOf({ queue, now }: Case): number {
  const [oldest] = queue.entered;
  return oldest === undefined ? 0 : now - oldest.queuedAt;
}

function estimated({ quantile, ms, otherwise = 'longest_wait' }: EstimateBound, of: Case): Verdict {
  const said = of.expected(of.before + 1);
  if (said?.calibrated === true) return atLeast('estimate', quantile === 'p50' ? said.p50Ms : said.p90Ms, ms);
  if (otherwise === 'never') return { what: 'estimate', is: 'unknown', bound: ms, holds: false };
  return otherwise === 'longest_wait' ? atLeast('estimate_by_longest_wait', longestOf(of), ms) : atLeast('estimate_by_pace', paceOf(of), ms);
}

/** Who stands before, each as long as it took between two answers of late. */
function paceOf({ queue, before, now }: Case): number {
  const { gapMs, gapFrom } = queue.reserves;
  return Math.round(before * Math.max(gapMs, gapFrom === 0 ? 0 : now - gapFrom));
}

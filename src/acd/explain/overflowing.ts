/** Of a caller who waits: by which overflow it came, and which steps it may still take, each condition with what it is and what it is held against. */
import { queueIdOf } from '../../../kernel/ids.ts';
import type { OverflowTarget } from '../../call/event.ts';
import { keyOf, rulesOf } from '../callback/callback.ts';
import { estimate } from '../estimate/estimate.ts';
import type { Floor, Queue, Waiting } from '../floor.ts';
import { type Case, verdictsOf } from '../overflow/judge.ts';
import type { OverflowStep, OverflowTo } from '../overflow/rules.ts';
import { hasOverflowedEnough, isTaken, mayVisit, stepsOf, stepsTaken } from '../overflow/watch.ts';
import { refusal } from '../waiting.ts';
import type { OverflowExplanation, OverflowHindrance, OverflowStepTold } from './explanation.ts';

/** null: nothing of it has to do with overflow. */
export function overflowOf(floor: Floor, waiting: Waiting, now: number): OverflowExplanation | null {
  const { call, queue, also = [], overflow } = waiting;
  const taken = stepsTaken(call);
  if (taken.length === 0 && overflow === undefined) return null;
  const steps = overflow === undefined || hasOverflowedEnough(call) ? [] : stepsLeft(untouched(floor), waiting, now);
  const waits = call.ringing.size > 0 || waiting.line === null || steps.length === 0;
  return {
    taken: taken.map((step) => ({ ...step, stays: step.queueId === queue.configuration.queueId })),
    also: [...also],
    lookAt: waits ? null : (overflow?.at ?? null),
    steps,
  };
}

/** Calendars remember what was worked out last; a look from outside leaves them as they are. */
const untouched = (floor: Floor): Floor => ({ ...floor, calendars: new Map([...floor.calendars].map(([id, calendar]) => [id, { ...calendar }])) });

function stepsLeft(floor: Floor, waiting: Waiting, now: number): OverflowStepTold[] {
  const { call, queue } = waiting;
  const { queueId } = queue.configuration;
  const expected: Case['expected'] = (place) => estimate(floor, queueId, place, now);
  const of: Case = { floor, now, queue, before: queue.order.before(waiting), waitedMs: now - waiting.queuedAt, expected };
  return stepsOf(queue).flatMap(([step, rule]) => (rule.at === 'door' || isTaken(call, queue, step) ? [] : [told(floor, waiting, step, rule, of)]));
}

function told(floor: Floor, waiting: Waiting, step: number, { when, to }: OverflowStep, of: Case): OverflowStepTold {
  const conditions = verdictsOf(when, of, 'all');
  return { step, to: shown(waiting.queue, to), conditions, hindrance: hindranceOf(floor, waiting, to, of.now) };
}

function shown({ configuration: { tenantId } }: Queue, to: OverflowTo): OverflowTarget {
  if ('exit' in to) return { kind: 'exit', exit: to.exit };
  return 'offer' in to ? { kind: 'callback' } : { kind: to.alsoWaits === true ? 'also' : 'queue', queueId: queueIdOf(tenantId, to.queue) };
}

/** What keeps it from there, whatever holds; whether the other queue dissuades only its door works out. */
function hindranceOf(floor: Floor, waiting: Waiting, to: OverflowTo, now: number): OverflowHindrance | null {
  const { call, queue, also = [] } = waiting;
  const { tenantId, queueId: here } = queue.configuration;
  if ('exit' in to) return null;
  if ('offer' in to) {
    const { number } = call.from;
    return number !== '' && rulesOf(floor, here) !== undefined && !floor.callbackOfNumber.has(keyOf(tenantId, number)) ? null : 'no_callback';
  }
  const queueId = queueIdOf(tenantId, to.queue);
  const target = floor.queues.get(queueId);
  if (target === undefined || target.removed || target === queue) return 'unknown';
  if (to.alsoWaits === true) return also.includes(queueId) ? 'been_there' : null;
  if (!mayVisit(call, target)) return 'been_there';
  const refused = refusal({ floor, now }, target);
  if (refused === 'closed' || refused === 'emergency' || refused === 'no_agents') return refused;
  return target.order.size >= target.configuration.maxWaiting ? 'full' : null;
}

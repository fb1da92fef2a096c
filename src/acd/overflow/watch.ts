/** When a caller who waits is looked at again, whether it overflows. A phone that rings for it has its time first. */
import { asId, type QueueId } from '../../../kernel/ids.ts';
import { isStaffed } from '../door/staffing.ts';
import type { QueueConfiguration } from '../event.ts';
import { type Call, type Floor, type Queue, setDeadline, type Waiting } from '../floor.ts';
import type { OverflowStep } from './rules.ts';

/** What is not a matter of the caller's own wait is looked at so often. */
export const RECHECK_MS = 2_000;
/** So many are looked at at once where the queue has changed as a whole; the others as their time comes. */
const MOST_HURRIED = 250;
/** A call takes so many steps at most, of all the queues it comes to. */
export const MOST_OVERFLOWS_A_CALL = 16;
/** It remembers the queues it was in; behind so many it overflows into no further one. */
const MOST_VISITED = 64;

/** As text, each id once: `demo:hotline demo:elder`. A call that only ever is in one queue costs no memory of its own. */
export function visit(call: Call, { configuration: { queueId } }: Queue): void {
  if (call.visited === undefined) call.visited = queueId;
  else if (!visited(call).includes(queueId)) call.visited = `${call.visited} ${queueId}`;
}

const visited = (call: Call): string[] => call.visited?.split(' ') ?? [];

/** No queue is entered twice by overflow, so that no call goes round. */
export const mayVisit = (call: Call, { configuration: { queueId } }: Queue): boolean => {
  const known = visited(call);
  return known.length < MOST_VISITED && !known.includes(queueId);
};

const nameOf = (queue: Queue, step: number): string => `${queue.configuration.queueId}#${step}`;
const taken = ({ overflowed }: Call): string[] => overflowed?.split(' ') ?? [];

/** A step is taken once a call. When stands behind it: `demo:hotline#1@1767225600000`. */
export function take(call: Call, queue: Queue, step: number, at: number): void {
  call.overflowed = [...taken(call), `${nameOf(queue, step)}@${at}`].join(' ');
}

export function isTaken(call: Call, queue: Queue, step: number): boolean {
  if (call.overflowed === undefined) return false;
  const name = nameOf(queue, step);
  // Snapshots of before have no time.
  return taken(call).some((known) => known === name || known.startsWith(`${name}@`));
}

/** First to last; `at` null: nobody wrote it down. */
export function stepsTaken(call: Call): { queueId: QueueId; step: number; at: number | null }[] {
  return taken(call).flatMap((text) => {
    const [, queueId, step, at] = /^(.+)#(\d+)(?:@(\d+))?$/.exec(text) ?? [];
    return queueId === undefined ? [] : [{ queueId: asId<QueueId>(queueId), step: Number(step), at: at === undefined ? null : Number(at) }];
  });
}

export const hasOverflowedEnough = (call: Call): boolean => taken(call).length >= MOST_OVERFLOWS_A_CALL;

/** Its steps with their numbers, 1 = the first. */
export const stepsOf = ({ configuration: { overflow = [] } }: Queue): [number, OverflowStep][] => overflow.map((step, at) => [at + 1, step]);

/** Who comes in is looked at from then on; of a callback the place stays where it is. `at`: the first look. */
export function watchOverflow(waiting: Waiting, at: number | null): void {
  const { call, queue } = waiting;
  if (queue.configuration.overflow === undefined || call.callback !== undefined) delete waiting.overflow;
  else waiting.overflow = { at, deadline: null };
}

export function awaitOverflow(floor: Floor, waiting: Waiting): void {
  const { overflow, call } = waiting;
  if (overflow === undefined) return;
  const { at } = overflow;
  setDeadline(floor, overflow, at === null ? null : { at, key: `overflow ${call.callId}`, owner: { overflow: waiting } });
}

export function hushOverflow(floor: Floor, { overflow }: Waiting): void {
  if (overflow !== undefined) setDeadline(floor, overflow, null);
}

/** ms since 1970; null = no step can be taken any more. */
export function nextLookAt({ call, queue, queuedAt }: Pick<Waiting, 'call' | 'queue' | 'queuedAt'>, now: number): number | null {
  if (hasOverflowedEnough(call)) return null;
  let next: number | null = null;
  for (const [number, { at, when }] of stepsOf(queue)) {
    if (at === 'door' || isTaken(call, queue, number)) continue;
    const from = queuedAt + (when.waitedMs ?? 0);
    const look = from > now ? from : now + RECHECK_MS;
    next = next === null ? look : Math.min(next, look);
  }
  return next;
}

/** The queue has changed as a whole: its callers are looked at now. */
export function hurry(floor: Floor, queue: Queue, now: number): void {
  if (queue.configuration.overflow === undefined) return;
  let hurried = 0;
  for (const waiting of queue.order) {
    if (hurried === MOST_HURRIED) return;
    hurried += 1;
    const { overflow } = waiting;
    if (overflow === undefined || overflow.at === null || overflow.at <= now) continue;
    overflow.at = now;
    if (overflow.deadline !== null) awaitOverflow(floor, waiting);
  }
}

/** Its overflow goes by who is there. */
export const asksForStaff = ({ overflow = [] }: QueueConfiguration): boolean => overflow.some(({ when }) => when.without !== undefined);

/** An agent of the queue has changed: when nobody is there any more, its callers are looked at. */
export function watchStaff(floor: Floor, queue: Queue, now: number): void {
  if (!asksForStaff(queue.configuration)) return;
  const { overflow = [], queueId } = queue.configuration;
  const deserted = overflow.map(({ when }) => (when.without !== undefined && !isStaffed(floor, queueId, when.without) ? 1 : 0)).join('');
  const before = queue.deserted ?? '';
  queue.deserted = deserted;
  if ([...deserted].some((flag, at) => flag === '1' && before[at] !== '1')) hurry(floor, queue, now);
}

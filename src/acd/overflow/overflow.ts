/**
 * Overflow: at the door, and again while somebody waits, the first step of the queue's chain that holds and whose target takes the caller is
 * taken. The place, the priority and what the call asks for go with it. SPEC.md, "Overflow".
 */
import { type QueueId, queueIdOf } from '../../../kernel/ids.ts';
import type { OverflowReason, OverflowTarget, QueueExit } from '../../call/event.ts';
import { keyOf, rulesOf } from '../callback/callback.ts';
import { takePlace } from '../callback/places.ts';
import { look } from '../estimate/estimate.ts';
import { type Call, type Moment, type Queue, setDeadline, type Waiting } from '../floor.ts';
import { closeIfSpare, hasIdle, lineFor } from '../line.ts';
import { crowded, depart, enter, givePlace, isSpent, refusal, stand, standing, type Wish, waitsForNobody } from '../waiting.ts';
import { type Case, reasonsFor } from './judge.ts';
import type { OverflowTo } from './rules.ts';
import { awaitOverflow, hasOverflowedEnough, isTaken, mayVisit, nextLookAt, stepsOf, take, visit } from './watch.ts';

interface Chosen {
  step: number;
  at: 'door' | 'waiting';
  to: OverflowTarget;
  why: OverflowReason[];
}

/** In, on to where the queue overflows, or (the exit) back to the dialplan. */
export function comeIn(m: Moment, call: Call, queue: Queue | undefined, wish: Wish): QueueExit | null {
  const exit = refusal(m, queue) ?? (isSpent(call) ? 'timeout' : crowded(m, call, queue, wish));
  if (queue === undefined || queue.removed) return 'closed';
  if (queue.configuration.overflow !== undefined && !(exit === null && waitsForNobody(m, call, queue, wish))) {
    const chosen = chooseAtDoor(m, call, queue, wish, exit);
    if (chosen !== null) return goAtDoor(m, call, queue, wish, chosen);
  }
  if (exit === null) enter(m, call, queue, wish);
  return exit;
}

function chooseAtDoor(m: Moment, call: Call, queue: Queue, wish: Wish, exit: QueueExit | null): Chosen | null {
  const before = queue.order.before(standing(m, call, queue, wish));
  return choose(m, call, queue, wish, { ...caseOf(m, queue), before, waitedMs: 0 }, 'door', exit === null);
}

function goAtDoor(m: Moment, call: Call, queue: Queue, wish: Wish, chosen: Chosen): QueueExit | null {
  const { to } = chosen;
  tell(m, call, queue, chosen);
  givePlace(m, call);
  visit(call, queue);
  if (to.kind === 'also') {
    enter(m, call, queue, wish);
    if (call.waiting !== null) waitThereToo(m, call.waiting, to.queueId);
    return null;
  }
  m.events.push({ type: 'callLeftQueue', callId: call.callId, queueId: queue.configuration.queueId, exit: 'overflow', to });
  goTo(m, call, queue, wish, to);
  return null;
}

/** Its time to be looked at has come. */
export function lookAt(m: Moment, waiting: Waiting): void {
  const { overflow, call, line } = waiting;
  if (overflow === undefined) return;
  setDeadline(m.floor, overflow, null);
  overflow.at = m.now;
  // While a phone rings it is hers: what comes of it comes first. So is who is free in this very turn.
  if (call.ringing.size > 0 || line === null) return;
  if (waiting.awaited === null && !hasIdle(line) && overflows(m, waiting)) return;
  overflow.at = nextLookAt(waiting, m.now);
  awaitOverflow(m.floor, waiting);
}

/** It would have to go back to its dialplan: true when a step of the chain takes it instead. */
export function overflowsInstead(m: Moment, waiting: Waiting, exit: QueueExit): boolean {
  const { queue, call } = waiting;
  const givesBack = exit === 'no_agents' || exit === 'closed' || exit === 'emergency' || exit === 'timeout';
  if (!givesBack || queue.removed || queue.configuration.overflow === undefined || call.callback !== undefined || call.ringing.size > 0) return false;
  return overflows(m, waiting, true);
}

function overflows(m: Moment, waiting: Waiting, mustGo = false): boolean {
  const { call, queue } = waiting;
  const wish = wishOf(waiting, m.now);
  const of = { ...caseOf(m, queue), before: queue.order.before(waiting), waitedMs: m.now - waiting.queuedAt };
  const chosen = choose(m, call, queue, wish, of, 'waiting', !mustGo);
  if (chosen === null) return false;
  tell(m, call, queue, chosen);
  const { to } = chosen;
  if (to.kind === 'also') {
    waitThereToo(m, waiting, to.queueId);
    return false;
  }
  depart(m, waiting, 'overflow', to);
  goTo(m, call, queue, wish, to);
  return true;
}

/** `stays`: it may stay here, and so wait elsewhere too. */
function choose(m: Moment, call: Call, queue: Queue, wish: Wish, of: Case, at: 'door' | 'waiting', stays: boolean): Chosen | null {
  // Another system has handed in what is written, and requeues it: only calls go round by themselves.
  if (hasOverflowedEnough(call) || call.interaction !== undefined) return null;
  for (const [step, rule] of stepsOf(queue)) {
    if ((rule.at !== undefined && rule.at !== at) || isTaken(call, queue, step)) continue;
    const why = reasonsFor(rule.when, of);
    const to = why === null ? null : targetOf(m, call, queue, wish, rule.to, stays);
    if (why !== null && to !== null) return { step, at, to, why };
  }
  return null;
}

/** null: it cannot go there. */
function targetOf(m: Moment, call: Call, queue: Queue, wish: Wish, to: OverflowTo, stays: boolean): OverflowTarget | null {
  if ('exit' in to) return { kind: 'exit', exit: to.exit };
  const { tenantId, queueId: here } = queue.configuration;
  if ('offer' in to) {
    const { number } = call.from;
    const free = number !== '' && rulesOf(m.floor, here) !== undefined && !m.floor.callbackOfNumber.has(keyOf(tenantId, number));
    return free ? { kind: 'callback' } : null;
  }
  const queueId = queueIdOf(tenantId, to.queue);
  const target = m.floor.queues.get(queueId);
  if (target === undefined || target.removed || target === queue) return null;
  if (to.alsoWaits === true) return stays && !(call.waiting?.also?.includes(queueId) ?? false) ? { kind: 'also', queueId } : null;
  const { insists: _ofThisQueue, ...asked } = wish;
  const there: Wish = { ...asked, queueId };
  const takes = !isSpent(call) && mayVisit(call, target) && refusal(m, target) === null && crowded(m, call, target, there) === null;
  return takes ? { kind: 'queue', queueId } : null;
}

function tell(m: Moment, call: Call, queue: Queue, { step, at, to, why }: Chosen): void {
  take(call, queue, step, m.now);
  m.events.push({ type: 'callOverflowed', callId: call.callId, queueId: queue.configuration.queueId, step, at, to, why });
}

/** Into the other queue, whose door has just said that it takes the caller; everything else is the dialplan's. */
function goTo(m: Moment, call: Call, from: Queue, wish: Wish, to: OverflowTarget): void {
  if (to.kind !== 'queue') return;
  const { callId } = call;
  const { priority, skills, maxWaitMs, preferredSkills, virtualWaitMs, place } = wish;
  const asks = { ...(preferredSkills === undefined ? {} : { preferredSkills }), ...(virtualWaitMs === undefined ? {} : { virtualWaitMs }) };
  const there: Wish = { queueId: to.queueId, priority, skills, maxWaitMs, ...asks, ...(place === undefined ? {} : { place }) };
  m.events.push({ type: 'callQueued', callId, ...there, from: from.configuration.queueId });
  takePlace(m, call, to.queueId);
  const exit = comeIn(m, call, m.floor.queues.get(to.queueId), there);
  if (exit !== null) m.events.push({ type: 'callLeftQueue', callId, queueId: to.queueId, exit });
}

/** It keeps its place here, and the agents of the other queue may serve it once those before them are busy. */
function waitThereToo(m: Moment, waiting: Waiting, queueId: QueueId): void {
  const { line } = waiting;
  waiting.also = [...(waiting.also ?? []), queueId];
  setDeadline(m.floor, waiting, null);
  line?.callers.remove(waiting);
  waiting.line = lineFor(m.floor, waiting);
  if (line !== null) closeIfSpare(m.floor, line);
  stand(m.floor, waiting);
}

const caseOf = (m: Moment, queue: Queue): Omit<Case, 'before' | 'waitedMs'> => ({
  floor: m.floor,
  now: m.now,
  queue,
  expected: (place) => look(m, queue, place),
});

/** What it asks for, as it asked; of its own limit on the wait what is left. */
export function wishOf({ queue, priority, skills, prefers, place, virtualWaitMs, queuedAt, limitMs }: Waiting, now: number): Wish {
  return {
    queueId: queue.configuration.queueId,
    priority,
    skills: [...skills],
    maxWaitMs: limitMs === undefined ? null : Math.max(0, limitMs - (now - queuedAt)),
    ...(prefers.length === 0 ? {} : { preferredSkills: [...prefers] }),
    ...(virtualWaitMs === 0 ? {} : { virtualWaitMs }),
    ...(place === null ? {} : { place }),
  };
}

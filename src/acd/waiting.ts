/** Callers in queues: through the door, in their place, and out again exactly once. */
import type { QueueId } from '../../kernel/ids.ts';
import type { OverflowTarget, QueueExit, QueueWishes } from '../call/event.ts';
import { openingOf, sendsAway } from './calendar/openings.ts';
import { VOICE } from './channels/channel.ts';
import { isWritten } from './channels/interaction.ts';
import { leftQueue } from './channels/left.ts';
import { announceAnew, announceFirst, hushAnnouncements } from './door/announcing.ts';
import type { Dissuasion } from './door/rules.ts';
import { isStaffed } from './door/staffing.ts';
import { look } from './estimate/estimate.ts';
import { followWait } from './estimate/forecast.ts';
import type { QueueConfiguration } from './event.ts';
import { type Call, type Floor, type Moment, type Queue, setDeadline, signedIn, type Waiting } from './floor.ts';
import { closeIfSpare, closeLine, hasIdle, lineFor } from './line.ts';
import { awaitAgent, awaitedBy, awaitOn, forgetAwaited } from './matching/awaited.ts';
import { before, placeOf } from './matching/place.ts';
import { ringAlong } from './offering/along.ts';
import { MOST_OFFERS_A_CALL } from './offering/offering.ts';
import { OrderedList } from './ordered.ts';
import { noteServed } from './overflow/level.ts';
import { asksForStaff, awaitOverflow, hushOverflow, nextLookAt, visit, watchOverflow } from './overflow/watch.ts';
import { begin, count, noReserves, watchReserves } from './widening/reserves.ts';
import { nextDeadline, takeStep } from './widening/steps.ts';

export interface Wish extends QueueWishes {
  queueId: QueueId;
  priority: number;
  skills: { skill: string; level: number }[];
  maxWaitMs: number | null;
}

export function newQueue(configuration: QueueConfiguration): Queue {
  const standing = { switched: null, state: 'open', deadline: null } as const;
  return {
    configuration,
    removed: false,
    ...standing,
    lines: new Map(),
    pools: new Map(),
    reserves: noReserves(),
    order: new OrderedList(before),
    entered: new Set(),
  };
}

/** Why a caller may not come in; null = may. */
export function refusal({ floor, now }: Pick<Moment, 'floor' | 'now'>, queue: Queue | undefined): QueueExit | null {
  if (queue === undefined || queue.removed) return 'closed';
  const { state } = openingOf(floor, queue, now);
  if (state !== 'open') return state;
  const { queueId, leaveWhenNoAgents, recording, door } = queue.configuration;
  // F8: of those who must be recorded none is taken while nothing can be.
  if (recording === 'mandatory' && floor.recordingFull) return 'closed';
  if (leaveWhenNoAgents && signedIn(floor, queueId) === 0) return 'no_agents';
  return door?.join !== undefined && !isStaffed(floor, queueId, door.join) ? 'no_agents' : null;
}

/** It has been offered as often as any call is: its leg numbers are used up, and its dialplan goes on by `timeout`. */
export const isSpent = ({ legs }: Call): boolean => legs >= MOST_OFFERS_A_CALL;

/** Too many are there, or it takes too long; null = come in. Who can be served at once does not wait, however many do. */
export function crowded(m: Moment, call: Call, queue: Queue | undefined, wish: Wish): QueueExit | null {
  if (queue === undefined) return 'closed';
  const { maxWaiting, door } = queue.configuration;
  const exit = queue.order.size >= maxWaiting ? 'full' : wish.insists !== true && dissuades(m, queue, door?.dissuade) ? 'dissuaded' : null;
  return exit === null || servedBy(m, call, queue, wish) === 'at_once' ? null : exit;
}

/** Somebody idle takes it at once, or it waits for one agent alone: nothing of the queue's length concerns it. */
export const waitsForNobody = (m: Moment, call: Call, queue: Queue, wish: Wish): boolean => servedBy(m, call, queue, wish) !== 'some_time';

function servedBy(m: Moment, call: Call, queue: Queue, wish: Wish): 'at_once' | 'one_alone' | 'some_time' {
  const waiting = newWaiting(m.now, call, queue, wish);
  waiting.awaited = awaitedBy(m, waiting, wish);
  const line = lineFor(m.floor, waiting);
  if (hasIdle(line) && line.callers.size === 0) return 'at_once';
  closeIfSpare(m.floor, line);
  return line.only === null ? 'some_time' : 'one_alone';
}

/** As it would stand if it came in now. */
export function standing({ floor, now }: Moment, call: Call, queue: Queue, wish: Wish): Waiting {
  return newWaiting(now, call.placedAt === null ? { ...call, placeSeq: floor.seq + 1 } : call, queue, wish);
}

function dissuades(m: Moment, queue: Queue, rule: Dissuasion | undefined): boolean {
  if (rule === undefined) return false;
  const waiting = queue.order.size;
  if (rule.waiting !== undefined && waiting >= rule.waiting) return true;
  return rule.estimateMs !== undefined && waiting > 0 && expectedMs(m, queue) >= rule.estimateMs;
}

/** What half of those who come now would wait at most; while that is not to be trusted, what somebody has waited. */
function expectedMs(m: Moment, queue: Queue): number {
  const said = look(m, queue, queue.order.size + 1);
  if (said?.calibrated === true) return said.p50Ms;
  const [oldest] = queue.entered;
  return oldest === undefined ? 0 : m.now - oldest.queuedAt;
}

/** A queue whose callers leave when too few agents are there is looked at whenever one of these changes. */
export function keepStaffing(floor: Floor, configuration: QueueConfiguration): void {
  const { queueId, door } = configuration;
  if (door?.leave === undefined && !asksForStaff(configuration)) floor.fickle.delete(queueId);
  else floor.fickle.add(queueId);
}

const newWaiting = (now: number, call: Call, queue: Queue, wish: Wish): Waiting => {
  const longest = leastOf(queue.configuration.maxWaitMs, wish.maxWaitMs);
  return {
    call,
    queue,
    channel: call.interaction?.channel ?? VOICE,
    priority: wish.priority,
    skills: wish.skills,
    prefers: wish.preferredSkills ?? [],
    place: wish.place ?? null,
    virtualWaitMs: wish.virtualWaitMs ?? 0,
    ...placeOf(queue.configuration.matching ?? {}, call.placedAt ?? now, wish.priority, wish.virtualWaitMs ?? 0),
    queuedAt: now,
    leaveAt: longest === null ? null : now + longest,
    line: null,
    steps: 0,
    awaited: null,
    deadline: null,
    ...(wish.maxWaitMs === null ? {} : { limitMs: wish.maxWaitMs }),
  };
};

/** From here on it is in line, wherever it goes. */
export function givePlace({ floor, now }: Moment, call: Call): void {
  if (call.placedAt !== null) return;
  floor.seq += 1;
  call.placedAt = now;
  call.placeSeq = floor.seq;
}

/** The caller takes its place: the one it has since it first waited, however often it was queued again. */
export function enter(m: Moment, call: Call, queue: Queue, wish: Wish): void {
  const { floor, now } = m;
  givePlace(m, call);
  const waiting = newWaiting(now, call, queue, wish);
  awaitAgent(m, waiting, wish);
  waiting.line = lineFor(floor, waiting);
  call.waiting = waiting;
  visit(call, queue);
  watchOverflow(waiting, nextLookAt(waiting, now));
  queue.order.add(waiting);
  queue.entered.add(waiting);
  if (call.interaction === undefined) m.arrived = waiting;
  if (call.interaction === undefined) announceFirst(m, waiting);
  if (floor.fickle.has(queue.configuration.queueId)) floor.forsaken.add(queue.configuration.queueId);
  stand(floor, waiting);
  begin(queue, now);
  watchReserves(m, queue);
}

/** Ready to be offered, in its place. */
export function stand(floor: Floor, waiting: Waiting): void {
  const { queue } = waiting;
  if (waiting.line === null) return;
  // A line nobody waited in may have been closed while this caller was being offered.
  const line = queue.lines.get(waiting.line.key) === waiting.line ? waiting.line : lineFor(floor, waiting);
  waiting.line = line;
  if (waiting.held !== true) {
    line.callers.add(waiting);
    if (hasIdle(line)) floor.unpaired.add(line);
  }
  const at = nextDeadline(waiting);
  const deadline = at === null ? null : { at, key: `call ${waiting.call.callId}`, owner: { waiting } };
  setDeadline(floor, waiting, deadline);
  awaitOverflow(floor, waiting);
}

/** Not to be offered while an agent's phone rings for it, or while it is about to leave; the place stays its own. */
export function stepOut(floor: Floor, waiting: Waiting): void {
  setDeadline(floor, waiting, null);
  hushOverflow(floor, waiting);
  waiting.line?.callers.remove(waiting);
  waiting.line?.along.remove(waiting);
}

/** The offer came to nothing: back to its place, unless its time is up, or it rings elsewhere. */
export function comeBack(m: Moment, waiting: Waiting): void {
  if (waiting.line === null) return;
  if (waiting.call.ringing.size > 0) {
    ringAlong(m.floor, waiting);
    return;
  }
  // It rings nowhere any more: whatever line it stands in from here on, it does not ring along in this one.
  waiting.line.along.remove(waiting);
  const overdue = waiting.call.callback === undefined && waiting.leaveAt !== null && waiting.leaveAt <= m.now;
  if (isSpent(waiting.call)) depart(m, waiting, 'timeout');
  else if (overdue) giveBack(m, waiting, 'timeout');
  else if (waiting.call.callback === undefined && sendsAway(m.floor, waiting.queue, m.now)) giveBack(m, waiting, 'closed');
  else {
    const { queueId } = waiting.queue.configuration;
    if (m.floor.fickle.has(queueId)) m.floor.forsaken.add(queueId);
    awaitOn(m, waiting);
    stand(m.floor, waiting);
  }
}

/** Where the queue overflows, `settle` looks first whether a step takes it. */
function giveBack(m: Moment, waiting: Waiting, exit: QueueExit): void {
  if (waiting.queue.configuration.overflow === undefined) depart(m, waiting, exit);
  else m.floor.leaving.set(setAside(m.floor, waiting), exit);
}

function setAside(floor: Floor, waiting: Waiting): Waiting {
  stepOut(floor, waiting);
  waiting.line = null;
  return waiting;
}

/** A deadline of a caller who waits has come: a step of the widening, or the end of the wait. */
export function goOn(m: Moment, waiting: Waiting): boolean {
  if (!takeStep(m, waiting)) return false;
  stand(m.floor, waiting);
  return true;
}

/** The one way out of a queue. Its live offer, if any, has been ended before. */
export function depart(m: Moment, waiting: Waiting, exit: QueueExit, to?: OverflowTarget): void {
  const { call, queue, line } = waiting;
  stepOut(m.floor, waiting);
  queue.order.remove(waiting);
  queue.entered.delete(waiting);
  m.floor.leaving.delete(waiting);
  forgetAwaited(m.floor, waiting);
  hushAnnouncements(m.floor, waiting);
  call.waiting = null;
  waiting.line = null;
  if (line !== null) closeIfSpare(m.floor, line);
  if (call.callback === undefined && call.interaction === undefined)
    followWait(m.floor.learned, queue.configuration.queueId, m.now - waiting.queuedAt, exit, waiting.said ?? null);
  if (call.callback === undefined) count(queue, m.now - waiting.queuedAt, exit, m.now);
  if (call.callback === undefined) noteServed(queue, m.now - waiting.queuedAt, exit, m.now);
  if (queue.removed) dropIfEmpty(m.floor, queue);
  if (isWritten(call)) leftQueue(m, call, queue.configuration.queueId, exit);
  else m.events.push({ type: 'callLeftQueue', callId: call.callId, queueId: queue.configuration.queueId, exit, ...(to === undefined ? {} : { to }) });
  watchReserves(m, queue);
}

/** Everybody in the queue is to leave, in the order of service; who is told in which turn, `settle` decides. */
export function empty(floor: Floor, queue: Queue, exit: QueueExit, whom: (waiting: Waiting) => boolean = () => true): void {
  for (const waiting of queue.order) {
    // A callback waits until somebody is there again; its queue alone can take the place away.
    if (waiting.line === null || !whom(waiting) || (waiting.call.callback !== undefined && !queue.removed)) continue;
    floor.leaving.set(setAside(floor, waiting), exit);
  }
}

/** Nobody comes in any more; it is gone when the last has left. */
export function remove(floor: Floor, queue: Queue): void {
  queue.removed = true;
  Object.assign(queue, { switched: null, state: 'open' });
  floor.inNeed.delete(queue);
  setDeadline(floor, queue, null);
  setDeadline(floor, queue.reserves, null);
  queue.reserves.open.clear();
  empty(floor, queue, 'closed');
  for (const line of [...queue.lines.values()]) closeLine(floor, line);
  dropIfEmpty(floor, queue);
}

function dropIfEmpty(floor: Floor, queue: Queue): void {
  if (queue.order.size > 0) return;
  floor.queues.delete(queue.configuration.queueId);
  floor.learned.forecasts.delete(queue.configuration.queueId);
}

/** New rules for a queue that has callers: everyone keeps the limit on the wait they came with, and the place as the new rules count it. */
export function reconfigure(m: Moment, queue: Queue, configuration: QueueConfiguration): void {
  const { floor } = m;
  const all = [...queue.order];
  const staying = all.filter((waiting) => waiting.line !== null);
  for (const line of [...queue.lines.values()]) closeLine(floor, line);
  const sameSteps = JSON.stringify(queue.configuration.widening?.steps) === JSON.stringify(configuration.widening?.steps);
  queue.configuration = configuration;
  queue.removed = false;
  queue.order = new OrderedList(before);
  for (const waiting of all) {
    const { call, priority, virtualWaitMs } = waiting;
    // Other steps are begun anew; those that are due by now are taken at once.
    if (!sameSteps) waiting.steps = 0;
    Object.assign(waiting, placeOf(configuration.matching ?? {}, call.placedAt ?? 0, priority, virtualWaitMs));
    queue.order.add(waiting);
    hushOverflow(floor, waiting);
    watchOverflow(waiting, waiting.queuedAt);
    if (call.interaction === undefined) announceAnew(m, waiting);
  }
  for (const waiting of staying) {
    waiting.line = lineFor(floor, waiting);
    if (waiting.call.ringing.size === 0) stand(floor, waiting);
    else ringAlong(floor, waiting);
  }
  floor.forsaken.add(configuration.queueId);
}

const leastOf = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.min(a, b));

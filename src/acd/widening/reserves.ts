/**
 * Reserves: groups that are opened to all callers of a queue while it is in need, and closed again, each with bounds of its own, so that they
 * do not swing. The agents of other work who come to help (outbound, chat) are such a group; what they did before is their rooms' business,
 * which hear `reserveChanged`.
 */
import type { QueueExit } from '../../call/event.ts';
import type { ReserveWhy } from '../event.ts';
import { type Deadline, type Floor, type Moment, type Queue, setDeadline } from '../floor.ts';
import { refit, startIdling, stopIdling } from '../line.ts';
import { reservesOf } from './open.ts';
import type { Bounds, Reserve } from './rules.ts';

export interface Reserves {
  /** Name → since when it is open (ms since 1970). */
  open: Map<string, number>;
  /** Share of calls answered in time, the last twenty or so; as of `levelAt`, from which it fades to 1 in half an hour. */
  level: number;
  levelAt: number;
  /** Mean time between two answers, the last twenty or so, and since when the next one is waited for. */
  gapMs: number;
  gapFrom: number;
  deadline: Deadline | null;
}

export const noReserves = (): Reserves => ({ open: new Map(), level: 1, levelAt: 0, gapMs: 0, gapFrom: 0, deadline: null });

const USUAL_LEAST_MS = 60_000;
/** An estimate and a fading service level are looked at so often, while somebody waits or a reserve is open. */
const RECHECK_MS = 10_000;
const CALLS = 20;
const FADE_MS = 1_800_000;

/** A caller left: was it answered in time? Who hung up in time says nothing. */
export function count({ reserves, configuration }: Queue, waitedMs: number, exit: QueueExit, now: number): void {
  const inTime = waitedMs <= configuration.answerWithinMs;
  if (exit === 'answered') {
    reserves.gapMs += (Math.max(0, now - reserves.gapFrom) - reserves.gapMs) / CALLS;
    reserves.gapFrom = now;
  }
  if (exit !== 'answered' && exit !== 'timeout' && !(exit === 'abandoned' && !inTime)) return;
  reserves.level = levelNow(reserves, now) * (1 - 1 / CALLS) + (exit === 'answered' && inTime ? 1 / CALLS : 0);
  reserves.levelAt = now;
}

/** Somebody comes where nobody waited: the next answer is waited for from here on. */
export function begin({ reserves, order }: Queue, now: number): void {
  if (order.size === 1) reserves.gapFrom = now;
}

/** Callers came or left, rules changed or time passed: opens what is needed and closes what is not. */
export function watchReserves(m: Moment, queue: Queue): void {
  const { reserves, configuration, removed } = queue;
  const rules = removed ? [] : reservesOf(configuration);
  if (rules.length === 0 && reserves.open.size === 0) {
    setDeadline(m.floor, reserves, null);
    return;
  }
  const figures = figuresOf(queue, m.now);
  for (const name of [...reserves.open.keys()]) if (!rules.some((rule) => rule.name === name)) change(m, queue, name, false, 'rules');
  for (const rule of rules) {
    const since = reserves.open.get(rule.name);
    const why = since === undefined ? passed(rule.when, figures) : null;
    if (why !== null) change(m, queue, rule.name, true, why);
    else if (since !== undefined && m.now >= since + leastOf(rule) && isOver(rule, figures)) change(m, queue, rule.name, false, 'over');
  }
  lookAt(m.floor, queue, nextLook(queue, rules, m.now));
}

function lookAt(floor: Floor, queue: Queue, at: number | null): void {
  const due = (m: Moment): void => watchReserves(m, queue);
  setDeadline(floor, queue.reserves, at === null ? null : { at, key: `reserves ${queue.configuration.queueId}`, owner: { due } });
}

/** As a snapshot has them. */
export interface ReservesRow extends Pick<Reserves, 'level' | 'levelAt' | 'gapMs' | 'gapFrom'> {
  open: [string, number][];
  lookAt: number | null;
}

export const rowOfReserves = ({ open, level, levelAt, gapMs, gapFrom, deadline }: Reserves): ReservesRow => ({
  ...{ open: [...open], level, levelAt, gapMs, gapFrom },
  lookAt: deadline?.at ?? null,
});

export function restoreReserves(floor: Floor, queue: Queue, row: ReservesRow | undefined): void {
  if (row === undefined) return;
  const { level, levelAt, gapMs, gapFrom } = row;
  if (row.open.length > 0) floor.inNeed.add(queue);
  Object.assign(queue.reserves, { open: new Map(row.open), level, levelAt, gapMs, gapFrom });
  lookAt(floor, queue, row.lookAt);
}

function change(m: Moment, queue: Queue, reserve: string, open: boolean, why: ReserveWhy): void {
  if (open) queue.reserves.open.set(reserve, m.now);
  else queue.reserves.open.delete(reserve);
  for (const line of queue.lines.values()) refit(m.floor, line);
  callOff(m.floor, queue);
  m.events.push({ type: 'reserveChanged', queueId: queue.configuration.queueId, reserve, open, why });
}

/** Who helps out takes no new writing of other queues meanwhile: rare enough to look at everybody who has several channels. */
function callOff(floor: Floor, queue: Queue): void {
  if (queue.reserves.open.size > 0) floor.inNeed.add(queue);
  else floor.inNeed.delete(queue);
  for (const agent of floor.agents.values()) {
    if (agent.others === null) continue;
    stopIdling(agent);
    startIdling(floor, agent);
  }
}

interface Figures {
  longestWaitMs: number;
  waiting: number;
  estimatedWaitMs: number;
  serviceLevelPct: number;
}

function figuresOf({ entered, order, reserves }: Queue, now: number): Figures {
  const [oldest] = entered;
  return {
    longestWaitMs: oldest === undefined ? 0 : now - oldest.queuedAt,
    waiting: order.size,
    estimatedWaitMs: order.size * Math.max(reserves.gapMs, now - reserves.gapFrom),
    serviceLevelPct: levelNow(reserves, now) * 100,
  };
}

/** Nobody waits: nobody needs help. */
function passed(when: Bounds, figures: Figures): ReserveWhy | null {
  if (figures.waiting === 0) return null;
  if (when.longestWaitMs !== undefined && figures.longestWaitMs >= when.longestWaitMs) return 'longest_wait';
  if (when.waiting !== undefined && figures.waiting >= when.waiting) return 'waiting';
  if (when.estimatedWaitMs !== undefined && figures.estimatedWaitMs >= when.estimatedWaitMs) return 'estimated_wait';
  if (when.serviceLevelPct !== undefined && figures.serviceLevelPct < when.serviceLevelPct) return 'service_level';
  return null;
}

function isOver({ when, until = {} }: Reserve, figures: Figures): boolean {
  for (const name of ['longestWaitMs', 'waiting', 'estimatedWaitMs'] as const) {
    const opens = when[name];
    if (opens !== undefined && figures[name] > (until[name] ?? opens / 2)) return false;
  }
  const lacks = when.serviceLevelPct;
  return lacks === undefined || figures.serviceLevelPct >= (until.serviceLevelPct ?? (lacks + 100) / 2);
}

/** When its figures may pass a bound by themselves; what callers do is looked at as they do it. */
function nextLook({ reserves, entered }: Queue, rules: readonly Reserve[], now: number): number | null {
  const [oldest] = entered;
  const times: number[] = [];
  for (const rule of rules) {
    const since = reserves.open.get(rule.name);
    const { longestWaitMs } = rule.when;
    if (since === undefined && longestWaitMs !== undefined && oldest !== undefined) times.push(oldest.queuedAt + longestWaitMs);
    if (since !== undefined) times.push(Math.max(since + leastOf(rule), rule.when.serviceLevelPct === undefined ? 0 : now + RECHECK_MS));
  }
  if (asksForEstimate(rules) && (oldest !== undefined || reserves.open.size > 0)) times.push(now + RECHECK_MS);
  const later = times.filter((at) => at > now);
  return later.length === 0 ? null : Math.min(...later);
}

const asksForEstimate = (rules: readonly Reserve[]): boolean => rules.some(({ when }) => when.estimatedWaitMs !== undefined);

const leastOf = ({ leastMs = USUAL_LEAST_MS }: Reserve): number => leastMs;

/** What was long ago is no reason to be in need. */
const levelNow = ({ level, levelAt }: Reserves, now: number): number => 1 - (1 - level) * Math.max(0, 1 - Math.max(0, now - levelAt) / FADE_MS);

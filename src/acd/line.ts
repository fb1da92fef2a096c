/** Lines: which agents can serve which callers, without asking each. */
import { publicState } from './agent.ts';
import { VOICE } from './channels/channel.ts';
import { isFree } from './channels/free.ts';
import { type Agent, type Circle, type Floor, groupOf, type Line, type Waiting } from './floor.ts';
import { admit, comeIdle, dropIfEmpty, goBusy, keyOf } from './matching/circle.ts';
import { groupsOf } from './matching/groups.ts';
import { before } from './matching/place.ts';
import { closePool, poolFor } from './matching/pool.ts';
import { OrderedList } from './ordered.ts';
import { openGroups } from './widening/open.ts';
import { stageOf } from './widening/stage.ts';

/** A queue keeps so many empty lines for the next caller of the kind; dialplans name few combinations of skills. */
const MOST_EMPTY_LINES = 64;

/** The line of those who ask for the same and have come as far. */
export function lineFor(floor: Floor, waiting: Pick<Waiting, 'queue' | 'channel' | 'skills' | 'prefers' | 'place' | 'steps' | 'awaited' | 'also'>): Line {
  const { queue, channel, place, steps } = waiting;
  const only = waiting.awaited?.agentId ?? null;
  const stage = stageOf(queue.configuration, waiting, steps);
  const { needs, prefers } = stage;
  const groups = waiting.also === undefined ? stage.groups : [...new Set([...stage.groups, ...waiting.also])];
  const key = [keyOf(needs), keyOf(prefers), place ?? '', groups.join(), only ?? '', ...(channel === VOICE ? [] : [channel])].join('\t');
  const known = queue.lines.get(key);
  if (known !== undefined) return known;
  const line: Line = { queue, channel, key, needs, prefers, place, groups, only, pools: [], callers: new OrderedList(before), along: new OrderedList(before) };
  queue.lines.set(key, line);
  refit(floor, line);
  return line;
}

/** Finds the pools it is served from, in the order in which they are asked: its own group's, those of its steps, and the reserves that are open. */
export function refit(floor: Floor, line: Line): void {
  const { queue, only, groups } = line;
  const { queueId } = queue.configuration;
  const asked = new Set(only === null ? [queueId, ...groups, ...openGroups(queue.configuration, queue.reserves.open)] : [queueId]);
  const before = line.pools;
  line.pools = [...asked].map((group) => poolFor(floor, line, group));
  for (const pool of line.pools) pool.lines.add(line);
  for (const pool of before) {
    if (line.pools.includes(pool)) continue;
    pool.lines.delete(line);
    if (pool.lines.size === 0) closePool(floor, pool);
  }
  if (line.callers.size > 0) floor.unpaired.add(line);
  // Who already rings somewhere may ring at those who have just come, too.
  if (line.along.size > 0) floor.ringAlong.add(line);
}

/** Forgets a line nobody waits in when the queue has many, or when it was for one agent alone. */
export function closeIfSpare(floor: Floor, line: Line): void {
  if (line.callers.size === 0 && line.along.size === 0 && (line.only !== null || line.queue.lines.size > MOST_EMPTY_LINES)) closeLine(floor, line);
}

export function closeLine(floor: Floor, line: Line): void {
  // It was closed while its caller was being offered; another may stand in its place since.
  if (line.queue.lines.get(line.key) !== line) return;
  line.queue.lines.delete(line.key);
  floor.unpaired.delete(line);
  floor.ringAlong.delete(line);
  for (const pool of line.pools) {
    pool.lines.delete(line);
    if (pool.lines.size === 0) closePool(floor, pool);
  }
}

export const serves = ({ pools }: Line, agent: Agent): boolean => pools.some(({ circle }) => circle.members.has(agent));

/** Each of her lines once. */
export function linesOf(agent: Agent): Set<Line> {
  const lines = new Set<Line>();
  for (const { pools } of agent.circles) for (const pool of pools) for (const line of pool.lines) lines.add(line);
  return lines;
}

/** Everybody who may serve it, once. */
export function membersOf({ pools }: Line): Set<Agent> {
  const all = new Set<Agent>();
  for (const { circle } of pools) for (const agent of circle.members) all.add(agent);
  return all;
}

/** Its idle agents in the order in which they are chosen; some may come twice. */
export function* idleOf({ pools }: Line): Iterable<Agent> {
  for (const { order } of pools) yield* order;
}

export function hasIdle({ pools }: Line): boolean {
  for (const { circle } of pools) if (circle.idle.size > 0) return true;
  return false;
}

/** Her configuration counts from here on. */
export function joinGroups(floor: Floor, agent: Agent): void {
  for (const groupId of groupsOf(agent.configuration)) {
    const group = groupOf(floor, groupId);
    agent.groups.push(group);
    group.members.add(agent);
    group.holders.clear();
    group.counts[publicState(agent.activity)] += 1;
    for (const circle of group.circles.values()) if (admit(floor, circle, agent)) lookForCallers(floor, circle);
  }
}

export function leaveGroups(floor: Floor, agent: Agent): void {
  stopIdling(agent);
  for (const circle of agent.circles) circle.members.delete(agent);
  agent.circles.clear();
  for (const group of agent.groups) {
    group.members.delete(agent);
    group.holders.clear();
    group.counts[publicState(agent.activity)] -= 1;
    floor.forsaken.add(group.queueId);
    dropIfEmpty(floor, group);
  }
  agent.groups = [];
}

export function startIdling(floor: Floor, agent: Agent): void {
  for (const circle of agent.circles) {
    if (agent.others !== null && !isFree(floor, agent, circle)) continue;
    if (comeIdle(circle, agent)) lookForCallers(floor, circle);
  }
}

export function stopIdling(agent: Agent): void {
  for (const circle of agent.circles) goBusy(circle, agent);
}

function lookForCallers(floor: Floor, { pools }: Circle): void {
  for (const { lines } of pools) {
    for (const line of lines) {
      if (line.callers.size > 0) floor.unpaired.add(line);
      if (line.along.size > 0) floor.ringAlong.add(line);
    }
  }
}

/** Pools: the agents of one group who can serve a line, the idle ones in the order the queue chooses them. */
import type { QueueId } from '../../../kernel/ids.ts';
import { type Agent, type Floor, type Group, groupOf, type Line, type Pool, type Queue, type Skill } from '../floor.ts';
import { passesGate } from '../offering/gate.ts';
import { OrderedList } from '../ordered.ts';
import { fractionOf, nextLot } from './lots.ts';
import { chainOf, idleOrder, levelOf, orderKey, weightOf } from './order.ts';

/** The queue's pool of this group for the line, opened if there is none. */
export function poolFor(floor: Floor, line: Line, groupId: QueueId): Pool {
  const { queue, needs, prefers, place, only } = line;
  const asked = { queueId: queue.configuration.queueId, needs, prefers, place };
  const chain = chainOf(queue.configuration.matching?.strategy);
  const key = `${groupId}\t${only ?? ''}\t${keyOf(needs)}\t${orderKey(chain, asked)}`;
  const known = queue.pools.get(key);
  if (known !== undefined) return known;
  const { compare, lot } = idleOrder(chain, asked);
  const group = groupOf(floor, groupId);
  const idle = lot === null ? new OrderedList(compare) : new OrderedList(compare, weightOf);
  const pool: Pool = { queue, key, group, only, needs, members: new Set(), idle, lot, lines: new Set() };
  queue.pools.set(key, pool);
  group.pools.add(pool);
  const one = only === null ? undefined : floor.agents.get(only);
  for (const agent of only === null ? group.members : one !== undefined && group.members.has(one) ? [one] : []) admit(pool, agent);
  return pool;
}

export function closePool(floor: Floor, pool: Pool): void {
  pool.queue.pools.delete(pool.key);
  pool.group.pools.delete(pool);
  for (const agent of pool.members) agent.pools.delete(pool);
  dropIfEmpty(floor, pool.group);
}

/** true when she is one of them. */
export function admit(pool: Pool, agent: Agent): boolean {
  if ((pool.only !== null && pool.only !== agent.configuration.agentId) || !has(agent, pool.needs)) return false;
  pool.members.add(agent);
  agent.pools.add(pool);
  if (agent.activity.state === 'ready' && passesGate(pool.queue, agent)) pool.idle.add(agent);
  return true;
}

export function dropIfEmpty(floor: Floor, group: Group): void {
  if (group.members.size === 0 && group.pools.size === 0) floor.groups.delete(group.queueId);
}

/** The idle agent whose turn it is; she stays where she is. */
export function chosen(floor: Floor, { pools }: Line): Agent | undefined {
  for (const { idle, lot } of pools) {
    if (idle.size === 0) continue;
    if (lot === null || idle.size === 1) return idle.first();
    floor.lots = nextLot(floor.lots);
    return idle.draw(fractionOf(floor.lots), lot.first);
  }
  return undefined;
}

/** Her next turn in a queue that goes round comes after everybody else's. */
export function tookTurn(floor: Floor, { configuration }: Queue, { work }: Agent): void {
  if (configuration.matching?.strategy?.includes('round_robin') !== true) return;
  floor.seq += 1;
  work.turns[configuration.queueId] = floor.seq;
}

export const keyOf = (skills: readonly Skill[]): string => skills.map(({ skill, level }) => `${skill}\n${level}`).join('\n\n');

export const has = (agent: Agent, needs: readonly Skill[]): boolean => needs.every(({ skill, level }) => levelOf(agent.configuration.skills, skill) >= level);

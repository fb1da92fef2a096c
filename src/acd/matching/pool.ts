/** Pools: a circle as one queue sees it, the idle ones in the order in which that queue chooses them. */
import type { QueueId } from '../../../kernel/ids.ts';
import { VOICE } from '../channels/channel.ts';
import type { Agent, Floor, Line, Pool, Queue } from '../floor.ts';
import { circleFor, spare } from './circle.ts';
import { IdleAgents } from './idle.ts';
import { fractionOf, nextLot } from './lots.ts';
import { chainOf, idleOrder, orderKey } from './order.ts';

/** The queue's pool of this group for the line, opened if there is none. */
export function poolFor(floor: Floor, line: Line, groupId: QueueId): Pool {
  const { queue, channel, needs, prefers, place, only } = line;
  const { queueId, matching, offering } = queue.configuration;
  const asked = { queueId, needs, prefers, place };
  const chain = chainOf(matching?.strategy);
  const circle = circleFor(floor, { groupId, only, needs, needsDesk: offering?.needsDesk === true, channel, of: channel === VOICE ? null : queueId });
  const key = `${groupId}\t${circle.key}\t${orderKey(chain, asked)}`;
  const known = queue.pools.get(key);
  if (known !== undefined) return known;
  const pool: Pool = { queue, key, circle, order: new IdleAgents(circle.idle, idleOrder(chain, asked)), lines: new Set() };
  queue.pools.set(key, pool);
  circle.pools.add(pool);
  return pool;
}

export function closePool(floor: Floor, pool: Pool): void {
  const { queue, circle } = pool;
  queue.pools.delete(pool.key);
  circle.pools.delete(pool);
  if (circle.pools.size === 0) spare(floor, circle);
}

/** The idle agent whose turn it is; she stays where she is. */
export function chosen(floor: Floor, { pools }: Line): Agent | undefined {
  for (const { order } of pools) {
    if (order.size === 0) continue;
    if (!order.byLot) return order.first();
    floor.lots = nextLot(floor.lots);
    return order.draw(fractionOf(floor.lots));
  }
  return undefined;
}

/** Her next turn in a queue that goes round comes after everybody else's. */
export function tookTurn(floor: Floor, { configuration }: Queue, { work }: Agent): void {
  if (configuration.matching?.strategy?.includes('round_robin') !== true) return;
  floor.seq += 1;
  work.turns[configuration.queueId] = floor.seq;
}

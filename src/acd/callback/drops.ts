/** Who was cut off while waiting and calls again in time takes the old place (rule of the queue: `redialMs`). */
import type { QueueId, TenantId } from '../../../kernel/ids.ts';
import type { Call, Floor, Moment, Waiting } from '../floor.ts';

export interface Drop {
  queueId: QueueId;
  placedAt: number;
  placeSeq: number;
  /** ms since 1970 */
  until: number;
}

const MOST_DROPS = 10_000;

const keyOf = (tenantId: TenantId, number: string, queueId: QueueId): string => `${tenantId} ${number} ${queueId}`;

/** The caller is gone, whoever cut it. */
export function remember({ floor, now }: Pick<Moment, 'floor' | 'now'>, { call, queue }: Waiting): void {
  const { redialMs } = queue.configuration;
  if (redialMs === undefined || call.placedAt === null || call.from.number === '' || call.callback !== undefined) return;
  const { queueId } = queue.configuration;
  const key = keyOf(call.tenantId, call.from.number, queueId);
  floor.drops.delete(key);
  floor.drops.set(key, { queueId, placedAt: call.placedAt, placeSeq: call.placeSeq, until: now + redialMs });
  for (const [old, { until }] of floor.drops) {
    if (until > now && floor.drops.size <= MOST_DROPS) break;
    floor.drops.delete(old);
  }
}

/** Called again in time: once. */
export function takeOldPlace({ floor, now }: Moment, call: Call, queueId: QueueId): void {
  const key = keyOf(call.tenantId, call.from.number, queueId);
  const drop = floor.drops.get(key);
  if (drop === undefined) return;
  floor.drops.delete(key);
  if (drop.until <= now || call.placedAt !== null) return;
  call.placedAt = drop.placedAt;
  call.placeSeq = drop.placeSeq;
}

/** Nobody was told that those who wait are cut off by our restart: they call again. */
export function rememberAll(m: Pick<Moment, 'floor' | 'now'>): void {
  const { calls }: Floor = m.floor;
  for (const { waiting } of calls.values()) if (waiting !== null) remember(m, waiting);
}

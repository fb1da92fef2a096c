/** Queues as expressions see them: looked at only when one is named, since an estimate has to be worked out. */
import { type QueueId, queueIdOf, type TenantId } from '../../kernel/ids.ts';
import type { LiveQueue } from './expression.ts';

/** Words of the acd, which is to the right: `estimate` null = nobody is there who could serve. */
export type QueuesNow = (queueId: QueueId) => {
  waiting: number;
  signedIn: number;
  ready: number;
  estimate: { p50Ms: number; p90Ms: number; calibrated: boolean } | null;
} | null;

/** Where nobody serves a queue, its wait is a day: longer than whatever it is compared with. */
const NEVER_MS = 86_400_000;

/** A map that has nothing in it and answers when it is asked: cel-js knows maps by their constructor, so that it cannot be a class of its own. */
export function liveQueues(tenantId: TenantId, now: QueuesNow): ReadonlyMap<string, LiveQueue> {
  const get = (name: string): LiveQueue | undefined => liveQueue(now(queueIdOf(tenantId, name)));
  return Object.assign(new Map<string, LiveQueue>(), { get, has: (name: string) => get(name) !== undefined });
}

function liveQueue(queue: ReturnType<QueuesNow>): LiveQueue | undefined {
  if (queue === null) return undefined;
  const { waiting, signedIn, ready, estimate } = queue;
  return {
    waiting: BigInt(waiting),
    signedIn: BigInt(signedIn),
    ready: BigInt(ready),
    p50Seconds: seconds(estimate?.p50Ms ?? NEVER_MS),
    p90Seconds: seconds(estimate?.p90Ms ?? NEVER_MS),
    calibrated: estimate?.calibrated ?? false,
  };
}

const seconds = (ms: number): bigint => BigInt(Math.round(ms / 1_000));

/**
 * Sends what waits, each webhook by itself, so that one that is slow or dead delays no other. What fails is tried again after longer and longer; after the
 * last try it is dead, stays to be seen, and can be sent again by hand. At least once: who receives knows a second one by its `id`.
 */
import type { Clock } from '../../kernel/clock.ts';
import { randomBelow } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import type { KeyRing } from '../../kernel/seal/keys.ts';
import type { Store } from '../store/store.ts';
import {
  type Claimed,
  claimDeliveries,
  dueWebhooks,
  forgetDeliveries,
  type Outcome,
  type StoredWebhook,
  settleDelivery,
  webhookById,
} from '../store/webhooks.ts';
import { type Resolve, targetOf } from './addresses.ts';
import { DEADLINE_MS, post } from './post.ts';
import { liveSecrets } from './secrets.ts';
import { signatureOf } from './signature.ts';

const LOOK_MS = 1_000;
const AT_ONCE = 8;
/** Longer than a try can last. */
const LEASE_SECONDS = Math.ceil(DEADLINE_MS / 1000) * 3;
/** After try 1, 2 …; after the last it is dead: two days in all. */
const RETRY_SECONDS = [10, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400];
export const MOST_TRIES = RETRY_SECONDS.length + 1;
const JITTER_PCT = 20;
const LONGEST_REASON = 200;
const FORGET_EACH_MS = 3_600_000;
const KEEP_DELIVERED_DAYS = 14;
const KEEP_DEAD_DAYS = 30;
const MOST_FORGOTTEN = 10_000;

export interface DispatcherParts {
  store: Pick<Store, 'db'>;
  clock: Clock;
  log: Logger;
  keys: KeyRing;
  /** Hosts that may be reached although their addresses are not public. */
  allowedHosts: ReadonlySet<string>;
  /** How names are looked up, unless by the system. */
  resolve?: Resolve;
  version: string;
}

export class WebhookDispatcher {
  readonly #parts: DispatcherParts;
  readonly #busy = new Map<string, Promise<void>>();
  readonly #stops: (() => void)[];
  #looking: Promise<void> | null = null;
  #closed = false;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    const { clock, store, log } = parts;
    const forget = (): void =>
      void forgetDeliveries(store.db, KEEP_DELIVERED_DAYS, KEEP_DEAD_DAYS, MOST_FORGOTTEN).catch((error: unknown) =>
        log.warn({ err: error }, 'webhooks: old deliveries are not cleared away yet'),
      );
    this.#stops = [clock.every(LOOK_MS, () => this.look()), clock.every(FORGET_EACH_MS, forget)];
  }

  /** There is something new. */
  look(): void {
    if (this.#closed || this.#looking !== null) return;
    this.#looking = this.#start()
      .catch((error: unknown) => this.#parts.log.debug({ err: error }, 'webhooks: cannot be looked at now'))
      .finally(() => {
        this.#looking = null;
      });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const stop of this.#stops) stop();
    await this.#looking;
    await Promise.all(this.#busy.values());
  }

  async #start(): Promise<void> {
    for (const webhookId of await dueWebhooks(this.#parts.store.db)) {
      if (this.#busy.has(webhookId)) continue;
      const draining = this.#drain(webhookId)
        .catch((error: unknown) => this.#parts.log.warn({ err: error, webhookId }, 'webhooks: cannot be sent now'))
        .finally(() => this.#busy.delete(webhookId));
      this.#busy.set(webhookId, draining);
    }
  }

  async #drain(webhookId: string): Promise<void> {
    const { store } = this.#parts;
    while (!this.#closed) {
      const hook = await webhookById(store.db, webhookId);
      if (hook === null || !hook.enabled) return;
      const claimed = await claimDeliveries(store.db, webhookId, AT_ONCE, LEASE_SECONDS);
      if (claimed.length === 0) return;
      await Promise.all(claimed.map(async (one) => settleDelivery(store.db, one.deliveryId, await this.#send(hook, one))));
    }
  }

  async #send(hook: StoredWebhook, { key, type, body, attempts }: Claimed): Promise<Outcome> {
    const { clock, keys, allowedHosts, resolve, version } = this.#parts;
    try {
      const url = new URL(hook.url);
      const target = await targetOf(url, allowedHosts, resolve);
      const now = clock.now();
      const timestamp = Math.floor(now / 1000);
      const status = await post(
        ...([url, target] as const),
        {
          ...{ 'content-type': 'application/json', 'user-agent': `Huawu/${version}`, 'huawu-event': type, 'huawu-delivery': key },
          ...{ 'huawu-timestamp': String(timestamp), 'huawu-signature': signatureOf(liveSecrets(keys, hook, now), timestamp, body) },
        },
        body,
      );
      if (status >= 200 && status < 300) return { ok: true, status };
      return { ok: false, status, error: `it answered ${status}`, retrySeconds: retryAfter(attempts) };
    } catch (error) {
      return { ok: false, status: null, error: reasonOf(error), retrySeconds: retryAfter(attempts) };
    }
  }
}

/** Between four fifths and the whole; null = this was the last try. */
export function retryAfter(attempts: number): number | null {
  const whole = RETRY_SECONDS[attempts - 1];
  return whole === undefined ? null : Math.ceil((whole * (100 - randomBelow(JITTER_PCT + 1))) / 100);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it failed';
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return `no answer within ${DEADLINE_MS / 1000} s`;
  const code = 'code' in error ? `${String(error.code)}: ` : '';
  return `${code}${error.message}`.slice(0, LONGEST_REASON);
}

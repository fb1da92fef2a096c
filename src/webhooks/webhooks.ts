/** What an admin does with webhooks: each change together with its line in the audit trail. */
import type { Clock } from '../../kernel/clock.ts';
import { randomToken, type TenantId } from '../../kernel/ids.ts';
import type { KeyRing } from '../../kernel/seal/keys.ts';
import type { Store } from '../store/store.ts';
import {
  type Delivery,
  type DeliveryState,
  enqueuePing,
  listDeliveries,
  listWebhooks,
  redeliver,
  removeWebhook,
  type StoredWebhook,
  saveWebhook,
  webhookById,
} from '../store/webhooks.ts';
import { urlFault } from './addresses.ts';
import type { WebhookEvent } from './facts.ts';
import { newSecret, sealSecret } from './secrets.ts';

export interface WebhookWish {
  name: string;
  url: string;
  events: readonly WebhookEvent[];
  personal: boolean;
  enabled: boolean;
}
/** As it may be shown: never its secrets. */
export interface Webhook extends WebhookWish {
  webhookId: string;
  tenantId: TenantId;
  /** Until when the secret before signs as well; null = it does not. */
  oldSecretUntil: number | null;
}
export type Alongside = (db: Store['db'], webhookId: string) => Promise<void>;

const MOST_WEBHOOKS = 20;

export interface WebhookParts {
  store: Pick<Store, 'db'>;
  clock: Clock;
  keys: KeyRing;
  allowedHosts: ReadonlySet<string>;
  /** Something is to be sent. */
  look(): void;
  /** One is about to be made or changed. */
  expect(): void;
}

export class Webhooks {
  readonly #parts: WebhookParts;

  constructor(parts: WebhookParts) {
    this.#parts = parts;
  }

  /** What is wrong with an address; null = nothing. */
  fault(url: string): string | null {
    return urlFault(url, this.#parts.allowedHosts);
  }

  async list(tenantId: TenantId): Promise<Webhook[]> {
    return (await listWebhooks(this.#parts.store.db, tenantId)).map((hook) => this.#shown(hook));
  }

  async get(tenantId: TenantId, webhookId: string): Promise<Webhook | null> {
    const found = await this.#find(tenantId, webhookId);
    return found === null ? null : this.#shown(found);
  }

  /** The secret is told here and never again. null: the tenant has as many as it may. */
  async create(tenantId: TenantId, wish: WebhookWish, alongside: Alongside): Promise<{ webhook: Webhook; secret: string } | null> {
    const { store, keys } = this.#parts;
    const webhookId = `${tenantId}:${randomToken(8)}`;
    const secret = newSecret();
    const hook = { ...wish, events: [...wish.events], webhookId, tenantId, secret: sealSecret(keys, webhookId, secret), oldSecret: null, oldUntil: null };
    this.#parts.expect();
    return store.db.transaction().execute(async (trx) => {
      if ((await listWebhooks(trx, tenantId)).length >= MOST_WEBHOOKS) return null;
      await saveWebhook(trx, hook);
      await alongside(trx, webhookId);
      return { webhook: this.#shown(hook), secret };
    });
  }

  async change(tenantId: TenantId, webhookId: string, change: Partial<WebhookWish>, alongside: Alongside): Promise<Webhook | null> {
    const before = await this.#find(tenantId, webhookId);
    if (before === null) return null;
    const after = { ...before, ...change, events: [...(change.events ?? before.events)] };
    this.#parts.expect();
    await this.#save(after, alongside);
    this.#parts.look();
    return this.#shown(after);
  }

  /** A new secret; the one before signs as well for `keepOldMs` more. */
  async rotate(tenantId: TenantId, webhookId: string, keepOldMs: number, alongside: Alongside): Promise<{ webhook: Webhook; secret: string } | null> {
    const { keys, clock } = this.#parts;
    const before = await this.#find(tenantId, webhookId);
    if (before === null) return null;
    const secret = newSecret();
    const old = keepOldMs > 0 ? { oldSecret: before.secret, oldUntil: Math.floor(clock.now() + keepOldMs) } : { oldSecret: null, oldUntil: null };
    const after = { ...before, ...old, secret: sealSecret(keys, webhookId, secret) };
    await this.#save(after, alongside);
    return { webhook: this.#shown(after), secret };
  }

  /** With all that waits for it. */
  async remove(tenantId: TenantId, webhookId: string, alongside: Alongside): Promise<boolean> {
    if ((await this.#find(tenantId, webhookId)) === null) return false;
    await this.#parts.store.db.transaction().execute(async (trx) => {
      await removeWebhook(trx, webhookId);
      await alongside(trx, webhookId);
    });
    return true;
  }

  deliveries(webhookId: string, state: DeliveryState | null, limit: number, before: number | null): Promise<Delivery[]> {
    return listDeliveries(this.#parts.store.db, webhookId, state, limit, before);
  }

  async redeliver(webhookId: string, deliveryId: number, alongside: Alongside): Promise<boolean> {
    const done = await this.#parts.store.db.transaction().execute(async (trx) => {
      if (!(await redeliver(trx, webhookId, deliveryId))) return false;
      await alongside(trx, webhookId);
      return true;
    });
    this.#parts.look();
    return done;
  }

  /** Sends something that stands for no event. */
  async ping({ tenantId, webhookId }: Pick<Webhook, 'tenantId' | 'webhookId'>): Promise<void> {
    const { store, clock, look } = this.#parts;
    const key = `ping:${randomToken(8)}`;
    await enqueuePing(store.db, webhookId, key, { id: key, type: 'ping', tenant: tenantId, at: new Date(clock.now()).toISOString(), data: {} });
    look();
  }

  /** Another tenant's does not exist. */
  async #find(tenantId: TenantId, webhookId: string): Promise<StoredWebhook | null> {
    const found = await webhookById(this.#parts.store.db, webhookId);
    return found?.tenantId === tenantId ? found : null;
  }

  #save(hook: StoredWebhook, alongside: Alongside): Promise<void> {
    return this.#parts.store.db.transaction().execute(async (trx) => {
      await saveWebhook(trx, hook);
      await alongside(trx, hook.webhookId);
    });
  }

  #shown({ secret: _, oldSecret: __, oldUntil, ...hook }: StoredWebhook): Webhook {
    return { ...hook, oldSecretUntil: oldUntil !== null && oldUntil > this.#parts.clock.now() ? oldUntil : null };
  }
}

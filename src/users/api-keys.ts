/**
 * API keys: how programs of a tenant come in. A token is `hwk_`, eight digits by which people know it, and 256 random bits; only its SHA-256 is kept, for
 * there is nothing in it to guess by trying words. What a key may its scopes say, in the same table as the roles of people (`user.ts`). Looked up anew each
 * 4 s: what another process revokes is gone here within 5 s, what this one revokes at once.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../kernel/clock.ts';
import { asId, randomToken, type TenantId, type UserId } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import { apiKeyByHash, countApiKeys, insertApiKey, listApiKeys, revokeApiKey, touchApiKey } from '../store/api-keys.ts';
import type { Store } from '../store/store.ts';
import { SessionUnknown } from './lookup.ts';
import type { Action, User } from './user.ts';

export interface NewApiKey {
  name: string;
  scopes: readonly Action[];
  requestsPerMinute: number;
  /** ms since 1970 */
  expiresAt: number;
  createdBy: UserId;
}
export interface ApiKey extends NewApiKey {
  /** Stands for a user wherever it is written who did something. No user's name has a colon. */
  keyId: UserId;
  tenantId: TenantId;
  /** Of the token, to know it by. */
  prefix: string;
  createdAt: number;
  revokedAt: number | null;
  /** As of the minute. */
  lastUsedAt: number | null;
  lastUsedFrom: string | null;
}

const LOOK_AGAIN_MS = 4_000;
const TOUCH_EACH_MS = 60_000;
const MINUTE_MS = 60_000;
const MOST_CACHED = 5_000;
const MOST_LISTED = 500;
/** That work, of one tenant. */
const MOST_KEYS = 100;
const TOKEN = /^hwk_[0-9a-f]{8}_[0-9a-f]{64}$/;

export const isApiKey = (token: string): boolean => TOKEN.test(token);

/** It has asked more often in this minute than it may. */
export class KeyThrottled extends Error {
  constructor() {
    super('the key has asked too often in this minute');
  }
}

interface Cached {
  key: ApiKey;
  checkedAt: number;
  touchedAt: number;
  minute: number;
  asked: number;
}

type Db = Store['db'];

export class ApiKeys {
  readonly #parts: { store: Store; clock: Clock; log: Logger };
  readonly #cache = new Map<string, Cached>();

  constructor(parts: { store: Store; clock: Clock; log: Logger }) {
    this.#parts = parts;
  }

  /** null: there is no such key, or it works no more. Rejects with KeyThrottled, and with SessionUnknown while nobody can be asked. */
  async identify(token: string, source: string): Promise<User | null> {
    const hash = hashOf(token);
    const name = hash.toString('hex');
    const now = this.#parts.clock.now();
    const cached = await this.#lookUp(hash, name, now);
    if (cached === null || cached.key.revokedAt !== null || cached.key.expiresAt <= now) return null;
    const minute = Math.floor(now / MINUTE_MS);
    cached.asked = cached.minute === minute ? cached.asked + 1 : 1;
    cached.minute = minute;
    if (cached.asked > cached.key.requestsPerMinute) throw new KeyThrottled();
    this.#touch(cached, now, source);
    return userOf(cached.key);
  }

  list(tenantId: TenantId): Promise<ApiKey[]> {
    return listApiKeys(this.#parts.store.db, tenantId, MOST_LISTED);
  }

  /** The token is told here and never again. null: the tenant has as many as it may. */
  async create(tenantId: TenantId, wanted: NewApiKey, alongside: (db: Db, keyId: UserId) => Promise<void>): Promise<{ key: ApiKey; token: string } | null> {
    const { store, clock } = this.#parts;
    const now = Math.floor(clock.now());
    const prefix = randomToken(4);
    const token = `hwk_${prefix}_${randomToken(32)}`;
    const keyId = asId<UserId>(`${tenantId}:key:${prefix}`);
    const key: ApiKey = { ...wanted, keyId, tenantId, prefix, createdAt: now, revokedAt: null, lastUsedAt: null, lastUsedFrom: null };
    return store.db.transaction().execute(async (trx) => {
      if ((await countApiKeys(trx, tenantId, now)) >= MOST_KEYS) return null;
      await insertApiKey(trx, key, hashOf(token));
      await alongside(trx, keyId);
      return { key, token };
    });
  }

  async revoke(tenantId: TenantId, keyId: UserId, alongside: (db: Db) => Promise<void>): Promise<boolean> {
    const { store, clock } = this.#parts;
    const revoked = await store.db.transaction().execute(async (trx) => {
      if (!(await revokeApiKey(trx, tenantId, keyId, clock.now()))) return false;
      await alongside(trx);
      return true;
    });
    for (const [name, { key }] of this.#cache) if (key.keyId === keyId) this.#cache.delete(name);
    return revoked;
  }

  async #lookUp(hash: Buffer, name: string, now: number): Promise<Cached | null> {
    const cached = this.#cache.get(name);
    if (cached !== undefined && now - cached.checkedAt < LOOK_AGAIN_MS) return cached;
    const answer = await this.#parts.store.quickly('api key', async (db) => ({ key: await apiKeyByHash(db, hash) }));
    // Postgres is away: what worked goes on working.
    if (answer === null && cached !== undefined) return cached;
    if (answer === null) throw new SessionUnknown();
    // Revoked here while we asked: the answer is older.
    if (cached !== undefined && !this.#cache.has(name)) return null;
    if (answer.key === null) {
      this.#cache.delete(name);
      return null;
    }
    if (this.#cache.size >= MOST_CACHED) for (const oldest of this.#cache.keys()) if (this.#cache.delete(oldest)) break;
    const kept = { touchedAt: 0, minute: 0, asked: 0, ...this.#cache.get(name), key: answer.key, checkedAt: now };
    this.#cache.set(name, kept);
    return kept;
  }

  #touch(cached: Cached, now: number, source: string): void {
    if (now - cached.touchedAt < TOUCH_EACH_MS) return;
    cached.touchedAt = now;
    const { store, log } = this.#parts;
    touchApiKey(store.db, cached.key.keyId, now, source).catch((error: unknown) => log.warn({ err: error }, 'when a key was used last is not noted'));
  }
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

const userOf = ({ keyId, tenantId, prefix, name, scopes }: ApiKey): User => ({
  ...{ userId: keyId, tenantId, username: `key:${prefix}`, name, scopes },
  ...{ role: 'key', language: 'en', agentId: null },
});

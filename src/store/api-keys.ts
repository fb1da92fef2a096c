/** Keys of programs, by the hash of their token. */
import type { Kysely, Selectable } from 'kysely';
import { asId, type TenantId, type UserId } from '../../kernel/ids.ts';
import type { ApiKey } from '../users/api-keys.ts';
import { type Action, keyScopes } from '../users/user.ts';
import type { Database } from './schema.ts';

export async function insertApiKey(db: Kysely<Database>, key: ApiKey, tokenHash: Buffer): Promise<void> {
  await db
    .insertInto('api_keys')
    .values({
      ...{ key_id: key.keyId, tenant_id: key.tenantId, name: key.name, prefix: key.prefix, token_hash: tokenHash, scopes: [...key.scopes] },
      ...{ requests_per_minute: key.requestsPerMinute, created_at: new Date(key.createdAt), created_by: key.createdBy, expires_at: new Date(key.expiresAt) },
      ...{ revoked_at: null, last_used_at: null, last_used_from: null },
    })
    .execute();
}

export async function apiKeyByHash(db: Kysely<Database>, tokenHash: Buffer): Promise<ApiKey | null> {
  const row = await db.selectFrom('api_keys').selectAll().where('token_hash', '=', tokenHash).executeTakeFirst();
  return row === undefined ? null : keyOf(row);
}

/** Newest first. */
export async function listApiKeys(db: Kysely<Database>, tenantId: TenantId, limit: number): Promise<ApiKey[]> {
  const rows = await db.selectFrom('api_keys').selectAll().where('tenant_id', '=', tenantId).orderBy('created_at', 'desc').limit(limit).execute();
  return rows.map(keyOf);
}

/** Those that still work. */
export async function countApiKeys(db: Kysely<Database>, tenantId: TenantId, now: number): Promise<number> {
  const { n } = await db
    .selectFrom('api_keys')
    .select((count) => count.fn.countAll<number>().as('n'))
    .where('tenant_id', '=', tenantId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', new Date(now))
    .executeTakeFirstOrThrow();
  return n;
}

/** false: there is none, or it was revoked before. */
export async function revokeApiKey(db: Kysely<Database>, tenantId: TenantId, keyId: UserId, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('api_keys')
    .set({ revoked_at: new Date(now) })
    .where('tenant_id', '=', tenantId)
    .where('key_id', '=', keyId)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function touchApiKey(db: Kysely<Database>, keyId: UserId, now: number, source: string): Promise<void> {
  await db
    .updateTable('api_keys')
    .set({ last_used_at: new Date(now), last_used_from: source })
    .where('key_id', '=', keyId)
    .execute();
}

const keyOf = (row: Selectable<Database['api_keys']>): ApiKey => ({
  ...{ keyId: asId<UserId>(row.key_id), tenantId: asId<TenantId>(row.tenant_id), name: row.name, prefix: row.prefix },
  // A scope that there is no more gives nothing.
  scopes: row.scopes.filter((scope): scope is Action => (keyScopes as readonly string[]).includes(scope)),
  ...{ requestsPerMinute: row.requests_per_minute, createdAt: row.created_at.getTime(), createdBy: asId<UserId>(row.created_by) },
  ...{ expiresAt: row.expires_at.getTime(), revokedAt: row.revoked_at?.getTime() ?? null },
  ...{ lastUsedAt: row.last_used_at?.getTime() ?? null, lastUsedFrom: row.last_used_from },
});

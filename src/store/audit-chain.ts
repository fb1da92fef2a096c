/** The chain of the audit trail as it stands in the database, to be proved. */
import { type Kysely, sql } from 'kysely';
import { asId, type TenantId } from '../../kernel/ids.ts';
import type { ChainedEntry, ChainHead } from '../audit/chain.ts';
import type { Database } from './schema.ts';

/** In order, after `seq`. */
export async function chainedEntries(db: Kysely<Database>, tenantId: TenantId, seq: number, limit: number): Promise<ChainedEntry[]> {
  const rows = await db
    .selectFrom('audit_log')
    .select(['seq', 'user_id', 'source', 'action', 'resource'])
    .select(sql<string>`(extract(epoch from at) * 1000000)::bigint::text`.as('micros'))
    .select(sql<string | null>`before::text`.as('before_text'))
    .select(sql<string | null>`after::text`.as('after_text'))
    .select(sql<string>`encode(previous, 'hex')`.as('previous_hex'))
    .select(sql<string>`encode(hash, 'hex')`.as('hash_hex'))
    .where('tenant_id', '=', tenantId)
    .where('seq', '>', seq)
    .orderBy('seq')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    ...{ tenantId, seq: row.seq, at: row.micros, userId: row.user_id, source: row.source, action: row.action, resource: row.resource },
    ...{ before: row.before_text, after: row.after_text, previous: row.previous_hex, hash: row.hash_hex },
  }));
}

/** Where the chain should end. */
export async function auditHead(db: Kysely<Database>, tenantId: TenantId): Promise<ChainHead> {
  const row = await db.selectFrom('audit_heads').selectAll().where('tenant_id', '=', tenantId).executeTakeFirst();
  return row === undefined ? { seq: 0, hash: '' } : { seq: row.seq, hash: row.hash.toString('hex') };
}

/** Every tenant that may have an audit trail, also one that is gone. */
export async function auditedTenants(db: Kysely<Database>): Promise<TenantId[]> {
  const heads = await db.selectFrom('audit_heads').select('tenant_id').execute();
  const tenants = await db.selectFrom('tenants').select('tenant_id').execute();
  return [...new Set([...heads, ...tenants].map(({ tenant_id }) => asId<TenantId>(tenant_id)))].sort();
}

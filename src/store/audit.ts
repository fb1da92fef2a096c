/** Who changed what, from where, before and after. Append-only and chained (`src/audit/chain.ts`): the table refuses anything else. */
import type { Kysely } from 'kysely';
import type { TenantId, UserId } from '../../kernel/ids.ts';
import type { Database } from './schema.ts';

/** A page of the API, and one more to see whether there is another. */
const MOST_AT_ONCE = 201;

export interface AuditEntry {
  /** ms since 1970 */
  at: number;
  tenantId: TenantId;
  /** null = the server itself */
  userId: UserId | null;
  /** Where she is: an address, or `cli`; null = the server itself, or not known. */
  source: string | null;
  /** for example `queue.change`, `user.signIn` */
  action: string;
  /** The id of what was changed. */
  resource: string;
  before?: unknown;
  after?: unknown;
}

export async function writeAudit(db: Kysely<Database>, entry: AuditEntry): Promise<void> {
  const { at, tenantId, userId, source, action, resource, before, after } = entry;
  await db
    .insertInto('audit_log')
    .values({
      at: new Date(at),
      tenant_id: tenantId,
      user_id: userId,
      source,
      action,
      resource,
      before: before === undefined ? null : JSON.stringify(before),
      after: after === undefined ? null : JSON.stringify(after),
    })
    .execute();
}

export interface AuditFilter {
  userId?: UserId;
  /** Begins so. */
  action?: string;
  /** One of these. */
  actions?: readonly string[];
  /** Somewhere in it. */
  resource?: string;
  /** ms since 1970 */
  from?: number;
  to?: number;
}

/** What a person has typed is no pattern. */
const literal = (text: string): string => text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`);

/** Newest first; `before` = the auditId to go on from. */
export async function listAudit(
  db: Kysely<Database>,
  tenantId: TenantId,
  limit: number,
  before: number | null,
  { userId, action, actions, resource, from, to }: AuditFilter = {},
): Promise<(AuditEntry & { auditId: number; seq: number; hash: string })[]> {
  let query = db.selectFrom('audit_log').selectAll().where('tenant_id', '=', tenantId);
  if (userId !== undefined) query = query.where('user_id', '=', userId);
  if (action !== undefined) query = query.where('action', 'like', `${literal(action)}%`);
  if (actions !== undefined) query = query.where('action', 'in', actions);
  if (resource !== undefined) query = query.where('resource', 'like', `%${literal(resource)}%`);
  if (from !== undefined) query = query.where('at', '>=', new Date(from));
  if (to !== undefined) query = query.where('at', '<', new Date(to));
  if (before !== null) query = query.where('audit_id', '<', before);
  const rows = await query
    .orderBy('audit_id', 'desc')
    .limit(Math.min(Math.max(1, limit), MOST_AT_ONCE))
    .execute();
  return rows.map((row) => ({
    ...{ auditId: row.audit_id, seq: row.seq, hash: row.hash.toString('hex'), source: row.source },
    at: row.at.getTime(),
    tenantId: row.tenant_id as TenantId,
    userId: row.user_id as UserId | null,
    action: row.action,
    resource: row.resource,
    before: row.before,
    after: row.after,
  }));
}

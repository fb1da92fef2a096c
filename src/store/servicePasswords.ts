/** Service passwords of customers and how often they were mistyped today. The count is in Postgres: a restart forgets nothing. */
import type { Kysely } from 'kysely';
import type { CustomerId, TenantId } from '../../kernel/ids.ts';
import type { Database } from './schema.ts';

export type Attempt = { state: 'locked' } | { state: 'unknown' } | { state: 'taken'; hash: string | null; wrong: number };

/**
 * Books one attempt as wrong before the password is looked at, so that many callers trying at once get no more than `most`
 * between them; `forgiveAttempt` takes it back when it was right. `wrong` = the day's count with this one.
 */
export async function takeAttempt(db: Kysely<Database>, who: { tenantId: TenantId; customerId: CustomerId; day: string }, most: number): Promise<Attempt> {
  const { tenantId, customerId, day } = who;
  const customer = await db
    .selectFrom('customers')
    .select('service_password_hash')
    .where('customer_id', '=', customerId)
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst();
  if (customer === undefined) return { state: 'unknown' };
  const counted = await db
    .insertInto('password_attempts')
    .values({ customer_id: customerId, day, wrong: 1 })
    .onConflict((conflict) =>
      conflict
        .columns(['customer_id', 'day'])
        .doUpdateSet((update) => ({ wrong: update('password_attempts.wrong', '+', 1) }))
        .where('password_attempts.wrong', '<', most),
    )
    .returning('wrong')
    .executeTakeFirst();
  return counted === undefined ? { state: 'locked' } : { state: 'taken', hash: customer.service_password_hash, wrong: counted.wrong };
}

export async function forgiveAttempt(db: Kysely<Database>, customerId: CustomerId, day: string): Promise<void> {
  await db
    .updateTable('password_attempts')
    .set((update) => ({ wrong: update('wrong', '-', 1) }))
    .where('customer_id', '=', customerId)
    .where('day', '=', day)
    .where('wrong', '>', 0)
    .execute();
}

/** false: the tenant has no such customer. */
export async function saveServicePassword(db: Kysely<Database>, tenantId: TenantId, customerId: CustomerId, hash: string | null): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('customers')
    .set({ service_password_hash: hash })
    .where('customer_id', '=', customerId)
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

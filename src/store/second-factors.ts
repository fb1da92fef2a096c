/** Second factors, and who must have one. */
import type { Kysely, Selectable } from 'kysely';
import type { TenantId, UserId } from '../../kernel/ids.ts';
import type { Database } from './schema.ts';

export interface StoredFactor {
  userId: UserId;
  /** Sealed. */
  seed: string;
  confirmed: boolean;
  lastStep: number;
  recovery: Buffer[];
}
type Db = Kysely<Database>;

export async function factorOf(db: Db, userId: UserId): Promise<StoredFactor | null> {
  const row = await db.selectFrom('second_factors').selectAll().where('user_id', '=', userId).executeTakeFirst();
  return row === undefined ? null : stored(userId, row);
}

/** A new one, not confirmed, in place of one that is not either. false: there is one that is. */
export async function beginFactor(db: Db, userId: UserId, seed: string): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('second_factors')
    .values({ user_id: userId, seed, confirmed_at: null })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ seed, last_step: 0, recovery: [] }).where('second_factors.confirmed_at', 'is', null))
    .executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export async function confirmFactor(db: Db, userId: UserId, at: number, step: number, recovery: Buffer[]): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('second_factors')
    .set({ confirmed_at: new Date(at), last_step: step, recovery })
    .where('user_id', '=', userId)
    .where('confirmed_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** false: a code of this step, or a later one, was used meanwhile. */
export async function spendStep(db: Db, userId: UserId, step: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('second_factors')
    .set({ last_step: step })
    .where('user_id', '=', userId)
    .where('last_step', '<', step)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** false: there is no such recovery code, or it was used. */
export async function spendRecovery(db: Db, userId: UserId, hash: Buffer): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const row = await trx.selectFrom('second_factors').select('recovery').where('user_id', '=', userId).forUpdate().executeTakeFirst();
    const left = (row?.recovery ?? []).filter((each) => !each.equals(hash));
    if (row === undefined || left.length === row.recovery.length) return false;
    await trx.updateTable('second_factors').set({ recovery: left }).where('user_id', '=', userId).execute();
    return true;
  });
}

export async function removeFactor(db: Db, userId: UserId): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('second_factors').where('user_id', '=', userId).executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function readSignInRules(db: Db, tenantId: TenantId): Promise<unknown> {
  return (await db.selectFrom('tenants').select('sign_in_rules').where('tenant_id', '=', tenantId).executeTakeFirst())?.sign_in_rules ?? {};
}

export async function saveSignInRules(db: Db, tenantId: TenantId, rules: object): Promise<void> {
  await db
    .updateTable('tenants')
    .set({ sign_in_rules: JSON.stringify(rules) })
    .where('tenant_id', '=', tenantId)
    .execute();
}

const stored = (userId: UserId, row: Selectable<Database['second_factors']>): StoredFactor => ({
  ...{ userId, seed: row.seed, confirmed: row.confirmed_at !== null, lastStep: row.last_step, recovery: row.recovery },
});

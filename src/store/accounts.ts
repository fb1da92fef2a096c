/** What a customer has and owes: money in fen (1/100 yuan), data in MB, voice in minutes. */

import type { Kysely } from 'kysely';
import type { CustomerId, TenantId } from '../../kernel/ids.ts';
import type { Database } from './schema.ts';
import type { Store } from './store.ts';

export interface Account {
  planName: { zh: string; en: string };
  balanceFen: number;
  monthFeeFen: number;
  dataTotalMb: number;
  dataUsedMb: number;
  voiceTotalMin: number;
  voiceUsedMin: number;
  /** Of the current month, in order; `label` names a prompt. */
  billItems: { label: string; fen: number }[];
}

/** For the call path: null when there is none, or Postgres does not answer within 300 ms. */
export async function accountOf(store: Store, tenantId: TenantId, customerId: CustomerId): Promise<Account | null> {
  const row = await store.quickly('account', (db) =>
    db.selectFrom('accounts').selectAll().where('customer_id', '=', customerId).where('tenant_id', '=', tenantId).executeTakeFirst(),
  );
  if (row === null || row === undefined) return null;
  return {
    planName: { zh: row.plan_name_zh, en: row.plan_name_en },
    balanceFen: row.balance_fen,
    monthFeeFen: row.month_fee_fen,
    dataTotalMb: row.data_total_mb,
    dataUsedMb: row.data_used_mb,
    voiceTotalMin: row.voice_total_min,
    voiceUsedMin: row.voice_used_min,
    billItems: row.bill_items,
  };
}

export async function saveAccount(db: Kysely<Database>, tenantId: TenantId, customerId: CustomerId, account: Account): Promise<void> {
  const row = {
    tenant_id: tenantId,
    plan_name_zh: account.planName.zh,
    plan_name_en: account.planName.en,
    balance_fen: account.balanceFen,
    month_fee_fen: account.monthFeeFen,
    data_total_mb: account.dataTotalMb,
    data_used_mb: account.dataUsedMb,
    voice_total_min: account.voiceTotalMin,
    voice_used_min: account.voiceUsedMin,
    bill_items: JSON.stringify(account.billItems),
  };
  await db
    .insertInto('accounts')
    .values({ customer_id: customerId, ...row })
    .onConflict((conflict) => conflict.column('customer_id').doUpdateSet(row))
    .execute();
}

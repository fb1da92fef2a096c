/** Trunks as the store holds them. A password goes in as its digests and never comes out with the configuration. */
import type { Kysely } from 'kysely';
import { asId, type TenantId } from '../../kernel/ids.ts';
import { readTrunkSettings, type TrunkConfiguration, type TrunkId, type TrunkSecret } from '../tenants/trunk.ts';
import type { Database } from './schema.ts';

export interface StoredTrunk {
  configuration: TrunkConfiguration;
  secret: TrunkSecret | null;
}

export async function readTrunks(db: Kysely<Database>): Promise<StoredTrunk[]> {
  const rows = await db.selectFrom('trunks').selectAll().orderBy('trunk_id').execute();
  return rows.map(({ trunk_id, tenant_id, name, settings, ha1_md5, ha1_sha256 }) => ({
    configuration: { ...readTrunkSettings(settings), trunkId: asId<TrunkId>(trunk_id), tenantId: asId<TenantId>(tenant_id), name },
    secret: ha1_md5 === null || ha1_sha256 === null ? null : { ha1Md5: ha1_md5, ha1Sha256: ha1_sha256 },
  }));
}

/** Makes the trunk or changes it. `secret` undefined: it keeps what it has. */
export async function saveTrunk(db: Kysely<Database>, trunk: TrunkConfiguration, secret: TrunkSecret | null | undefined): Promise<void> {
  const { trunkId: trunk_id, tenantId: tenant_id, name, ...settings } = trunk;
  const changing = {
    settings: JSON.stringify(settings),
    ...(secret === undefined ? {} : { ha1_md5: secret?.ha1Md5 ?? null, ha1_sha256: secret?.ha1Sha256 ?? null }),
  };
  await db
    .insertInto('trunks')
    .values({ trunk_id, tenant_id, name, ...changing })
    .onConflict((conflict) => conflict.column('trunk_id').doUpdateSet(changing))
    .execute();
}

export async function removeTrunk(db: Kysely<Database>, trunkId: TrunkId): Promise<void> {
  await db.deleteFrom('trunks').where('trunk_id', '=', trunkId).execute();
}

/**
 * Legal holds: on a recording, or on a whole call, which is its record and every recording of it, now and later. While one lies nothing of it is erased, neither by a person nor
 * by the end of its time. Whoever lays one and whoever erases ask one after another: what is held cannot go in the same moment.
 */
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import type { CallId, TenantId } from '../../kernel/ids.ts';
import { HOLDS, SPACE } from './advisory.ts';
import type { Database } from './schema.ts';

/** Until the transaction ends. */
export async function lockHolds(trx: Kysely<Database>): Promise<void> {
  await sql`select pg_advisory_xact_lock(${SPACE}::integer, ${HOLDS}::integer)`.execute(trx);
}

/** In a statement: the whole call is held. `callId`: a column, such as `calls.call_id`. */
export const wholeCallHeld = (callId: string): RawBuilder<boolean> =>
  sql<boolean>`exists (select from call_holds where call_holds.call_id = ${sql.ref(callId)})`;

/** In a statement: it is, or a recording of it. */
export const callHeld = (callId: string): RawBuilder<boolean> => sql<boolean>`(${wholeCallHeld(callId)} or exists (
  select from recordings r join recording_care care using (recording_id) where r.call_id = ${sql.ref(callId)} and care.legal_hold
))`;

export const isWholeCallHeld = async (db: Kysely<Database>, callId: CallId): Promise<boolean> =>
  (await db.selectFrom('call_holds').select('call_id').where('call_id', '=', callId).executeTakeFirst()) !== undefined;

/** false: there is no record of such a call. Lifted, no hold of its recordings is left either. */
export function setCallHold(db: Kysely<Database>, { tenantId, callId }: { tenantId: TenantId; callId: CallId }, hold: boolean): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    await lockHolds(trx);
    const call = await trx.selectFrom('calls').select('call_id').where('call_id', '=', callId).where('tenant_id', '=', tenantId).executeTakeFirst();
    if (call === undefined) return false;
    await (hold ? lay(trx, tenantId, callId) : lift(trx, callId));
    return true;
  });
}

async function lay(trx: Transaction<Database>, tenantId: TenantId, callId: CallId): Promise<void> {
  await trx
    .insertInto('call_holds')
    .values({ call_id: callId, tenant_id: tenantId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

async function lift(trx: Transaction<Database>, callId: CallId): Promise<void> {
  await trx.deleteFrom('call_holds').where('call_id', '=', callId).execute();
  await trx
    .updateTable('recording_care')
    .set({ legal_hold: false })
    .where('recording_id', 'in', trx.selectFrom('recordings').select('recording_id').where('call_id', '=', callId))
    .execute();
}

/** Of these calls (of all, where none are named), those that are held, or a recording of theirs. */
export const heldCalls = (db: Kysely<Database>, tenantId: TenantId, among?: readonly string[]) => {
  const ofRecordings = db
    .selectFrom('recordings')
    .innerJoin('recording_care', 'recording_care.recording_id', 'recordings.recording_id')
    .select('recordings.call_id')
    .where('recording_care.legal_hold', '=', true)
    .where('recording_care.tenant_id', '=', tenantId);
  const whole = db.selectFrom('call_holds').select('call_id').where('tenant_id', '=', tenantId);
  if (among === undefined) return ofRecordings.union(whole);
  return ofRecordings.where('recordings.call_id', 'in', [...among]).union(whole.where('call_id', 'in', [...among]));
};

export async function heldAmong(db: Kysely<Database>, tenantId: TenantId, callIds: readonly string[]): Promise<ReadonlySet<string>> {
  if (callIds.length === 0) return new Set();
  const rows = await heldCalls(db, tenantId, callIds).execute();
  return new Set(rows.map(({ call_id }) => call_id));
}

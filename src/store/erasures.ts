/** What the database holds of a customer, found and blanked. A blanked row is at a revision beyond any: a record that is written late does not fill it again. */
import { type Kysely, type Selectable, sql } from 'kysely';
import { asId, type CallId, type CustomerId, type TenantId, type UserId } from '../../kernel/ids.ts';
import { callHeld, heldAmong, lockHolds } from './holds.ts';
import type { Database } from './schema.ts';

const LAST_REVISION = 2_147_483_647;
const MOST_LISTED = 200;
/** Tables of the ledger with a row for each number that was dialled. */
const LEDGER = ['ledger_visits', 'ledger_handled', 'ledger_calls', 'ledger_visits_hours', 'ledger_calls_hours', 'ledger_handled_queue_hours'] as const;

export interface ErasureCounts {
  calls: number;
  interactions: number;
  recordings: number;
  /** Calls that stay because they, or a recording of theirs, are under legal hold. */
  held: number;
  /** Recordings that could not be destroyed: their calls stay until they can. */
  failed: number;
}

export interface Erasure {
  erasureId: string;
  tenantId: TenantId;
  customerId: CustomerId | null;
  numbers: string[];
  reason: string;
  userId: UserId | null;
  source: string | null;
  /** ms since 1970 */
  begunAt: number;
  endedAt: number | null;
  report: Partial<ErasureCounts>;
}

/** Who is meant, and under which numbers she is in the records. */
export type Whose = Pick<Erasure, 'tenantId' | 'customerId' | 'numbers'>;

const erasureOf = (row: Selectable<Database['erasures']>): Erasure => ({
  ...{ erasureId: row.erasure_id, tenantId: asId<TenantId>(row.tenant_id), customerId: row.customer_id === null ? null : asId<CustomerId>(row.customer_id) },
  ...{ numbers: row.numbers, reason: row.reason, userId: row.user_id === null ? null : asId<UserId>(row.user_id), source: row.source },
  ...{ begunAt: row.begun_at.getTime(), endedAt: row.ended_at?.getTime() ?? null, report: row.report as Partial<ErasureCounts> },
});

export async function saveErasure(db: Kysely<Database>, { erasureId, tenantId, customerId, numbers, reason, userId, source, begunAt }: Erasure): Promise<void> {
  await db
    .insertInto('erasures')
    .values({
      ...{ erasure_id: erasureId, tenant_id: tenantId, customer_id: customerId, numbers, reason, user_id: userId, source },
      ...{ begun_at: new Date(begunAt), ended_at: null, report: '{}' },
    })
    .execute();
}

export async function noteErasure(db: Kysely<Database>, erasureId: string, report: ErasureCounts): Promise<void> {
  await db
    .updateTable('erasures')
    .set({ report: JSON.stringify(report) })
    .where('erasure_id', '=', erasureId)
    .execute();
}

/** From here on it does not know either whom it was about. */
export async function endErasureOf(db: Kysely<Database>, erasureId: string, report: ErasureCounts, at: number): Promise<void> {
  await db
    .updateTable('erasures')
    .set({ customer_id: null, numbers: [], ended_at: new Date(at), report: JSON.stringify(report) })
    .where('erasure_id', '=', erasureId)
    .execute();
}

export async function openErasures(db: Kysely<Database>): Promise<Erasure[]> {
  return (await db.selectFrom('erasures').selectAll().where('ended_at', 'is', null).orderBy('begun_at').execute()).map(erasureOf);
}

/** The newest first. */
export async function listErasures(db: Kysely<Database>, tenantId: TenantId): Promise<Erasure[]> {
  const rows = await db.selectFrom('erasures').selectAll().where('tenant_id', '=', tenantId).orderBy('begun_at', 'desc').limit(MOST_LISTED).execute();
  return rows.map(erasureOf);
}

export interface CallToErase {
  callId: CallId;
  arrivedAt: Date;
  held: boolean;
}

/** In the order of their ids, behind `after`; those that a hold keeps are among them. */
export async function callsToErase(db: Kysely<Database>, { tenantId, customerId, numbers }: Whose, after: string, most: number): Promise<CallToErase[]> {
  const { rows } = await sql<{ call_id: string; arrived_at: Date; held: boolean }>`
    select found.call_id, found.arrived_at, ${callHeld('found.call_id')} as held
    from (
      select call_id, arrived_at from calls where tenant_id = ${tenantId} and caller = any(${numbers}::text[])
      union select call_id, arrived_at from calls where customer_id = ${customerId} and tenant_id = ${tenantId}
      union select call_id, arrived_at from calls where tenant_id = ${tenantId} and direction <> 'inbound' and callee = any(${numbers}::text[])
    ) found
    where found.call_id > ${after}
    order by found.call_id
    limit ${most}
  `.execute(db);
  return rows.map((row) => ({ callId: asId<CallId>(row.call_id), arrivedAt: row.arrived_at, held: row.held }));
}

/**
 * Of calls that were hers everything personal goes, and what was told of them to webhooks (or was yet to be told). Within a transaction; how many: those that came under a hold in
 * this very moment stay.
 */
export async function blankCalls(db: Kysely<Database>, { tenantId, numbers }: Whose, asked: readonly CallToErase[]): Promise<number> {
  await lockHolds(db);
  const held = await heldAmong(
    db,
    tenantId,
    asked.map(({ callId }) => callId),
  );
  const calls = asked.filter(({ callId }) => !held.has(callId));
  if (calls.length === 0) return 0;
  const ids = calls.map(({ callId }) => callId);
  const from = new Date(Math.min(...calls.map(({ arrivedAt }) => arrivedAt.getTime())));
  const to = new Date(Math.max(...calls.map(({ arrivedAt }) => arrivedAt.getTime())));
  const these = sql`call_id = any(${ids}::text[]) and arrived_at between ${from} and ${to}`;
  await sql`
    update calls set
      caller = case when direction in ('inbound', 'callback') or caller = any(${numbers}::text[]) then '' else caller end,
      caller_raw = case when direction in ('inbound', 'callback') or caller = any(${numbers}::text[]) then '' else caller_raw end,
      caller_name = case when direction in ('inbound', 'callback') or caller = any(${numbers}::text[]) then null else caller_name end,
      callee = case when direction <> 'inbound' and callee = any(${numbers}::text[]) then '' else callee end,
      callee_raw = case when direction <> 'inbound' and callee = any(${numbers}::text[]) then '' else callee_raw end,
      customer_id = null, notes = null, data = '{}', revision = ${LAST_REVISION},
      agents = coalesce((select jsonb_agg(part || '{"notes": null}' order by n) from jsonb_array_elements(agents) with ordinality as parts (part, n)), '[]')
    where tenant_id = ${tenantId} and ${these}
  `.execute(db);
  await sql`update call_legs set revision = ${LAST_REVISION} where ${these}`.execute(db);
  await sql`
    delete from webhook_deliveries where webhook_id in (select webhook_id from webhooks where tenant_id = ${tenantId})
      and (body->'data'->>'callId' = any(${ids}::text[]) or body->'data'->>'of' = any(${ids}::text[]))
  `.execute(db);
  await db.deleteFrom('tickets').where('tenant_id', '=', tenantId).where(sql<boolean>`call_id = any(${ids}::text[])`).execute();
  return calls.length;
}

export async function interactionsToErase(db: Kysely<Database>, { tenantId, numbers }: Whose, most: number): Promise<CallId[]> {
  const { rows } = await sql<{ id: string }>`
    select interaction_id as id from interactions where tenant_id = ${tenantId} and sender = any(${numbers}::text[]) limit ${most}
  `.execute(db);
  return rows.map(({ id }) => asId<CallId>(id));
}

export async function blankInteractions(db: Kysely<Database>, { tenantId, numbers }: Whose, ids: readonly CallId[]): Promise<void> {
  await sql`
    update interactions set sender = '', data = '{}', revision = ${LAST_REVISION}
    where tenant_id = ${tenantId} and sender = any(${numbers}::text[]) and interaction_id = any(${ids}::text[])
  `.execute(db);
}

/** Her card with all that hangs on it, and what else is known by her number alone. `keepsCard`: a hold keeps calls of hers. */
export async function removeCustomer(db: Kysely<Database>, { tenantId, customerId, numbers }: Whose, erasureId: string, keepsCard: boolean): Promise<void> {
  await sql`delete from tickets where tenant_id = ${tenantId} and number = any(${numbers}::text[])`.execute(db);
  // Calls of others to which she was asked in: they stay theirs.
  await sql`
    update call_legs l set target = null, revision = ${LAST_REVISION} from calls c
    where l.target = any(${numbers}::text[]) and c.call_id = l.call_id and c.arrived_at = l.arrived_at and c.tenant_id = ${tenantId}
  `.execute(db);
  // Before agents' own calls outside were counted as such, their numbers were.
  for (const table of LEDGER) {
    await sql`update ${sql.table(table)} set number = ${erasureId} where tenant_id = ${tenantId} and number = any(${numbers}::text[])`.execute(db);
  }
  if (keepsCard) return;
  await sql`delete from customers where tenant_id = ${tenantId} and (customer_id = ${customerId} or number = any(${numbers}::text[]))`.execute(db);
}

/** null: there is no such customer. */
export async function numberOfCustomer(db: Kysely<Database>, tenantId: TenantId, customerId: CustomerId): Promise<string | null> {
  const row = await db.selectFrom('customers').select('number').where('tenant_id', '=', tenantId).where('customer_id', '=', customerId).executeTakeFirst();
  return row?.number ?? null;
}

export async function customerOfNumber(db: Kysely<Database>, tenantId: TenantId, number: string): Promise<CustomerId | null> {
  const row = await db.selectFrom('customers').select('customer_id').where('tenant_id', '=', tenantId).where('number', '=', number).executeTakeFirst();
  return row === undefined ? null : asId<CustomerId>(row.customer_id);
}

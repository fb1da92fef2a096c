/** Webhooks and what is told to them: put in with what it tells of, taken out until it has arrived. Times of tries are the database's own. */
import { type Kysely, type Selectable, sql } from 'kysely';
import { asId, type TenantId } from '../../kernel/ids.ts';
import type { CallRecord } from '../cdr/record.ts';
import { bodyOf, factsOfRecord, type WebhookEvent, type WebhookFact } from '../webhooks/facts.ts';
import { jsonOf } from './json.ts';
import type { Database } from './schema.ts';

export interface StoredWebhook {
  webhookId: string;
  tenantId: TenantId;
  name: string;
  url: string;
  events: WebhookEvent[];
  personal: boolean;
  enabled: boolean;
  /** Sealed. */
  secret: string;
  oldSecret: string | null;
  /** ms since 1970 */
  oldUntil: number | null;
}
export type DeliveryState = 'waiting' | 'delivered' | 'dead';
export interface Delivery {
  deliveryId: number;
  key: string;
  type: string;
  body: unknown;
  state: DeliveryState;
  attempts: number;
  createdAt: number;
  nextAt: number;
  endedAt: number | null;
  status: number | null;
  error: string | null;
}
/** One to be sent now. */
export interface Claimed {
  deliveryId: number;
  key: string;
  type: string;
  /** JSON, as it is signed and sent. */
  body: string;
  attempts: number;
}

type Db = Kysely<Database>;

export async function anyWebhooks(db: Db): Promise<boolean> {
  return (await db.selectFrom('webhooks').select('webhook_id').where('enabled', '=', true).limit(1).executeTakeFirst()) !== undefined;
}

/** In a transaction of the caller's: told with what it tells of, or not at all. What was put in before stays as it is. */
export async function enqueueFacts(db: Db, facts: readonly WebhookFact[]): Promise<void> {
  if (facts.length === 0) return;
  const rows = facts.map((fact) => ({
    ...{ tenant_id: fact.tenantId, event_key: fact.key, type: fact.type },
    ...{ body: bodyOf(fact, fact.data), masked: bodyOf(fact, fact.masked) },
  }));
  await sql`
    insert into webhook_deliveries (webhook_id, event_key, type, body)
    select w.webhook_id, f.event_key, f.type, case when w.personal then f.body else f.masked end
    from jsonb_to_recordset(${jsonOf(rows)}::jsonb) as f (tenant_id text, event_key text, type text, body jsonb, masked jsonb)
    join webhooks w on w.tenant_id = f.tenant_id and w.enabled and f.type = any (w.events)
    on conflict (webhook_id, event_key) do nothing
  `.execute(db);
}

/** With the records of calls, in their transaction. */
export async function enqueueRecords(db: Db, records: readonly CallRecord[]): Promise<void> {
  if (records.length === 0 || !(await anyWebhooks(db))) return;
  await enqueueFacts(db, records.flatMap(factsOfRecord));
}

/** null: it has never put anything in. */
export async function readCursor(db: Db, house: string): Promise<number | null> {
  return (await db.selectFrom('webhook_cursors').select('seq').where('house', '=', house).executeTakeFirst())?.seq ?? null;
}

export async function writeCursor(db: Db, house: string, seq: number): Promise<void> {
  await db
    .insertInto('webhook_cursors')
    .values({ house, seq })
    .onConflict((conflict) => conflict.column('house').doUpdateSet({ seq }))
    .execute();
}

export async function listWebhooks(db: Db, tenantId: TenantId): Promise<StoredWebhook[]> {
  return (await db.selectFrom('webhooks').selectAll().where('tenant_id', '=', tenantId).orderBy('created_at').execute()).map(webhookOf);
}

export async function webhookById(db: Db, webhookId: string): Promise<StoredWebhook | null> {
  const row = await db.selectFrom('webhooks').selectAll().where('webhook_id', '=', webhookId).executeTakeFirst();
  return row === undefined ? null : webhookOf(row);
}

/** Makes it or changes it. */
export async function saveWebhook(db: Db, hook: StoredWebhook): Promise<void> {
  const changing = {
    ...{ name: hook.name, url: hook.url, events: [...hook.events], personal: hook.personal, enabled: hook.enabled },
    ...{ secret: hook.secret, old_secret: hook.oldSecret, old_until: hook.oldUntil === null ? null : new Date(hook.oldUntil) },
  };
  await db
    .insertInto('webhooks')
    .values({ webhook_id: hook.webhookId, tenant_id: hook.tenantId, ...changing })
    .onConflict((conflict) => conflict.column('webhook_id').doUpdateSet(changing))
    .execute();
}

export async function removeWebhook(db: Db, webhookId: string): Promise<void> {
  await db.deleteFrom('webhooks').where('webhook_id', '=', webhookId).execute();
}

/** Which have something to be sent now. */
export async function dueWebhooks(db: Db): Promise<string[]> {
  const { rows } = await sql<{ webhook_id: string }>`
    select w.webhook_id from webhooks w
    where w.enabled and exists (select from webhook_deliveries d where d.webhook_id = w.webhook_id and d.state = 'waiting' and d.next_at <= now())
  `.execute(db);
  return rows.map(({ webhook_id }) => webhook_id);
}

/** The oldest that are due; nobody else gets them for `leaseSeconds`, after which a try of which nothing was heard is made again. */
export async function claimDeliveries(db: Db, webhookId: string, limit: number, leaseSeconds: number): Promise<Claimed[]> {
  const { rows } = await sql<{ delivery_id: number; event_key: string; type: string; body_text: string; attempts: number }>`
    update webhook_deliveries set next_at = now() + make_interval(secs => ${leaseSeconds}), attempts = attempts + 1
    where delivery_id in (
      select delivery_id from webhook_deliveries
      where webhook_id = ${webhookId} and state = 'waiting' and next_at <= now()
      order by delivery_id limit ${limit} for update skip locked)
    returning delivery_id, event_key, type, body::text as body_text, attempts
  `.execute(db);
  return rows
    .map(({ delivery_id, event_key, type, body_text, attempts }) => ({ deliveryId: delivery_id, key: event_key, type, body: body_text, attempts }))
    .sort((a, b) => a.deliveryId - b.deliveryId);
}

/** `retrySeconds` null: it is given up. */
export type Outcome = { ok: true; status: number } | { ok: false; status: number | null; error: string; retrySeconds: number | null };

export async function settleDelivery(db: Db, deliveryId: number, outcome: Outcome): Promise<void> {
  if (outcome.ok) {
    await sql`update webhook_deliveries set state = 'delivered', ended_at = now(), status = ${outcome.status}, error = null where delivery_id = ${deliveryId}`.execute(
      db,
    );
    return;
  }
  const { status, error, retrySeconds } = outcome;
  await (retrySeconds === null
    ? sql`update webhook_deliveries set state = 'dead', ended_at = now(), status = ${status}, error = ${error} where delivery_id = ${deliveryId}`
    : sql`update webhook_deliveries set next_at = now() + make_interval(secs => ${retrySeconds}), status = ${status}, error = ${error} where delivery_id = ${deliveryId}`
  ).execute(db);
}

/** Newest first; `before` = the id to go on from. */
export async function listDeliveries(db: Db, webhookId: string, state: DeliveryState | null, limit: number, before: number | null): Promise<Delivery[]> {
  let query = db.selectFrom('webhook_deliveries').selectAll().where('webhook_id', '=', webhookId);
  if (state !== null) query = query.where('state', '=', state);
  if (before !== null) query = query.where('delivery_id', '<', before);
  const rows = await query.orderBy('delivery_id', 'desc').limit(limit).execute();
  return rows.map((row) => ({
    ...{ deliveryId: row.delivery_id, key: row.event_key, type: row.type, body: row.body, state: row.state, attempts: row.attempts },
    ...{ createdAt: row.created_at.getTime(), nextAt: row.next_at.getTime(), endedAt: row.ended_at?.getTime() ?? null },
    ...{ status: row.status, error: row.error },
  }));
}

/** Sent again from the first try on, also one that has arrived. false: there is none. */
export async function redeliver(db: Db, webhookId: string, deliveryId: number): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update webhook_deliveries set state = 'waiting', attempts = 0, next_at = now(), ended_at = null
    where webhook_id = ${webhookId} and delivery_id = ${deliveryId}
  `.execute(db);
  return (numAffectedRows ?? 0n) > 0n;
}

/** One that stands for no event, to see whether it arrives. */
export async function enqueuePing(db: Db, webhookId: string, key: string, body: object): Promise<void> {
  await db
    .insertInto('webhook_deliveries')
    .values({ webhook_id: webhookId, event_key: key, type: 'ping', body: JSON.stringify(body) })
    .execute();
}

/** What has ended so long ago. */
export async function forgetDeliveries(db: Db, deliveredDays: number, deadDays: number, most: number): Promise<void> {
  await sql`
    delete from webhook_deliveries where delivery_id in (
      select delivery_id from webhook_deliveries
      where state <> 'waiting' and ended_at < now() - make_interval(days => case state when 'dead' then ${deadDays}::int else ${deliveredDays}::int end)
      limit ${most})
  `.execute(db);
}

const webhookOf = (row: Selectable<Database['webhooks']>): StoredWebhook => ({
  ...{ webhookId: row.webhook_id, tenantId: asId<TenantId>(row.tenant_id), name: row.name, url: row.url, events: row.events as WebhookEvent[] },
  ...{ personal: row.personal, enabled: row.enabled, secret: row.secret, oldSecret: row.old_secret, oldUntil: row.old_until?.getTime() ?? null },
});

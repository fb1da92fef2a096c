/** Reports that are sent by mail: what is due is put by once, whoever asks, and taken out until it has been sent. Times of tries are the database's own. */
import { type Kysely, type Selectable, sql } from 'kysely';
import { asId, type TenantId } from '../../kernel/ids.ts';
import type { ReportWish, Span } from '../report-mail/schedule.ts';
import { jsonOf } from './json.ts';
import type { Database } from './schema.ts';

export interface ReportDelivery extends Span {
  deliveryId: string;
  /** ms since 1970, like all times here */
  dueAt: number;
  state: 'waiting' | 'sent' | 'failed';
  attempts: number;
  error: string | null;
  sentAt: number | null;
}
export interface ReportSchedule extends ReportWish {
  scheduleId: string;
  tenantId: TenantId;
  nextAt: number;
  last: ReportDelivery | null;
}
/** One to be sent now. */
export interface ClaimedReport extends Pick<ReportDelivery, 'deliveryId' | 'dueAt' | 'from' | 'to' | 'attempts'> {
  schedule: Omit<ReportSchedule, 'last'>;
}

type Db = Kysely<Database>;

export async function listReportSchedules(db: Db, tenantId: TenantId): Promise<ReportSchedule[]> {
  const rows = await db.selectFrom('report_schedules').selectAll().where('tenant_id', '=', tenantId).orderBy('created_at').execute();
  const { rows: newest } = await sql<DeliveryRow>`
    select distinct on (d.schedule_id) d.* from report_deliveries d join report_schedules s using (schedule_id)
    where s.tenant_id = ${tenantId} order by d.schedule_id, d.delivery_id desc
  `.execute(db);
  const last = new Map(newest.map((row) => [row.schedule_id, deliveryOf(row)]));
  return rows.map((row) => ({ ...scheduleOf(row), last: last.get(row.schedule_id) ?? null }));
}

/** Makes it or changes it. */
export async function saveReportSchedule(db: Db, { scheduleId, tenantId, nextAt, ...wish }: Omit<ReportSchedule, 'last'>): Promise<void> {
  const { enabled, ...report } = wish;
  const changing = { report: jsonOf(report), enabled, next_at: new Date(nextAt) };
  await db
    .insertInto('report_schedules')
    .values({ schedule_id: scheduleId, tenant_id: tenantId, ...changing })
    .onConflict((conflict) => conflict.column('schedule_id').doUpdateSet(changing))
    .execute();
}

export async function removeReportSchedule(db: Db, scheduleId: string): Promise<void> {
  await db.deleteFrom('report_schedules').where('schedule_id', '=', scheduleId).execute();
}

export async function dueReportSchedules(db: Db, now: number, limit: number): Promise<Omit<ReportSchedule, 'last'>[]> {
  const due = db.selectFrom('report_schedules').selectAll().where('enabled', '=', true).where('next_at', '<=', new Date(now));
  return (await due.orderBy('next_at').limit(limit).execute()).map(scheduleOf);
}

/** Put by, with the time of the next in the same transaction; false: somebody else has done so. */
export async function putReportBy(db: Db, { scheduleId, nextAt }: Pick<ReportSchedule, 'scheduleId' | 'nextAt'>, after: number, span: Span): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('report_schedules')
      .set({ next_at: new Date(after) })
      .where('schedule_id', '=', scheduleId)
      .where('next_at', '<', new Date(after))
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    await insertDelivery(trx, scheduleId, nextAt, span);
    return true;
  });
}

/** One that was asked for by hand; asked for again in the same second, it is the same. */
export async function insertDelivery(db: Db, scheduleId: string, dueAt: number, { from, to }: Span): Promise<ReportDelivery> {
  const row = await db
    .insertInto('report_deliveries')
    .values({ schedule_id: scheduleId, due_at: new Date(dueAt), from_at: new Date(from), to_at: new Date(to) })
    .onConflict((conflict) => conflict.columns(['schedule_id', 'due_at']).doUpdateSet({ from_at: new Date(from) }))
    .returningAll()
    .executeTakeFirstOrThrow();
  return deliveryOf(row);
}

/** The oldest that are due; nobody else gets them for `leaseSeconds`, after which a try of which nothing was heard is made again. */
export async function claimReports(db: Db, limit: number, leaseSeconds: number): Promise<ClaimedReport[]> {
  const { rows } = await sql<DeliveryRow & Selectable<Database['report_schedules']> & { schedule_next_at: Date }>`
    with claimed as (
      update report_deliveries set next_at = now() + make_interval(secs => ${leaseSeconds}), attempts = attempts + 1
      where delivery_id in (
        select delivery_id from report_deliveries where state = 'waiting' and next_at <= now()
        order by delivery_id limit ${limit} for update skip locked)
      returning *)
    select s.*, c.*, s.next_at as schedule_next_at from claimed c join report_schedules s using (schedule_id) order by c.delivery_id
  `.execute(db);
  return rows.map((row) => {
    const { deliveryId, dueAt, from, to, attempts } = deliveryOf(row);
    return { deliveryId, dueAt, from, to, attempts, schedule: scheduleOf({ ...row, next_at: row.schedule_next_at }) };
  });
}

/** `retrySeconds` null: it is given up. */
export type ReportOutcome = { ok: true } | { ok: false; error: string; retrySeconds: number | null };

export async function settleReport(db: Db, deliveryId: string, outcome: ReportOutcome): Promise<void> {
  const id = Number(deliveryId);
  if (outcome.ok) {
    await sql`update report_deliveries set state = 'sent', ended_at = now(), error = null where delivery_id = ${id}`.execute(db);
    return;
  }
  const { error, retrySeconds } = outcome;
  await (retrySeconds === null
    ? sql`update report_deliveries set state = 'failed', ended_at = now(), error = ${error} where delivery_id = ${id}`
    : sql`update report_deliveries set next_at = now() + make_interval(secs => ${retrySeconds}), error = ${error} where delivery_id = ${id}`
  ).execute(db);
}

/** Newest first. */
export async function listReportDeliveries(db: Db, scheduleId: string, limit: number): Promise<ReportDelivery[]> {
  const rows = db.selectFrom('report_deliveries').selectAll().where('schedule_id', '=', scheduleId).orderBy('delivery_id', 'desc').limit(limit);
  return (await rows.execute()).map(deliveryOf);
}

/** What has ended so long ago. */
export async function forgetReportDeliveries(db: Db, days: number): Promise<void> {
  await sql`delete from report_deliveries where state <> 'waiting' and ended_at < now() - make_interval(days => ${days}::int)`.execute(db);
}

type DeliveryRow = Selectable<Database['report_deliveries']>;

const deliveryOf = (row: DeliveryRow): ReportDelivery => ({
  ...{ deliveryId: String(row.delivery_id), dueAt: row.due_at.getTime(), from: row.from_at.getTime(), to: row.to_at.getTime() },
  ...{ state: row.state, attempts: row.attempts, error: row.error, sentAt: row.state === 'sent' ? (row.ended_at?.getTime() ?? null) : null },
});

const scheduleOf = (row: Selectable<Database['report_schedules']>): Omit<ReportSchedule, 'last'> => ({
  ...row.report,
  ...{ scheduleId: row.schedule_id, tenantId: asId<TenantId>(row.tenant_id), enabled: row.enabled, nextAt: row.next_at.getTime() },
});

/** Records of calls and interactions that have been kept as long as their tenant wants. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { TenantId } from '../../kernel/ids.ts';
import { writeAudit } from './audit.ts';
import { lockHolds, wholeCallHeld } from './holds.ts';
import { keepResolution } from './resolution.ts';
import type { Database } from './schema.ts';

export interface OldRecords {
  tenantId: TenantId;
  /** Those that arrived before. */
  before: number;
  now: number;
  reason: string;
  /** At most so many calls, and so many interactions. */
  most: number;
}
export interface GoneRecords {
  calls: number;
  interactions: number;
}

/** A call that is held, or of which a recording is still there (held, or kept longer), stays. */
const forgettable = sql`not ${wholeCallHeld('calls.call_id')} and not exists (
  select from recordings left join recording_care using (recording_id) where recordings.call_id = calls.call_id and recording_care.erased_at is null
)`;

/** The oldest, with their legs and what says that there were recordings, in one transaction with the line of the audit trail that tells of it; taken twice it is the same. */
export async function eraseOldRecords(db: Kysely<Database>, { tenantId, before, now, reason, most }: OldRecords): Promise<GoneRecords> {
  const until = new Date(before).toISOString();
  const { rows: found } = await sql<{ first: Date | null; last: Date | null }>`
    select min(arrived_at) as first, max(arrived_at) as last from (select arrived_at from calls where tenant_id = ${tenantId} and arrived_at < ${until} and ${forgettable} order by arrived_at limit ${most}) old
  `.execute(db);
  const { first, last } = found[0] ?? {};
  const from = first?.toISOString() ?? until;
  // Who came back is counted of the records: what nobody has asked for yet is counted before they go.
  if (first && last) await keepResolution(db, tenantId, { from: first.getTime(), to: last.getTime() + 1 }, now);
  return db.transaction().execute(async (trx) => {
    await lockHolds(trx);
    const gone = { calls: await eraseCalls(trx, tenantId, { from, until }, most), interactions: await eraseInteractions(trx, tenantId, until, most) };
    if (gone.calls + gone.interactions > 0)
      await writeAudit(trx, {
        ...{ at: now, tenantId, userId: null, source: null, action: 'record.erase', resource: `tenant/${tenantId}` },
        after: { reason, before: until, ...gone },
      });
    return gone;
  });
}

/** The bounds are said for each table, so that months that hold none of them are not looked into. */
async function eraseCalls(trx: Kysely<Database>, tenantId: TenantId, { from, until }: { from: string; until: string }, most: number): Promise<number> {
  const within = (table: string): RawBuilder<unknown> => sql`${sql.ref(`${table}.arrived_at`)} >= ${from} and ${sql.ref(`${table}.arrived_at`)} < ${until}`;
  const { rows } = await sql<{ count: number }>`
    with old as (
      select call_id, arrived_at from calls where tenant_id = ${tenantId} and ${within('calls')} and ${forgettable} order by arrived_at limit ${most} for update
    ), legs as (
      delete from call_legs using old where call_legs.call_id = old.call_id and call_legs.arrived_at = old.arrived_at and ${within('call_legs')}
    ), files as (
      delete from recordings using old where recordings.call_id = old.call_id returning recording_id
    ), care as (
      delete from recording_care using files where recording_care.recording_id = files.recording_id
    ), gone as (
      delete from calls using old where calls.call_id = old.call_id and calls.arrived_at = old.arrived_at and ${within('calls')} returning 1
    ) select count(*)::integer as count from gone
  `.execute(trx);
  return rows[0]?.count ?? 0;
}

async function eraseInteractions(trx: Kysely<Database>, tenantId: TenantId, until: string, most: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from interactions using (
      select interaction_id, arrived_at from interactions where tenant_id = ${tenantId} and arrived_at < ${until} order by arrived_at limit ${most} for update
    ) old where interactions.interaction_id = old.interaction_id and interactions.arrived_at = old.arrived_at
  `.execute(trx);
  return Number(numAffectedRows ?? 0n);
}

const PARTED = ['calls', 'call_legs', 'interactions'] as const;
/** Who writes meanwhile waits no longer than this; a month that is in use is looked at again another time. */
const LOCK_MS = 300;

/** Months (UTC) that ended before and hold nothing any more give their room back; how many. */
export async function dropEmptyMonths(db: Kysely<Database>, before: number): Promise<number> {
  const month = new Date(before).toISOString().slice(0, 7).replace('-', '');
  let dropped = 0;
  for (const parent of PARTED) {
    const { rows } = await sql<{ name: string }>`
      select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
      where inhparent = ${parent}::regclass and relname ~ ${`^${parent}_[0-9]{6}$`} and right(relname, 6) < ${month} order by 1
    `.execute(db);
    for (const { name } of rows) if (await dropIfEmpty(db, parent, name)) dropped += 1;
  }
  return dropped;
}

function dropIfEmpty(db: Kysely<Database>, parent: string, name: string): Promise<boolean> {
  const isEmpty = async (on: Kysely<Database>): Promise<boolean> => (await sql`select from ${sql.table(name)} limit 1`.execute(on)).rows.length === 0;
  return db.transaction().execute(async (trx) => {
    if (!(await isEmpty(trx))) return false;
    await sql`set local lock_timeout = ${sql.lit(LOCK_MS)}`.execute(trx);
    await sql`lock table ${sql.table(parent)} in access exclusive mode`.execute(trx);
    if (!(await isEmpty(trx))) return false;
    await sql`drop table ${sql.table(name)}`.execute(trx);
    return true;
  });
}

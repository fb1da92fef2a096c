/** Monthly partitions of the call records, made ahead and, for a stray month, on demand. */
import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

/** The month (UTC) a call of this time lies in, as `YYYY-MM`. */
export const monthOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 7);

/** Makes the partitions of the month of `atMs` and of those that follow, `months` in all, where they are missing. */
export async function ensureMonths(db: Kysely<Database>, atMs: number, months: number): Promise<void> {
  await sql`select ensure_call_months(${`${monthOf(atMs)}-01`}::date, ${months}::integer)`.execute(db);
}

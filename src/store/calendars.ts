/** Calendars of business hours. */
import type { Kysely } from 'kysely';
import { asId, type CalendarId, type TenantId } from '../../kernel/ids.ts';
import { readCalendarRules, type StoredCalendar } from '../tenants/calendar.ts';
import type { Database } from './schema.ts';

export async function readCalendars(db: Kysely<Database>): Promise<StoredCalendar[]> {
  const rows = await db.selectFrom('calendars').selectAll().orderBy('calendar_id').execute();
  return rows.map(({ calendar_id, tenant_id, rules }) => ({
    ...readCalendarRules(rules),
    ...{ calendarId: asId<CalendarId>(calendar_id), tenantId: asId<TenantId>(tenant_id) },
  }));
}

/** Makes the calendar or changes it. */
export async function saveCalendar(db: Kysely<Database>, { calendarId, tenantId, name, timeZone, week, days }: StoredCalendar): Promise<void> {
  const rules = JSON.stringify({ name, timeZone, week, days });
  await db
    .insertInto('calendars')
    .values({ calendar_id: calendarId, tenant_id: tenantId, rules })
    .onConflict((conflict) => conflict.column('calendar_id').doUpdateSet({ rules }))
    .execute();
}

export async function removeCalendar(db: Kysely<Database>, calendarId: CalendarId): Promise<void> {
  await db.deleteFrom('calendars').where('calendar_id', '=', calendarId).execute();
}

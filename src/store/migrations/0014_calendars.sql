-- Business hours that queues go by: name, time zone, week and special days, as src/tenants/calendar.ts has them.
create table calendars (
  calendar_id text primary key, -- <tenant>:<name>
  tenant_id   text not null references tenants on delete cascade,
  rules       jsonb not null
);

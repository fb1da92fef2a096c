-- Reports that are sent by mail, and each time that one was due until it has been sent or is given up.
create table report_schedules (
  schedule_id text primary key, -- <tenant>:<random>
  tenant_id   text not null references tenants on delete cascade,
  report      jsonb not null, -- what is asked of the reports, when, in which form, and who receives it (src/report-mail/schedule.ts)
  enabled     boolean not null,
  next_at     timestamptz not null,
  created_at  timestamptz not null default now()
);
create index report_schedules_tenant on report_schedules (tenant_id);
create index report_schedules_due on report_schedules (next_at) where enabled;

create table report_deliveries (
  delivery_id bigint generated always as identity primary key,
  schedule_id text not null references report_schedules on delete cascade,
  due_at      timestamptz not null,
  from_at     timestamptz not null,
  to_at       timestamptz not null,
  state       text not null default 'waiting' check (state in ('waiting', 'sent', 'failed')),
  attempts    integer not null default 0,
  next_at     timestamptz not null default now(),
  ended_at    timestamptz,
  error       text, -- why the last attempt failed
  unique (schedule_id, due_at)
);
create index report_deliveries_due on report_deliveries (next_at) where state = 'waiting';
create index report_deliveries_log on report_deliveries (schedule_id, delivery_id desc);

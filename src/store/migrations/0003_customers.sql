-- Who calls: customers, their accounts and tickets, and how often their service password was mistyped today.
create table customers (
  customer_id           text primary key,
  tenant_id             text not null references tenants on delete cascade,
  name                  text not null,
  number                text not null, -- E.164, +86...
  tier                  text not null default 'none',
  language              text not null default 'zh' check (language in ('zh', 'en')),
  birth_date            date,
  special_needs         text[] not null default '{}',
  service_password_hash text, -- argon2id, PHC string; null = none set
  created_at            timestamptz not null default now(),
  unique (tenant_id, number)
);

create table accounts (
  customer_id     text primary key references customers on delete cascade,
  tenant_id       text not null references tenants on delete cascade,
  plan_name_zh    text not null,
  plan_name_en    text not null,
  balance_fen     bigint not null,
  month_fee_fen   bigint not null,
  data_total_mb   integer not null,
  data_used_mb    integer not null,
  voice_total_min integer not null,
  voice_used_min  integer not null,
  bill_items      jsonb not null default '[]' -- [{"label": "...", "fen": 0}] of the current month, in order
);

create table tickets (
  ticket_id   text primary key,
  tenant_id   text not null references tenants on delete cascade,
  customer_id text not null references customers on delete cascade,
  title       text not null,
  status      text not null,
  opened_at   timestamptz not null,
  closed_at   timestamptz
);
create index tickets_customer on tickets (customer_id, opened_at desc);

create table password_attempts (
  customer_id text not null references customers on delete cascade,
  day         date not null, -- calendar day in Asia/Shanghai
  wrong       integer not null check (wrong >= 0),
  primary key (customer_id, day)
);

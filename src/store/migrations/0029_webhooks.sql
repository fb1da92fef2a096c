-- Webhooks: what a tenant has told to addresses of its own, and each telling until it has arrived or is given up.
create table webhooks (
  webhook_id  text primary key, -- <tenant>:<random>
  tenant_id   text not null references tenants on delete cascade,
  name        text not null,
  url         text not null,
  events      text[] not null,
  personal    boolean not null, -- numbers whole, and what was attached to a call; else masked and without
  enabled     boolean not null,
  secret      text not null, -- sealed (kernel/seal/box.ts)
  old_secret  text, -- signs as well until old_until
  old_until   timestamptz,
  created_at  timestamptz not null default now()
);
create index webhooks_tenant on webhooks (tenant_id);

create table webhook_deliveries (
  delivery_id bigint generated always as identity primary key,
  webhook_id  text not null references webhooks on delete cascade,
  event_key   text not null, -- the same event is told once
  type        text not null,
  body        jsonb not null,
  state       text not null default 'waiting' check (state in ('waiting', 'delivered', 'dead')),
  attempts    integer not null default 0,
  created_at  timestamptz not null default now(),
  next_at     timestamptz not null default now(),
  ended_at    timestamptz,
  status      integer, -- of the last answer
  error       text, -- why the last attempt failed
  unique (webhook_id, event_key)
);
create index webhook_deliveries_due on webhook_deliveries (webhook_id, next_at) where state = 'waiting';
create index webhook_deliveries_log on webhook_deliveries (webhook_id, delivery_id desc);
create index webhook_deliveries_old on webhook_deliveries (ended_at) where state <> 'waiting';

-- Up to which event of its journal a house has put into webhook_deliveries what is to be told.
create table webhook_cursors (
  house text primary key,
  seq   bigint not null
);

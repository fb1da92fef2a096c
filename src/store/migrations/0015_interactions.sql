-- Records of interactions of other channels than voice: one row each, written when it is over. Partitioned as calls are, by the month (UTC) in which it was handed in.
create table interactions (
  interaction_id text not null,
  arrived_at     timestamptz not null, -- handed in
  revision       integer not null,
  tenant_id      text not null,
  channel        text not null,
  external_id    text,
  sender         text not null,
  priority       integer not null,
  data           jsonb not null,
  offered_at     timestamptz, -- first of all
  assigned_at    timestamptz,
  ended_at       timestamptz not null,
  outcome        text not null, -- done, closed, timeout, full …
  queue_id       text not null, -- the last one it was in
  agent_id       text, -- whose it was last
  disposition    text,
  wait_ms        bigint not null,
  active_ms      bigint not null,
  wrap_up_ms     bigint not null,
  queues         jsonb not null,
  offers         jsonb not null,
  agents         jsonb not null,
  primary key (interaction_id, arrived_at),
  constraint interactions_in_order check (arrived_at <= ended_at)
) partition by range (arrived_at);
create index interactions_tenant on interactions (tenant_id, arrived_at desc, interaction_id desc);
create index interactions_queue on interactions (queue_id, arrived_at desc);
create index interactions_agent on interactions (agent_id, arrived_at desc) where agent_id is not null;

create table interactions_default partition of interactions default;

create or replace function ensure_call_months(first_month date, months integer) returns void language plpgsql as $$
begin
  for ahead in 0 .. months - 1 loop
    perform ensure_month('calls', (date_trunc('month', first_month::timestamp) + make_interval(months => ahead))::date);
    perform ensure_month('call_legs', (date_trunc('month', first_month::timestamp) + make_interval(months => ahead))::date);
    perform ensure_month('interactions', (date_trunc('month', first_month::timestamp) + make_interval(months => ahead))::date);
  end loop;
end $$;

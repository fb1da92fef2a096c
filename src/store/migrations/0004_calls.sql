-- Call records: one row a call, one a leg, one a recording. Calls and legs are partitioned by the month (UTC) of arrival.
-- Keys are (id, arrived_at): a call arrives once, so the pair is as unique as the id, and a partitioned key must hold the partition column.
create table calls (
  call_id           text not null,
  arrived_at        timestamptz not null,
  revision          integer not null, -- the same call written again: the higher one wins
  tenant_id         text not null,
  caller            text not null,
  caller_raw        text not null,
  caller_name       text,
  callee            text not null,
  callee_raw        text not null,
  trunk             text not null,
  sip_call_id       text not null,
  answered_at       timestamptz,
  agent_answered_at timestamptz,
  ended_at          timestamptz not null,
  cause             text not null,
  ended_by          text not null,
  sip_status        integer,
  q850              integer,
  customer_id       text,
  tier              text,
  language          text not null,
  auth_level        smallint not null,
  dialplan_version  text,
  queue_id          text, -- the last one it waited in
  agent_id          text, -- the last one who answered
  queue_wait_ms     bigint not null,
  ring_ms           bigint not null,
  talk_ms           bigint not null,
  hold_ms           bigint not null,
  wrap_up_ms        bigint not null,
  disposition       text,
  notes             text,
  ivr_path          text[] not null,
  queues            jsonb not null,
  offers            jsonb not null,
  agents            jsonb not null,
  data              jsonb not null,
  primary key (call_id, arrived_at),
  constraint calls_in_order check (arrived_at <= ended_at and (answered_at is null or answered_at between arrived_at and ended_at))
) partition by range (arrived_at);
create index calls_tenant on calls (tenant_id, arrived_at desc, call_id desc);
create index calls_customer on calls (customer_id, arrived_at desc) where customer_id is not null;
create index calls_agent on calls (agent_id, arrived_at desc) where agent_id is not null;

create table call_legs (
  leg_id      text not null,
  call_id     text not null,
  arrived_at  timestamptz not null, -- of the call
  revision    integer not null,
  role        text not null,
  agent_id    text,
  offer_id    text,
  target      text,
  started_at  timestamptz not null,
  ringing_at  timestamptz,
  answered_at timestamptz,
  ended_at    timestamptz not null,
  hold_ms     bigint not null,
  cause       text not null,
  ended_by    text not null,
  sip_status  integer,
  q850        integer,
  primary key (leg_id, arrived_at)
) partition by range (arrived_at);
create index call_legs_call on call_legs (call_id);

create table calls_default partition of calls default;
create table call_legs_default partition of call_legs default;

create table recordings (
  recording_id text primary key,
  call_id      text not null,
  tenant_id    text not null,
  revision     integer not null,
  path         text not null,
  started_at   timestamptz not null,
  duration_ms  bigint, -- null = never heard of its end
  complete     boolean not null
);
create index recordings_call on recordings (call_id);

-- Makes the partition of one month, taking over rows that had to go to the default one.
create function ensure_month(parent text, month date) returns void language plpgsql as $$
declare
  first timestamptz := date_trunc('month', month::timestamp) at time zone 'UTC';
  next  timestamptz := (date_trunc('month', month::timestamp) + interval '1 month') at time zone 'UTC';
  part  text := parent || '_' || to_char(month, 'YYYYMM');
begin
  if to_regclass(part) is not null then return; end if;
  -- One maker at a time; who waited finds it made.
  perform pg_advisory_xact_lock(hashtext('ensure_month ' || parent));
  if to_regclass(part) is not null then return; end if;
  -- Nobody may write a row of this month into the default partition between its emptying and the attaching.
  execute format('lock table %I in share row exclusive mode', parent);
  execute format('create table %I (like %I including defaults including constraints)', part, parent);
  execute format(
    'with moved as (delete from %I where arrived_at >= %L and arrived_at < %L returning *) insert into %I select * from moved',
    parent || '_default', first, next, part);
  execute format('alter table %I attach partition %I for values from (%L) to (%L)', parent, part, first, next);
end $$;

create function ensure_call_months(first_month date, months integer) returns void language plpgsql as $$
begin
  for ahead in 0 .. months - 1 loop
    perform ensure_month('calls', (date_trunc('month', first_month::timestamp) + make_interval(months => ahead))::date);
    perform ensure_month('call_legs', (date_trunc('month', first_month::timestamp) + make_interval(months => ahead))::date);
  end loop;
end $$;

-- A customer's contacts; other channels will join by union.
create view contacts as
  select call_id, tenant_id, customer_id, arrived_at, queue_id, agent_id, cause, disposition, notes, 'voice'::text as channel
  from calls
  where customer_id is not null;

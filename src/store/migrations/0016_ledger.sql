-- The ledger: what was counted in each five minutes (UTC) of a tenant. An interval is written whole, and again when something has changed in it
-- since: the higher revision takes the place of the lower with all its rows, in one transaction. Times are ms; names are those of src/ledger/measures.ts.
create table ledger_intervals (
  tenant_id      text not null,
  start_at       timestamptz not null,
  revision       integer not null,
  reconciliation jsonb not null, -- sums that are counted in more than one way
  primary key (tenant_id, start_at)
);

-- Visits to queues, in the interval in which they came. Each lies in one of the columns from waiting to refused_no_agents.
create table ledger_visits (
  tenant_id           text not null,
  start_at            timestamptz not null,
  queue_id            text not null,
  number              text not null, -- the number that was dialled; '' = it came in writing
  channel             text not null,
  entered             integer not null,
  waiting             integer not null, -- not over when this was written
  answered            integer not null,
  abandoned           integer not null,
  short_abandoned     integer not null,
  timed_out           integer not null,
  no_agents           integer not null,
  closed              integer not null,
  overflowed          integer not null,
  left_by_key         integer not null,
  transferred         integer not null,
  otherwise           integer not null,
  "full"              integer not null,
  dissuaded           integer not null,
  refused_closed      integer not null,
  refused_no_agents   integer not null,
  answered_within     integer not null, -- the queue's own threshold
  abandoned_within    integer not null,
  answered_within15   integer not null, -- 15 s
  abandoned_within15  integer not null,
  answer_wait_ms      bigint not null,
  abandon_wait_ms     bigint not null,
  longest_wait_ms     bigint not null,
  primary key (tenant_id, start_at, queue_id, number, channel)
);

-- Contacts that agents served, in the interval in which they came.
create table ledger_handled (
  tenant_id   text not null,
  start_at    timestamptz not null,
  agent_id    text not null,
  team        text not null, -- '' = none
  queue_id    text not null, -- '' = she had it directly
  number      text not null,
  channel     text not null,
  disposition text not null, -- '' = none
  handled     integer not null,
  from_queue  integer not null,
  talk_ms     bigint not null,
  hold_ms     bigint not null, -- with consultation
  wrap_up_ms  bigint not null,
  transfers   integer not null,
  primary key (tenant_id, start_at, agent_id, team, queue_id, number, channel, disposition)
);

-- Seconds of agents who are signed in, when they were; and offers, when they were made. Each ms lies in one of the columns from ready_ms to unobserved_ms.
create table ledger_agents (
  tenant_id      text not null,
  start_at       timestamptz not null,
  agent_id       text not null,
  team           text not null,
  queue_id       text not null, -- whose work it was; '' = no queue's
  ready_ms       bigint not null,
  serving_ms     bigint not null,
  reserved_ms    bigint not null,
  ringing_ms     bigint not null,
  talking_ms     bigint not null,
  holding_ms     bigint not null,
  consulting_ms  bigint not null,
  wrapping_up_ms bigint not null,
  not_ready_ms   bigint not null,
  unobserved_ms  bigint not null, -- the house was not there
  reasons        jsonb not null, -- how not_ready_ms is made up
  offers         integer not null,
  taken          integer not null,
  unanswered     integer not null,
  rejected       integer not null,
  busy           integer not null,
  unreachable    integer not null,
  withdrawn      integer not null,
  pending        integer not null,
  primary key (tenant_id, start_at, agent_id, team, queue_id)
);

-- Calls, in the interval in which they arrived at the house. Each lies in one of the columns from open to internal.
create table ledger_calls (
  tenant_id       text not null,
  start_at        timestamptz not null,
  number          text not null,
  channel         text not null,
  arrived         integer not null,
  open            integer not null,
  served          integer not null,
  abandoned       integer not null,
  short_abandoned integer not null,
  unserved        integer not null,
  callback_kept   integer not null,
  contained       integer not null,
  left_in_ivr     integer not null,
  refused         integer not null,
  internal        integer not null,
  primary key (tenant_id, start_at, number, channel)
);

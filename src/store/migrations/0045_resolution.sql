-- First contact resolution (src/ledger/definitions.ts): whether who was served came back within seven days. A day (UTC) whose seven days are over is worked
-- out once, when somebody asks, and kept by the hour; what is younger is worked out of the calls each time.
drop index if exists calls_caller; -- 0043's, which this one does for too
create index calls_caller on calls (tenant_id, caller, arrived_at) include (direction, disposition);

create table resolution_days (
  tenant_id text not null,
  day       date not null, -- UTC
  primary key (tenant_id, day)
);

create table resolution_hours (
  tenant_id    text not null,
  start_at     timestamptz not null, -- in which the contact came
  agent_id     text not null, -- who served it last
  queue_id     text not null, -- '' = none
  number       text not null,
  disposition  text not null, -- '' = none
  contacts     integer not null,
  pending      integer not null, -- always 0: the seven days are over
  repeated     integer not null,
  repeated24h  integer not null,
  repeated48h  integer not null,
  repeated72h  integer not null,
  primary key (tenant_id, start_at, agent_id, queue_id, number, disposition)
);

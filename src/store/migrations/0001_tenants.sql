-- Who owns what: tenants, their dialled numbers, queues, agents and the agents' phones.
create table tenants (
  tenant_id   text primary key,
  name        text not null,
  -- Host parts under which its phones register.
  sip_domains text[] not null default '{}',
  created_at  timestamptz not null default now()
);

create table numbers (
  number    text primary key,
  tenant_id text not null references tenants on delete cascade,
  position  integer not null default 0
);

create table queues (
  queue_id             text primary key, -- <tenant>:<name>
  tenant_id            text not null references tenants on delete cascade,
  name_zh              text not null,
  name_en              text not null,
  skills               jsonb not null default '[]', -- [{"skill": "...", "level": 1-10}]
  max_wait_ms          integer check (max_wait_ms > 0), -- null = no limit
  max_waiting          integer not null check (max_waiting >= 0),
  leave_when_no_agents boolean not null,
  ring_timeout_ms      integer not null check (ring_timeout_ms > 0),
  wrap_up_ms           integer not null check (wrap_up_ms >= 0),
  record               boolean not null,
  music                text, -- null = silence
  answer_within_ms     integer not null check (answer_within_ms > 0)
);

create table agents (
  agent_id       text primary key, -- <tenant>:<number>
  tenant_id      text not null references tenants on delete cascade,
  number         text not null,
  name           text not null,
  static_contact text, -- a phone at a fixed address that needs no registration
  unique (tenant_id, number)
);

create table agent_queues (
  agent_id text not null references agents on delete cascade,
  queue_id text not null references queues on delete cascade,
  primary key (agent_id, queue_id)
);

create table agent_skills (
  agent_id text not null references agents on delete cascade,
  skill    text not null,
  level    integer not null check (level between 1 and 10),
  primary key (agent_id, skill)
);

create table sip_accounts (
  tenant_id  text not null references tenants on delete cascade,
  username   text not null,
  agent_id   text not null references agents on delete cascade,
  realm      text not null,
  ha1_md5    text not null, -- H(username:realm:password), hex (RFC 7616 section 3.4.2)
  ha1_sha256 text not null,
  primary key (tenant_id, username)
);

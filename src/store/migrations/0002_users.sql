-- Who may do what: users, their sessions, and what they changed.
create table users (
  user_id       text primary key, -- <tenant>:<username>
  tenant_id     text not null references tenants on delete cascade,
  username      text not null,
  name          text not null,
  role          text not null check (role in ('agent', 'supervisor', 'admin')),
  language      text not null default 'zh' check (language in ('zh', 'en')),
  agent_id      text references agents on delete set null,
  password_hash text not null, -- argon2id, PHC string
  disabled      boolean not null default false,
  created_at    timestamptz not null default now(),
  unique (tenant_id, username)
);
create index users_username on users (username);

create table sessions (
  token_hash bytea primary key, -- SHA-256 of the token; the token itself is nowhere
  user_id    text not null references users on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index sessions_user on sessions (user_id);
create index sessions_expiry on sessions (expires_at);

create table audit_log (
  audit_id  bigint generated always as identity primary key,
  at        timestamptz not null,
  tenant_id text not null,
  user_id   text, -- null = the server itself
  action    text not null,
  resource  text not null,
  before    jsonb,
  after     jsonb
);
create index audit_log_tenant on audit_log (tenant_id, audit_id desc);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger audit_log_append_only before update or delete on audit_log
  for each row execute function refuse_change();

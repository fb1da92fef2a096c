-- Second factors, sign-in by an identity provider, and the roles there are.
create table second_factors (
  user_id      text primary key references users on delete cascade,
  seed         text not null, -- sealed (kernel/seal/box.ts)
  confirmed_at timestamptz, -- null: shown, and not proved yet that somebody has it
  last_step    bigint not null default 0, -- of the last code that was good: none as old is good again
  recovery     bytea[] not null default '{}' -- SHA-256 of recovery codes that are left
);

-- Whom an identity provider knows under which name.
create table user_identities (
  issuer    text not null,
  subject   text not null,
  user_id   text not null references users on delete cascade,
  linked_at timestamptz not null default now(),
  primary key (issuer, subject)
);
create index user_identities_user on user_identities (user_id);

alter table tenants add column sign_in_rules jsonb not null default '{}'; -- SignInRules of src/users/rules.ts

-- A session in which nothing may be done but to set up the second factor that the user's role must have.
alter table sessions add column limited boolean not null default false;

alter table users drop constraint users_role_check;
alter table users add constraint users_role_check
  check (role in ('agent', 'lead', 'supervisor', 'quality', 'planner', 'admin', 'auditor'));

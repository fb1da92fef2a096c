-- Keys of programs: what each may, how often and until when. The token is told once; only its hash is kept. One that was revoked stays, for the audit trail's sake.
create table api_keys (
  key_id              text primary key, -- <tenant>:key:<prefix>
  tenant_id           text not null references tenants on delete cascade,
  name                text not null,
  prefix              text not null unique, -- what of the token may be shown
  token_hash          bytea not null unique, -- SHA-256
  scopes              text[] not null, -- actions of src/users/user.ts
  requests_per_minute integer not null check (requests_per_minute > 0),
  created_at          timestamptz not null,
  created_by          text not null,
  expires_at          timestamptz not null,
  revoked_at          timestamptz,
  last_used_at        timestamptz,
  last_used_from      text
);
create index api_keys_tenant on api_keys (tenant_id, created_at desc);

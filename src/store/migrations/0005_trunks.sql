-- Trunks: how calls leave and from where calls are believed. No password is kept, only its digests for the realm of its credentials.
create table trunks (
  trunk_id   text primary key, -- <tenant>:<name>
  tenant_id  text not null references tenants on delete cascade,
  name       text not null,
  settings   jsonb not null, -- TrunkSettings of src/tenants/trunk.ts
  ha1_md5    text, -- H(username:realm:password), hex (RFC 7616 section 3.4.2)
  ha1_sha256 text,
  unique (tenant_id, name),
  check ((ha1_md5 is null) = (ha1_sha256 is null))
);

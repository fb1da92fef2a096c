-- What a tenant's admin sets of it (src/tenants/settings.ts) and of each of its numbers (src/tenants/numbers.ts).
alter table tenants add column settings jsonb not null default '{}';
alter table numbers add column rules jsonb not null default '{}';

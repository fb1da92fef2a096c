-- When a tenant's whole floor calls its supervisors; each bound may be absent, and then never for that.
alter table tenants add column floor_alerts jsonb not null default '{}';

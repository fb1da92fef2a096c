-- Further rules of queues and agents, by section; their shapes are in src/tenants/sections.ts.
alter table queues add column rules jsonb not null default '{}';
alter table agents add column rules jsonb not null default '{}';

-- What may be dialled outside on a tenant's account: OutsideRules of src/toll/policy.ts, where they differ from the usual ones.
alter table tenants add column outside_rules jsonb not null default '{}';

-- Legal holds on whole calls (src/store/holds.ts): their records and every recording of theirs, also where there is none. Who laid one, when and why is in the audit trail.
create table call_holds (
  call_id   text primary key,
  tenant_id text not null references tenants on delete cascade
);
create index call_holds_tenant on call_holds (tenant_id);

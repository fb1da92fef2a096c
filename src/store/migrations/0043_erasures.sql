-- Erasures of customers: begun, gone on with after a crash, and what came of each. While one is under way it knows whom it is about; once it has ended, no more.
create table erasures (
  erasure_id  text primary key, -- <tenant>:<random>
  tenant_id   text not null references tenants on delete cascade,
  customer_id text, -- null = it was asked for by number, or has ended
  numbers     text[] not null, -- every way in which hers is written; empty = it has ended
  reason      text not null,
  user_id     text,
  source      text,
  begun_at    timestamptz not null,
  ended_at    timestamptz,
  report      jsonb not null default '{}' -- counts, so far (src/customers/erasure.ts)
);
create index erasures_tenant on erasures (tenant_id, begun_at desc);
create index erasures_open on erasures (begun_at) where ended_at is null;

-- Whose number it is, as erasure and searches ask: who called, and who was called.
create index calls_caller on calls (tenant_id, caller, arrived_at desc);
create index calls_called on calls (tenant_id, callee) where direction <> 'inbound';
create index call_legs_target on call_legs (target) where target is not null;

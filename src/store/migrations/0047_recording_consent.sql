-- What callers were told of recording, or answered (src/cdr/record.ts, ConsentRecord).
alter table calls add column consent jsonb; -- null = nothing was said of it

create index calls_consent on calls (tenant_id, (consent->>'state'), arrived_at desc, call_id desc) where consent is not null;

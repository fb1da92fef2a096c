-- What callers said of the talk afterwards (src/cdr/record.ts, SurveyRecord). The rating stands apart for searches, and when she was asked for leaving
-- her alone afterwards. Who is not content is seen to: a ticket of her own, or of her number where nobody knows her.
alter table calls
  add column survey      jsonb,       -- null = her queue has none
  add column surveyed_at timestamptz, -- null = she was not asked
  add column rating      smallint;    -- 1 very satisfied to 5

create index calls_rating on calls (tenant_id, rating, arrived_at desc, call_id desc) where rating is not null;
create index calls_surveyed on calls (tenant_id, caller, surveyed_at desc) where surveyed_at is not null;

alter table tickets
  alter column customer_id drop not null,
  add column call_id text,   -- the call it came of; null = of none
  add column number  text,   -- whom it is about where no customer is known
  add constraint tickets_about check (customer_id is not null or number is not null);
create index tickets_call on tickets (call_id) where call_id is not null;

-- Counted with what agents served (src/ledger/measures.ts): how many were asked, and how they rated.
do $$
declare
  name text;
begin
  foreach name in array array['ledger_handled', 'ledger_handled_agent_hours', 'ledger_handled_queue_hours'] loop
    execute format(
      'alter table %I add column surveyed integer not null default 0, add column rated integer not null default 0, add column rated1 integer not null default 0,
         add column rated2 integer not null default 0, add column rated3 integer not null default 0, add column rated4 integer not null default 0,
         add column rated5 integer not null default 0',
      name);
  end loop;
end $$;

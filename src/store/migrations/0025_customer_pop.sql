-- What an agent should see before she offers anything: where a customer is at home, whether she may be offered things; and her contacts on every channel.
alter table customers
  add column region text,
  add column marketing_consent text check (marketing_consent in ('given', 'refused')); -- null = not asked

create index interactions_sender on interactions (tenant_id, sender, arrived_at desc);

create or replace view contacts as
  select call_id, tenant_id, customer_id, arrived_at, queue_id, agent_id, cause, disposition, notes, 'voice'::text as channel
  from calls
  where customer_id is not null
  union all
  -- Who writes is known by the number she writes from, as the network or as people put it.
  select i.interaction_id, i.tenant_id, c.customer_id, i.arrived_at, i.queue_id, i.agent_id, i.outcome, i.disposition, null, i.channel
  from customers c
  join interactions i on i.tenant_id = c.tenant_id and i.sender in (c.number, regexp_replace(c.number, '^\+86', ''));

-- Tickets are worked: who sees to one, what was noted, and with what result it was closed. What a caller rated stands apart from the title, which agents may come to see.
alter table tickets
  add column kind        text not null default 'case', -- case: of the operator's own · survey: a caller was not content
  add column queue_id    text,                         -- of survey: from which queue, and whom it counts for
  add column agent_id    text,
  add column rating      smallint,
  add column reason      text,
  add column assigned_to text,                         -- user who sees to it; null = nobody yet
  add column notes       jsonb not null default '[]',  -- [{ at, by, text }], first to last
  add column result      text,                         -- null = not closed, or closed elsewhere
  add column closed_by   text;

update tickets t set kind = 'survey', rating = c.rating, reason = c.survey->>'reason', queue_id = c.survey->>'queueId', agent_id = c.survey->>'agentId',
  title = case when c.language = 'en' then 'Follow-up after the call' else '通话后回访' end
from calls c where t.ticket_id = 'survey-' || c.call_id and t.call_id = c.call_id;

create index tickets_open on tickets (tenant_id, opened_at, ticket_id) where closed_at is null;
create index tickets_closed on tickets (tenant_id, closed_at desc, ticket_id) where closed_at is not null;

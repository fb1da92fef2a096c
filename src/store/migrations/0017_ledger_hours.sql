-- Hours (UTC) of the ledger, for reports over days and months: sums of its five minutes, made anew in the transaction that writes one of them.
create table ledger_visits_hours (like ledger_visits including defaults, primary key (tenant_id, start_at, queue_id, number, channel));
create table ledger_agents_hours (like ledger_agents including defaults, primary key (tenant_id, start_at, agent_id, team, queue_id));
alter table ledger_agents_hours drop column reasons;
create table ledger_calls_hours (like ledger_calls including defaults, primary key (tenant_id, start_at, number, channel));
-- What agents served, once by who and once by what: both together would be as long as the list of calls.
create table ledger_handled_agent_hours (like ledger_handled including defaults);
alter table ledger_handled_agent_hours drop column number, drop column disposition, add primary key (tenant_id, start_at, agent_id, team, queue_id, channel);
create table ledger_handled_queue_hours (like ledger_handled including defaults);
alter table ledger_handled_queue_hours drop column agent_id, drop column team, add primary key (tenant_id, start_at, queue_id, number, channel, disposition);

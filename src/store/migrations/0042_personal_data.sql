-- Searches by the last four digits of who called.
create index calls_caller_ends on calls (tenant_id, right(caller, 4), arrived_at desc, call_id desc);
-- What keys see of callers has an action of its own (personal.read in src/users/user.ts); those there are go on seeing what they saw.
update api_keys set scopes = scopes || '{personal.read}'::text[]
where scopes && '{customer.read,call.readLive,record.read,callback.read,callback.cancel,interaction.read,call.trace,webhook.read,audit.read}'::text[];

-- Searches of the consoles: by the queue a call waited in last, by disposition, and by what was attached to it.
create index calls_queue on calls (tenant_id, queue_id, arrived_at desc, call_id desc) where queue_id is not null;
create index calls_disposition on calls (tenant_id, disposition, arrived_at desc, call_id desc) where disposition is not null;
create index calls_data on calls using gin (data jsonb_path_ops);

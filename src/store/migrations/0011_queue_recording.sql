-- RecordingRule of src/call/event.ts: `record` decides only where it is optional.
alter table queues add column recording text not null default 'optional' check (recording in ('optional', 'mandatory', 'forbidden'));

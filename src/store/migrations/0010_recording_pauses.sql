-- Where a recording is silent because somebody had it paused: RecordingPause[] of src/cdr/record.ts.
alter table recordings add column pauses jsonb not null default '[]';

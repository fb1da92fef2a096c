-- What a recording's file is known by, what is kept beside its record, and for how long it is kept.
alter table recordings
  add column reason text, -- why it is not complete
  add column seal   text, -- last value of a sealed file's hash chain, hex
  add column bytes  bigint;
create index recordings_age on recordings (tenant_id, started_at);

alter table calls add column recording text not null default 'none' check (recording in ('none', 'complete', 'partial'));

-- RecordingRules of src/recordings/rules.ts, where they differ from the usual ones.
alter table tenants add column recording_rules jsonb not null default '{}';

-- What people decide about a recording; its record is folded from the journal and never holds this. No row: nothing was decided.
create table recording_care (
  recording_id text primary key,
  tenant_id    text not null,
  legal_hold   boolean not null default false,
  erasing_at   timestamptz, -- begun: whoever comes after a crash goes on
  erased_at    timestamptz,
  erase_reason text,
  check (erased_at is null or erasing_at is not null)
);

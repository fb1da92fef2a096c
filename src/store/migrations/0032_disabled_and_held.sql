-- An agent who takes no calls any more and may come back: on no floor, her phone does not register; her records stay.
alter table agents add column disabled boolean not null default false;

-- Few are ever held; those are looked for by name.
create index recording_care_held on recording_care (tenant_id, recording_id) where legal_hold;

-- Who made the call (src/cdr/record.ts, Direction): inbound, outbound, internal, callback.
alter table calls add column direction text not null default 'inbound';

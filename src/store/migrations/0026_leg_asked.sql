-- Who was asked in by an agent (src/cdr/record.ts, AskedRecord): how, by which leg, and how that ended; null = nobody asked.
alter table call_legs add column asked jsonb;

-- How each leg sounded: codec, MOS estimates, loss, jitter, round trip, troubles (src/call/event.ts, LegAudio); null = not measured.
alter table call_legs add column audio jsonb;

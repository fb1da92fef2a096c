-- How an agent's phone is rung and what it is sent: PhoneSettings of src/acd/event.ts.
alter table agents add column phone jsonb not null default '{}';

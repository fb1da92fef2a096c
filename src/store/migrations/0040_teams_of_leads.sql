-- The teams a team lead leads, by the name that agents have them under. Of other roles they count for nothing.
alter table users add column teams text[] not null default '{}';

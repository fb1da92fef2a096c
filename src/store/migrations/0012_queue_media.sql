-- `direct`: phones of who talk unrecorded send audio to one another, past the media server.
alter table queues add column media text not null default 'anchored' check (media in ('anchored', 'direct'));

-- The audit trail as one chain a tenant: each entry has the SHA-256 of what it says and of the entry before it, so that a changed, missing or added one shows.
-- What is hashed (src/audit/chain.ts computes the same): each field as `<octets>:<value>,` and null as `-,`, in the order of audit_hash; times in
-- microseconds since 1970, jsonb as PostgreSQL writes it, the hash before as hex (empty for the first).
alter table audit_log
  add column source text, -- from where: an address, `cli`; null = the server itself, or not known
  add column seq bigint,
  add column previous bytea,
  add column hash bytea;

create table audit_heads (
  tenant_id text primary key,
  seq       bigint not null,
  hash      bytea not null
);

create function audit_field(value text) returns text language sql immutable as $$
  select coalesce(octet_length(value) || ':' || value || ',', '-,')
$$;

create function audit_hash(entry audit_log) returns bytea language sql stable as $$
  select sha256(convert_to(
    audit_field(entry.tenant_id) || audit_field(entry.seq::text) || audit_field((extract(epoch from entry.at) * 1000000)::bigint::text)
    || audit_field(entry.user_id) || audit_field(entry.source) || audit_field(entry.action) || audit_field(entry.resource)
    || audit_field(entry.before::text) || audit_field(entry.after::text) || audit_field(encode(entry.previous, 'hex')), 'UTF8'))
$$;

-- The head of its tenant is locked until the transaction ends: entries of one tenant are in one row, whoever writes them.
create function chain_audit() returns trigger language plpgsql as $$
declare
  head audit_heads;
begin
  insert into audit_heads values (new.tenant_id, 0, '') on conflict (tenant_id) do nothing;
  select * into head from audit_heads where tenant_id = new.tenant_id for update;
  new.seq := head.seq + 1;
  new.previous := head.hash;
  new.hash := audit_hash(new);
  update audit_heads set seq = new.seq, hash = new.hash where tenant_id = new.tenant_id;
  return new;
end $$;

-- What was written before is chained as it stands.
alter table audit_log disable trigger audit_log_append_only;
do $$
declare
  entry audit_log;
  head audit_heads;
begin
  for entry in select * from audit_log order by tenant_id, audit_id loop
    if head.tenant_id is distinct from entry.tenant_id then
      head := row(entry.tenant_id, 0, ''::bytea);
    end if;
    entry.seq := head.seq + 1;
    entry.previous := head.hash;
    entry.hash := audit_hash(entry);
    update audit_log set seq = entry.seq, previous = entry.previous, hash = entry.hash where audit_id = entry.audit_id;
    head := row(entry.tenant_id, entry.seq, entry.hash);
    insert into audit_heads values (head.tenant_id, head.seq, head.hash)
      on conflict (tenant_id) do update set seq = excluded.seq, hash = excluded.hash;
  end loop;
end $$;
alter table audit_log enable trigger audit_log_append_only;

alter table audit_log
  alter column seq set not null,
  alter column previous set not null,
  alter column hash set not null;
create unique index audit_log_chain on audit_log (tenant_id, seq);

create trigger audit_log_chain before insert on audit_log for each row execute function chain_audit();
create trigger audit_log_kept before truncate on audit_log for each statement execute function refuse_change();
create trigger audit_heads_kept before delete on audit_heads for each row execute function refuse_change();

/**
 * The whole database out and in again, table by table, as text: for `huawu backup` and `huawu restore`. All of it is of one moment (one REPEATABLE READ snapshot), needs
 * no right but our own, and can be read by any PostgreSQL. Months of the records lie in tables of their own, so that one that did not change need not be read again.
 */
import type { Writable } from 'node:stream';
import type pg from 'pg';
import { connectToCopy, copyIn, copyOut } from './table-streams.ts';

/** Tables that are folded from the journal, and can be told anew from it; nothing refers to them. */
const FOLDED = /^(calls|call_legs|interactions)(_\d{6}|_default)?$|^recordings$|^ledger_/;
export const isFolded = (table: string): boolean => FOLDED.test(table);

const MIGRATIONS = 'migrations';
/** One of these with a row in it: somebody works with this database. */
const TELLING = ['tenants', 'users', 'audit_log', 'calls', 'ledger_intervals'];

export interface Table {
  name: string;
  columns: string[];
  /** Of a month: the table it is a part of. */
  parent: string | null;
  /**
   * Changes with every row that changes, and with every start of the database; told by its counters, so up to ten seconds late. Nobody may rely on it but for what can be
   * told anew from the journal.
   */
  fingerprint: string;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

async function rowsOf<Row>(client: pg.Client, sql: string, values: unknown[] = []): Promise<Row[]> {
  return (await client.query(sql, values)).rows as Row[];
}

/** Reads the counters, then opens the moment: a change between the two is copied, and shows the next time. */
async function tablesOf(client: pg.Client): Promise<Table[]> {
  return rowsOf<Table>(
    client,
    `select c.relname as name, (select p.relname from pg_inherits i join pg_class p on p.oid = i.inhparent where i.inhrelid = c.oid) as parent,
       (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
       concat_ws(' ', extract(epoch from pg_postmaster_start_time()), c.oid, c.relfilenode, s.n_tup_ins, s.n_tup_upd, s.n_tup_del) as fingerprint
     from pg_class c left join pg_stat_user_tables s on s.relid = c.oid
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> '${MIGRATIONS}'
     order by c.relname`,
  );
}

/** Names of the migrations it has, in their order; null: it has none of ours. */
export async function schemaOf(client: pg.Client): Promise<string[] | null> {
  const [there] = await rowsOf<{ there: boolean }>(client, `select to_regclass('public.${MIGRATIONS}') is not null as there`);
  if (there?.there !== true) return null;
  return (await rowsOf<{ name: string }>(client, `select name from ${MIGRATIONS} order by id`)).map(({ name }) => name);
}

export interface Moment {
  tables: Table[];
  schema: string[];
  serverVersion: string;
  /** Rows; the sink is ended. */
  copy(table: Table, sink: Writable): Promise<number>;
  close(): Promise<void>;
}

/** The database as it stands now, however long it takes to read. Throws where it is none of ours. */
export async function openMoment(url: string): Promise<Moment> {
  const client = await connectToCopy(url);
  try {
    const schema = await schemaOf(client);
    if (schema === null) throw new Error('the database holds nothing of ours: is DATABASE_URL right?');
    const tables = await tablesOf(client);
    await client.query('begin isolation level repeatable read read only');
    const [version] = await rowsOf<{ server_version: string }>(client, 'show server_version');
    return {
      ...{ tables, schema, serverVersion: version?.server_version ?? '' },
      copy: (table, sink) => copyOut(client, `copy ${quoted(table.name)} (${table.columns.map(quoted).join(', ')}) to stdout`, sink),
      close: () => client.end(),
    };
  } catch (error) {
    await client.end();
    throw error;
  }
}

/** What stands in the way of a restore; null: nothing does. */
export async function whatIsThere(url: string): Promise<string | null> {
  const client = await connectToCopy(url);
  try {
    if ((await schemaOf(client)) === null) {
      const [other] = await rowsOf<{ name: string }>(
        client,
        `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') limit 1`,
      );
      return other === undefined ? null : `a table "${other.name}" that is none of ours`;
    }
    for (const table of TELLING) {
      const [found] = await rowsOf<{ n: string }>(client, `select count(*) as n from (select from ${table} limit 1) found`);
      if (Number(found?.n) > 0) return `rows in the table "${table}"`;
    }
    return null;
  } finally {
    await client.end();
  }
}

/** One file of a backup, to be read into the table it came from. */
export interface TableIn {
  name: string;
  parent: string | null;
  columns: string[];
  rows: number;
  open(): AsyncIterable<Buffer>;
}

/**
 * Into an empty database that has been migrated to the same schema: all of it or nothing. The chain of the audit trail is taken over as it is, not made anew.
 * Rejects with the table's name when a row is refused, or when there are more or fewer of them than there were.
 */
export async function copyAllIn(url: string, tables: readonly TableIn[], progress: (table: TableIn) => void): Promise<void> {
  const client = await connectToCopy(url);
  try {
    await client.query('begin');
    const there = await rowsOf<{ name: string }>(
      client,
      `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition and relname <> '${MIGRATIONS}'`,
    );
    const names = there.map(({ name }) => name);
    for (const name of names) await client.query(`alter table ${quoted(name)} disable trigger user`);
    await client.query(`truncate ${names.map(quoted).join(', ')}`);
    for (const { parent, name } of tables) await makeMonth(client, parent, name);
    const order = await parentsFirst(client, names);
    for (const table of tables.toSorted((a, b) => order.indexOf(a.parent ?? a.name) - order.indexOf(b.parent ?? b.name))) {
      await copyOneIn(client, table);
      progress(table);
    }
    for (const name of names) await client.query(`alter table ${quoted(name)} enable trigger user`);
    await setSequences(client);
    await client.query('commit');
    // How to search them is judged by what is known of them.
    await client.query('analyze');
  } finally {
    await client.end();
  }
}

async function copyOneIn(client: pg.Client, { name, parent, columns, rows, open }: TableIn): Promise<void> {
  const into = parent ?? name;
  let written: number;
  try {
    written = await copyIn(client, `copy ${quoted(into)} (${columns.map(quoted).join(', ')}) from stdin`, open());
  } catch (error) {
    throw new Error(`the table "${name}" is not taken by the database: ${(error as Error).message}`, { cause: error });
  }
  if (written !== rows) throw new Error(`of the table "${name}" ${written} rows were read, and there were ${rows}`);
}

/** Its rows find their way by themselves; without it they would lie in the default part. */
async function makeMonth(client: pg.Client, parent: string | null, name: string): Promise<void> {
  const [, year, month] = /_(\d{4})(\d{2})$/.exec(name) ?? [];
  if (parent !== null && month !== undefined) await client.query('select ensure_month($1, $2::date)', [parent, `${year}-${month}-01`]);
}

/** A row that refers to another comes after it. */
async function parentsFirst(client: pg.Client, names: readonly string[]): Promise<string[]> {
  const links = await rowsOf<{ child: string; parent: string }>(
    client,
    `select conrelid::regclass::text as child, confrelid::regclass::text as parent from pg_constraint where contype = 'f' and conrelid <> confrelid`,
  );
  const order: string[] = [];
  const visit = (name: string): void => {
    if (order.includes(name)) return;
    for (const { parent } of links.filter(({ child }) => child === name)) visit(parent);
    order.push(name);
  };
  for (const name of names) visit(name);
  return order;
}

async function setSequences(client: pg.Client): Promise<void> {
  const found = await rowsOf<{ table: string; column: string }>(
    client,
    `select c.relname as table, a.attname as column from pg_attribute a join pg_class c on c.oid = a.attrelid
     where a.attidentity <> '' and c.relnamespace = 'public'::regnamespace and c.relkind = 'r'`,
  );
  for (const { table, column } of found)
    await client.query(`select setval(pg_get_serial_sequence($1, $2), greatest(coalesce((select max(${quoted(column)}) from ${quoted(table)}), 0), 1))`, [
      quoted(table),
      column,
    ]);
}

/** Files of recordings may lie in another folder now. */
export async function moveRecordings(url: string, from: string, to: string): Promise<void> {
  if (from === to) return;
  const client = await connectToCopy(url);
  try {
    await client.query(`update recordings set path = $2 || substr(path, length($1) + 1) where starts_with(path, $1 || '/')`, [from, to]);
  } finally {
    await client.end();
  }
}

/** Of recordings that were erased since; paths as they were written. */
export async function recordingsErasedSince(url: string, since: number): Promise<string[]> {
  const client = await connectToCopy(url);
  try {
    const rows = await rowsOf<{ path: string }>(client, 'select r.path from recordings r join recording_care c using (recording_id) where c.erased_at >= $1', [
      new Date(since),
    ]);
    return rows.map(({ path }) => path);
  } finally {
    await client.end();
  }
}

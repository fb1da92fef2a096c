/** Brings a database up to date: numbered SQL files, append-only, each applied once, one process at a time. */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import type { Logger } from '../../kernel/log.ts';

/** The SQL lies beside this file; a compiled build that does not carry it finds it in the source tree. */
function migrationsFolder(): string {
  const beside = fileURLToPath(new URL('./migrations', import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL('../../../src/store/migrations', import.meta.url));
}

/** Names of the migrations there are, in their order. */
export const migrations = (): string[] =>
  readdirSync(migrationsFolder())
    .flatMap((name) => (name.endsWith('.sql') ? [name.slice(0, -'.sql'.length)] : []))
    .sort();

/** Returns the names of the migrations it applied; `most` of them, or all. Waits while another process migrates. */
export async function migrate(url: string, log: Logger, most = Number.POSITIVE_INFINITY): Promise<string[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'huawu migrate', connectionTimeoutMillis: 5_000 });
  client.on('error', (error) => log.error({ err: error }, 'migrate: connection lost'));
  await client.connect();
  try {
    const applied = await runner({
      dbClient: client,
      dir: migrationsFolder(),
      direction: 'up',
      count: most,
      migrationsTable: 'migrations',
      advisoryLockMode: 'wait',
      logger: { debug: () => {}, info: () => {}, warn: (text) => log.warn(text), error: (text) => log.error(text) },
    });
    const names = applied.map((migration) => migration.name);
    if (names.length > 0) log.info({ migrations: names }, 'store: migrated');
    const known = new Set(migrations());
    const { rows } = await client.query<{ name: string }>(`select name from migrations order by id`);
    const later = rows.flatMap(({ name }) => (known.has(name) ? [] : [name]));
    // Each only adds what the version before can live with.
    if (later.length > 0) log.warn({ migrations: later }, 'store: the database is of a later version; what that has added is left alone');
    return names;
  } finally {
    await client.end();
  }
}

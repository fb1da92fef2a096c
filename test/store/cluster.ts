/** One real PostgreSQL for a test file; each test gets a database of its own, copied from a migrated template. */
import { chmodSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type Clock, systemClock } from '../../kernel/clock.ts';
import { silentLog } from '../../kernel/log.ts';
import { type EmbeddedServer, startEmbedded } from '../../src/store/embedded.ts';
import { migrate } from '../../src/store/migrate.ts';
import { connectStore, type Store } from '../../src/store/store.ts';
import { placeCluster } from '../support/cluster-template.ts';

export interface TestCluster {
  server: EmbeddedServer;
  dataDir: string;
  /** Address of a fresh, empty or migrated database. */
  database(kind: 'empty' | 'migrated'): Promise<string>;
  store(clock?: Clock): Promise<Store>;
  close(): Promise<void>;
}

/** A folder that the unprivileged user of the server may pass through. */
export function openFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'huawu-store-'));
  chmodSync(folder, 0o711);
  return folder;
}

export async function openCluster(): Promise<TestCluster> {
  const dataDir = openFolder();
  await placeCluster(dataDir);
  const server = await startEmbedded({ dataDir, clock: systemClock, log: silentLog });
  await migrate(server.url, silentLog);
  const stores: Store[] = [];
  let made = 0;
  const database = async (kind: 'empty' | 'migrated'): Promise<string> => {
    made += 1;
    await administer(server, `create database t${made} template ${kind === 'empty' ? 'template0' : 'huawu'}`);
    return server.url.replace(/\/huawu$/, `/t${made}`);
  };
  return {
    server,
    dataDir,
    database,
    async store(clock = systemClock) {
      const store = connectStore({ url: await database('migrated'), clock, log: silentLog, embedded: null });
      stores.push(store);
      return store;
    },
    async close() {
      for (const store of stores) await store.close();
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export async function administer(server: EmbeddedServer, statement: string): Promise<void> {
  await query(server.url.replace(/\/huawu$/, '/postgres'), statement);
}

export async function query(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {}); // the server may be stopped under it: the awaited call tells
  await client.connect();
  try {
    return (await client.query(statement)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

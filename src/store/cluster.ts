/** Making a cluster, starting a server on it, and asking whether it answers. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Binaries } from './binaries.ts';
import type { RunAs } from './place.ts';

export const SUPERUSER = 'huawu';
export const DATABASE = 'huawu';

const LOG_KEPT_BYTES = 8 * 1024 * 1024;
const KEPT_ERROR_BYTES = 4_000;

export interface Cluster {
  folder: string;
  binaries: Binaries;
  as: RunAs;
  password: string;
  /** Where the server writes what it has to say. */
  logFile: string;
}

export const urlOf = (cluster: Cluster, port: number, database: string): string => `postgres://${SUPERUSER}:${cluster.password}@127.0.0.1:${port}/${database}`;

/** initdb, about four seconds. A half-made cluster of an earlier try is removed by initdb itself. */
export async function makeCluster(cluster: Cluster): Promise<void> {
  const { folder, binaries, as, password } = cluster;
  const secret = mkdtempSync(join(tmpdir(), 'huawu-pg-'));
  const file = join(secret, 'password');
  try {
    writeFileSync(file, `${password}\n`, { mode: 0o600 });
    if (as.uid !== undefined) for (const path of [secret, file]) chownSync(path, as.uid, as.gid ?? as.uid);
    const args = [`--pgdata=${folder}`, `--username=${SUPERUSER}`, `--pwfile=${file}`, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C'];
    const child = spawn(binaries.initdb, args, { ...as, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], env: { LC_ALL: 'C', TZ: 'UTC' } });
    await finished(child, 'initdb');
  } finally {
    rmSync(secret, { recursive: true, force: true });
  }
}

/** A session of its own: Ctrl-C on our terminal must not take the database from under calls that are being drained. */
export function startServer(cluster: Cluster, port: number): ChildProcess {
  const { folder, binaries, as, logFile } = cluster;
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '60',
    shared_buffers: '64MB',
    wal_level: 'minimal',
    max_wal_senders: '0',
    jit: 'off',
    timezone: 'UTC',
    log_min_messages: 'warning',
    // Statements hold customers' data: never in a log.
    log_min_error_statement: 'panic',
    log_checkpoints: 'off',
  };
  const args = ['-D', folder, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const log = openSync(logFile, tooLong(logFile) ? 'w' : 'a', 0o600);
  try {
    const child = spawn(binaries.postgres, args, { ...as, cwd: folder, detached: true, stdio: ['ignore', log, log], env: { LC_ALL: 'C', TZ: 'UTC' } });
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

/** `folder` = the data directory of the server that answered; null = nobody answers there, or does not know our password. */
export async function ask(cluster: Cluster, port: number): Promise<{ folder: string } | null> {
  const client = new pg.Client({ connectionString: urlOf(cluster, port, 'postgres'), connectionTimeoutMillis: 1_000, query_timeout: 1_000 });
  client.on('error', () => {}); // told by the rejected call below
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    return { folder: rows[0]?.data_directory ?? '' };
  } catch {
    return null;
  } finally {
    await client.end().catch(() => {});
  }
}

export async function makeDatabase(cluster: Cluster, port: number): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf(cluster, port, 'postgres') });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}

/** `wanted` when it is free on loopback, else any free port. */
export async function freePort(wanted: number): Promise<number> {
  for (const port of wanted > 0 ? [wanted, 0] : [0]) {
    const got = await tryPort(port);
    if (got !== null) return got;
  }
  throw new Error('no free port on 127.0.0.1');
}

function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : null));
    });
  });
}

function finished(child: ChildProcess, what: string): Promise<void> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-KEPT_ERROR_BYTES);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`${what} ended with ${code}: ${said.trim()}`))));
  });
}

function tooLong(file: string): boolean {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return size > LOG_KEPT_BYTES;
}

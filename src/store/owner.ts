/**
 * One running server a database (J6): a session holds an advisory lock there for as long as the server runs. While PostgreSQL is away nobody holds it, and the
 * server goes on; when it is back the lock is asked for again. Where another has it by then, this one has been replaced: it is told so, and ends.
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { type Clock, pause } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import { OWNER, SPACE } from './advisory.ts';
import { backoffMs } from './backoff.ts';

const CONNECT_WITHIN_MS = 2_000;
/** A server that was killed holds it until PostgreSQL has seen its connection end. */
const PATIENCE_MS = 3_000;
const LOOK_AGAIN_MS = 200;
const [FIRST_RETRY_MS, MOST_RETRY_MS] = [200, 3_000];

export interface OwnerOptions {
  url: string;
  clock: Clock;
  log: Logger;
  /** Another server has the database by now. */
  onLost: (reason: string) => void;
}

interface Holder {
  pid: number;
  name: string;
  address: string | null;
}

export class DatabaseOwner {
  readonly #options: OwnerOptions;
  /** Of this run, as PostgreSQL shows it: a session of ours that it has not missed yet is not another's. */
  readonly #name = `huawu owner ${randomBytes(6).toString('hex')}`;
  #client: pg.Client | null = null;
  #closed = false;
  #tries = 0;
  #cancel: (() => void) | null = null;

  private constructor(options: OwnerOptions) {
    this.#options = options;
  }

  /** Rejects when another running server has the database, or when PostgreSQL cannot be asked. */
  static async claim(options: OwnerOptions): Promise<DatabaseOwner> {
    const owner = new DatabaseOwner(options);
    const until = options.clock.now() + PATIENCE_MS;
    for (let holder = await owner.#take(); holder !== null; holder = await owner.#take()) {
      if (options.clock.now() > until) throw new Error(inUse(holder));
      await pause(options.clock, LOOK_AGAIN_MS);
    }
    return owner;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => undefined);
  }

  /** null: it is ours. */
  async #take(): Promise<Holder | null> {
    const client = new pg.Client({
      ...{ connectionString: this.#options.url, application_name: this.#name, keepAlive: true },
      ...{ connectionTimeoutMillis: CONNECT_WITHIN_MS, query_timeout: CONNECT_WITHIN_MS },
    });
    client.on('error', () => this.#lost(client));
    client.on('end', () => this.#lost(client));
    try {
      await client.connect();
      const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1, $2) as taken', [SPACE, OWNER]);
      if (rows[0]?.taken === true) {
        this.#client = client;
        return null;
      }
      const holder = await holderIn(client);
      if (holder?.name === this.#name) await client.query('select pg_terminate_backend($1)', [holder.pid]);
      await client.end();
      return holder ?? { pid: 0, name: 'unknown', address: null };
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  #lost(client: pg.Client): void {
    if (this.#closed || this.#client !== client) return;
    this.#client = null;
    this.#options.log.warn('store: the session that says whose the database is has ended; it is begun anew');
    this.#again();
  }

  #again(): void {
    const { clock, log, onLost } = this.#options;
    this.#cancel = clock.after(backoffMs(this.#tries, FIRST_RETRY_MS, MOST_RETRY_MS), () => {
      this.#tries += 1;
      this.#take().then(
        (holder) => {
          if (this.#closed) return void this.close();
          if (holder === null) this.#tries = 0;
          else if (holder.name === this.#name) this.#again();
          else onLost(inUse(holder));
        },
        (error: unknown) => {
          log.debug({ err: error }, 'store: whose the database is cannot be said yet');
          if (!this.#closed) this.#again();
        },
      );
    });
  }
}

const inUse = ({ pid, address }: Holder): string =>
  `the database is in use by another running huawu (a session from ${address ?? 'this machine'}, PostgreSQL's process ${pid}): stop that one, or give this one a DATABASE_URL of its own`;

async function holderIn(client: pg.Client): Promise<Holder | null> {
  const { rows } = await client.query<Holder>(
    `select a.pid, a.application_name as name, host(a.client_addr) as address
       from pg_locks l join pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'advisory' and l.granted and l.classid = $1 and l.objid = $2 and l.database = (select oid from pg_database where datname = current_database())`,
    [SPACE, OWNER],
  );
  return rows[0] ?? null;
}

/**
 * The database as the house sees it. Two pools: one for everybody with 5 s a statement, and one for the call path, whose
 * answer is worth nothing after 300 ms, so that no report can make a caller wait for a connection.
 */
import { type Kysely, sql } from 'kysely';
import { type Clock, pause, turn } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import { backoffMs } from './backoff.ts';
import { type EmbeddedServer, startEmbedded } from './embedded.ts';
import { StoreHealth, type StoreState } from './health.ts';
import { migrate } from './migrate.ts';
import { ensureMonths } from './months.ts';
import { isPassing } from './outage.ts';
import { DatabaseOwner } from './owner.ts';
import { openPool } from './pool.ts';
import type { Database } from './schema.ts';

const CALL_PATH_MS = 300;
const STATEMENT_MS = 5_000;
const MONTHS_AHEAD = 3;
const DAY_MS = 86_400_000;
const START_PATIENCE_MS = 30_000;
const FIRST_RETRY_MS = 200;
const MOST_RETRY_MS = 3_000;

export interface Store {
  readonly db: Kysely<Database>;
  readonly clock: Clock;
  readonly log: Logger;
  health(): { state: StoreState; since: number };
  watchHealth(listener: (state: StoreState) => void): () => void;
  /** For the call path: the answer within 300 ms, else null (also at once while Postgres is away). Never rejects. */
  quickly<T>(what: string, query: (db: Kysely<Database>) => Promise<T>): Promise<T | null>;
  /** null with a DATABASE_URL. */
  readonly embedded: EmbeddedServer | null;
  /** `leaves`: an embedded server runs on, for whoever is started next. */
  close(leaves?: boolean): Promise<void>;
}

export interface StoreOptions {
  /** PostgreSQL ≥ 15; absent = an embedded one in `dataDir`/postgres. */
  databaseUrl?: string | undefined;
  dataDir: string;
  /** A command beside a house that may be running: an embedded server that it finds running is left running. */
  guest?: boolean;
  /** A running server: the database is to be its own from before its tables are looked at, and it is told when another has it. Absent: a command. */
  onLost?: (reason: string) => void;
  log: Logger;
  clock: Clock;
}

/** Starts the embedded server when none is named, brings the tables up to date, makes this and the next months' partitions. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { clock, log } = options;
  const { url, embedded, owner } = await migrated(options);
  const store = connectStore({ url, clock, log, embedded, owner });
  try {
    await ensureMonths(store.db, clock.now(), MONTHS_AHEAD);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** For `huawu migrate`: the names of the migrations it applied. */
export async function bringUpToDate(options: StoreOptions): Promise<string[]> {
  const { embedded, applied } = await migrated(options);
  await embedded?.close();
  return applied;
}

async function migrated(options: StoreOptions): Promise<{ url: string; embedded: EmbeddedServer | null; owner: DatabaseOwner | null; applied: string[] }> {
  const embedded = options.databaseUrl === undefined ? await startEmbedded(options) : null;
  const url = options.databaseUrl ?? embedded?.url ?? '';
  const { onLost, clock, log } = options;
  let owner: DatabaseOwner | null = null;
  try {
    owner = onLost === undefined ? null : await patiently(() => DatabaseOwner.claim({ url, clock, log, onLost }), options);
    return { url, embedded, owner, applied: await patiently(() => migrate(url, options.log), options) };
  } catch (error) {
    await owner?.close();
    await embedded?.close();
    throw error;
  }
}

/** A database that starts beside us (compose, one boot of a machine) may be a few seconds behind. */
async function patiently<T>(job: () => Promise<T>, { clock, log }: StoreOptions): Promise<T> {
  const until = clock.now() + START_PATIENCE_MS;
  for (let tries = 0; ; tries += 1) {
    try {
      return await job();
    } catch (error) {
      if (!isPassing(error) || clock.now() > until) throw error;
      log.warn({ err: error, tries }, 'store: Postgres is not there yet');
      await pause(clock, backoffMs(tries, FIRST_RETRY_MS, MOST_RETRY_MS));
    }
  }
}

/** A store on a database that is already migrated. */
export function connectStore(options: { url: string; clock: Clock; log: Logger; embedded: EmbeddedServer | null; owner?: DatabaseOwner | null }): Store {
  const { url, clock, log, embedded, owner } = options;
  const onError = (error: unknown): void => health.failed(error);
  const db = openPool({ url, name: 'general', most: 10, statementTimeoutMs: STATEMENT_MS, connectTimeoutMs: 2_000, onError });
  const callPath = openPool({ url, name: 'calls', most: 8, statementTimeoutMs: CALL_PATH_MS, connectTimeoutMs: CALL_PATH_MS, onError });
  const health: StoreHealth = new StoreHealth({ clock, log, probe: () => takesWrites(callPath) });
  const makeMonths = (): void => void ensureMonths(db, clock.now(), MONTHS_AHEAD).catch((error) => log.warn({ err: error }, 'store: next months not made yet'));
  const stopMonths = clock.every(DAY_MS, makeMonths);
  return {
    db,
    clock,
    log,
    embedded,
    health: () => ({ state: health.state, since: health.since }),
    watchHealth: (listener) => health.watch(listener),
    quickly: (what, query) => quickly({ clock, log, health, what, answer: () => query(callPath) }),
    async close(leaves = false) {
      stopMonths();
      health.close();
      await Promise.all([db.destroy(), callPath.destroy(), owner?.close()]);
      await embedded?.close(leaves);
    },
  };
}

async function quickly<T>(ask: { clock: Clock; log: Logger; health: StoreHealth; what: string; answer: () => Promise<T> }): Promise<T | null> {
  const { clock, log, health, what } = ask;
  if (health.state === 'degraded') return null;
  const late = new Error(`${what}: no answer within ${CALL_PATH_MS} ms`);
  try {
    const answer = await inTime(clock, ask.answer(), late);
    health.answered();
    return answer;
  } catch (error) {
    if (error === late) health.missedDeadline();
    log.warn({ err: error, what }, 'store: the call goes on without an answer');
    return null;
  }
}

/** An answer that came while this thread stood is read before it is called late. */
const inTime = <T>(clock: Clock, answer: Promise<T>, late: Error): Promise<T> =>
  new Promise((resolve, reject) => {
    const cancel = clock.after(CALL_PATH_MS, () => void turn().then(() => reject(late)));
    answer.then(resolve, reject).finally(cancel);
  });

async function takesWrites(db: Kysely<Database>): Promise<boolean> {
  const { rows } = await sql<{ read_only: string }>`select current_setting('transaction_read_only') as read_only`.execute(db);
  return rows[0]?.read_only === 'off';
}

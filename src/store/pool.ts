/** Connections to Postgres, typed by kysely. A connection that showed an outage is thrown away, never lent again. */
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { breaksConnection } from './outage.ts';
import type { Database } from './schema.ts';

export interface PoolOptions {
  url: string;
  /** Seen in pg_stat_activity. */
  name: string;
  most: number;
  /** The server cancels a statement after this; we give up on its answer half a second later. */
  statementTimeoutMs: number;
  /** For a free connection, new or lent. */
  connectTimeoutMs: number;
  onError(error: unknown): void;
}

const OID_INT8 = 20;
const OID_DATE = 1082;
const ANSWER_MARGIN_MS = 500;
const IDLE_MS = 30_000;

/** bigint as number (our amounts and durations stay far below 2^53), date as `YYYY-MM-DD`. */
const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === OID_INT8) return Number;
    if (oid === OID_DATE) return (text: string) => text;
    return pg.types.getTypeParser(oid, format);
  },
};

export function openPool(options: PoolOptions): Kysely<Database> {
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: `huawu ${options.name}`,
    max: options.most,
    connectionTimeoutMillis: options.connectTimeoutMs,
    idleTimeoutMillis: IDLE_MS,
    statement_timeout: options.statementTimeoutMs,
    query_timeout: options.statementTimeoutMs + ANSWER_MARGIN_MS,
    keepAlive: true,
    options: '-c timezone=UTC',
    types,
  });
  // An idle connection that breaks (57P01) tells it here; without a listener it would end the process.
  pool.on('error', options.onError);
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool: guarded(pool, options.onError) }) });
}

function guarded(pool: pg.Pool, onError: (error: unknown) => void): PostgresPool {
  return {
    async connect() {
      try {
        return lent(await pool.connect(), onError);
      } catch (error) {
        onError(error);
        throw error;
      }
    },
    end: () => pool.end(),
  };
}

function lent(client: pg.PoolClient, onError: (error: unknown) => void): PostgresPoolClient {
  let broken = false;
  const query = async (sql: string, parameters: readonly unknown[]): Promise<unknown> => {
    try {
      return await client.query(sql, [...parameters]);
    } catch (error) {
      broken ||= breaksConnection(error);
      onError(error);
      throw withoutValues(error);
    }
  };
  // A lent connection that is cut tells it twice: to the query under way, and as an event that would end the process.
  const onCut = (error: Error): void => {
    broken = true;
    onError(error);
  };
  client.on('error', onCut);
  const release = (): void => {
    client.off('error', onCut);
    client.release(broken);
  };
  // kysely's overload for cursors is for streams, which nobody here opens.
  return { query: query as PostgresPoolClient['query'], release };
}

/** Postgres quotes the row it refused: customers' data, which must not reach a log with the error. */
function withoutValues(error: unknown): unknown {
  if (error instanceof pg.DatabaseError) for (const field of ['detail', 'where', 'internalQuery']) Reflect.deleteProperty(error, field);
  return error;
}

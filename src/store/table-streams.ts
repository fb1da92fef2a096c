/** COPY over one connection, as streams that hold nobody's memory: a table out into a sink, a source into a table. */
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import pg from 'pg';

/** What `pg` lets a query of one's own do with its connection, and does not say in its types. */
interface Wire extends pg.Connection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(reason: string): void;
}

/** A query that `pg` hands the wire to (`client.query` of an object with `submit`). */
abstract class Copy {
  /** Told to by `pg`; must be there. */
  callback = (): void => {};
  readonly #sql: string;
  #rows = 0;
  #error: unknown = null;
  #settle: { resolve: (rows: number) => void; reject: (error: unknown) => void } | null = null;
  readonly done: Promise<number>;

  constructor(sql: string) {
    this.#sql = sql;
    this.done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  submit(wire: pg.Connection): void {
    wire.query(this.#sql);
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.#rows = Number(/^COPY (\d+)/.exec(text)?.[1] ?? 0);
  }

  handleReadyForQuery(): void {
    if (this.#error === null) this.#settle?.resolve(this.#rows);
    else this.#settle?.reject(this.#error);
  }

  handleError(error: unknown): void {
    this.#error ??= error;
    this.#settle?.reject(this.#error);
  }

  fail(error: unknown): void {
    this.#error ??= error;
  }
}

class CopyOut extends Copy {
  readonly #sink: Writable;
  #paused: Wire | null = null;

  constructor(sql: string, sink: Writable) {
    super(sql);
    this.#sink = sink;
    const goOn = (): void => {
      this.#paused?.stream.resume();
      this.#paused = null;
    };
    sink.on('drain', goOn);
    // A sink that broke takes no more: the rest is let pass, so that the connection comes to its end.
    sink.on('close', goOn);
  }

  handleCopyData({ chunk }: { chunk: Buffer }, wire: Wire): void {
    // It lies in the parser's own buffer, which is used again.
    if (this.#sink.destroyed || this.#sink.write(Buffer.from(chunk))) return;
    this.#paused = wire;
    wire.stream.pause();
  }
}

class CopyIn extends Copy {
  readonly #source: AsyncIterable<Buffer>;

  constructor(sql: string, source: AsyncIterable<Buffer>) {
    super(sql);
    this.#source = source;
  }

  handleCopyInResponse(wire: Wire): void {
    void this.#pump(wire);
  }

  async #pump(wire: Wire): Promise<void> {
    try {
      for await (const chunk of this.#source) {
        wire.sendCopyFromChunk(chunk);
        if (wire.stream.writableNeedDrain) await new Promise<void>((resolve) => wire.stream.once('drain', resolve));
      }
      wire.endCopyFrom();
    } catch (error) {
      this.fail(error);
      wire.sendCopyFail('what was to be copied in could not be read');
    }
  }
}

/** Rows that went out; the sink is ended. Rejects with what the database or the sink says. */
export async function copyOut(client: pg.Client, sql: string, sink: Writable): Promise<number> {
  const broken = new Promise<never>((_, reject) => void sink.once('error', reject));
  const copy = new CopyOut(sql, sink);
  client.query(copy);
  const rows = await Promise.race([copy.done, broken]);
  const finished = once(sink, 'finish');
  sink.end();
  await Promise.race([finished, broken]);
  return rows;
}

/** Rows that went in. */
export function copyIn(client: pg.Client, sql: string, source: AsyncIterable<Buffer>): Promise<number> {
  const copy = new CopyIn(sql, source);
  client.query(copy);
  return copy.done;
}

/** One that says what it is in `pg_stat_activity`, and whose statements may take their time. */
export async function connectToCopy(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'huawu backup', connectionTimeoutMillis: 5_000, options: '-c timezone=UTC' });
  client.on('error', () => {}); // told by the statement under way
  await client.connect();
  return client;
}

/**
 * The rim that carries out `writeCdr`: gathers records for a moment, writes them in batches through a bounded queue, and
 * tries for ever while Postgres is away. A record is written once in effect: its key is the call, and the higher revision wins,
 * so a batch whose COMMIT was never confirmed is simply written again.
 *
 *   accept ─▶ gathering ─(50 ms, 400 after the batch before, or 200)─▶ fastq ─▶ Postgres ─▶ written
 *                             └─ queue full ─▶ spool on disk ─▶ back into the queue when there is room
 *
 * What is in memory here (`unwritten`) belongs into the journal's snapshot; what is spooled is on disk already.
 */
import fastq from 'fastq';
import { type Clock, pause } from '../../kernel/clock.ts';
import type { CallId } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import { backoffMs } from '../store/backoff.ts';
import { isPassing } from '../store/outage.ts';
import type { KeptRecord } from './kept.ts';
import type { Spool } from './spool.ts';

const GATHER_MS = 50;
/** Calls of people who were erased, while rooms may still have a word on them. */
const MOST_ERASED = 100_000;
/** Between batches: a busy house writes two transactions a second, not one for each call, and a call that changes twice in that time is one row. */
const APART_MS = 400;
const BATCH = 200;
const MOST_BATCHES = 20;
/** Held in memory when the disk, too, takes no more; then the newest are let go, loudly. */
const MOST_STRANDED = 100;
const RETRY_FIRST_MS = 100;
const RETRY_MOST_MS = 2_000;
const SPOOL_LOOK_MS = 500;

export interface CdrWriterOptions {
  /** One durable write of the whole batch, or a rejection and nothing written. */
  write(records: readonly KeptRecord[]): Promise<void>;
  spool: Spool;
  clock: Clock;
  log: Logger;
}

export class CdrWriter {
  readonly #options: CdrWriterOptions;
  readonly #queue: fastq.queueAsPromised<KeptRecord[], void>;
  /** Accepted, and neither written nor spooled. */
  readonly #unwritten = new Map<CallId, KeptRecord>();
  #gathering = new Map<CallId, KeptRecord>();
  #cancelGather: (() => void) | null = null;
  #flushedAt = Number.NEGATIVE_INFINITY;
  readonly #cancelLook: () => void;
  readonly #erased = new Set<CallId>();
  readonly #listeners = new Set<(callId: CallId, revision: number) => void>();
  #spooling: Promise<void> = Promise.resolve();
  #unspooling = false;
  /** Batches for which there was room neither in the queue nor on disk. */
  readonly #stranded: KeptRecord[][] = [];
  #closed = false;
  #rejected = 0;
  #lost = 0;

  constructor(options: CdrWriterOptions) {
    this.#options = options;
    this.#queue = fastq.promise(async (batch: KeptRecord[]) => this.#write(batch), 1);
    this.#cancelLook = options.clock.every(SPOOL_LOOK_MS, () => this.#look());
  }

  /** The carrier of `writeCdr` and `writeInteraction`. Never throws, never blocks. */
  accept({ record }: { type?: string; record: KeptRecord }): void {
    if (this.#erased.has(record.callId)) return;
    const known = this.#unwritten.get(record.callId);
    if (known !== undefined && known.revision >= record.revision) return;
    this.#unwritten.set(record.callId, record);
    this.#gathering.set(record.callId, record);
    if (this.#gathering.size >= BATCH) this.#flush();
    else this.#cancelGather ??= this.#options.clock.after(this.#gatherMs(), () => this.#flush());
  }

  /** Nothing more is written of these: who they were about was erased. */
  forget(callIds: readonly CallId[]): void {
    for (const callId of callIds) this.#erased.add(callId);
    for (const callId of this.#erased) {
      if (this.#erased.size <= MOST_ERASED) return;
      this.#erased.delete(callId);
    }
  }

  get spooledBytes(): number {
    return this.#options.spool.bytes;
  }

  /** Of those that PostgreSQL refused and that were set aside. */
  eraseRefused(isGone: (record: KeptRecord) => boolean): Promise<void> {
    return this.#options.spool.eraseRefused(isGone);
  }

  /** For the journal's snapshot: give them to `accept` again after a restart. */
  unwritten(): KeptRecord[] {
    return [...this.#unwritten.values()];
  }

  /** Arrival of the oldest call that is only in memory here; null = none. */
  get oldestUnwrittenAt(): number | null {
    let oldest: number | null = null;
    for (const record of this.#unwritten.values()) oldest = Math.min(oldest ?? record.arrivedAt, record.arrivedAt);
    return oldest;
  }

  /** `full`: neither memory nor disk has room; no new call should be taken. `lost`: records that are in the journal alone. */
  get counts(): { unwritten: number; spooledBytes: number; rejected: number; lost: number; full: boolean } {
    const { spool } = this.#options;
    return {
      unwritten: this.#unwritten.size,
      spooledBytes: spool.bytes,
      rejected: this.#rejected,
      lost: this.#lost,
      full: spool.full || this.#stranded.length > 0,
    };
  }

  /** Told for each record when it is in Postgres. Returns its unsubscribe. */
  onWritten(listener: (callId: CallId, revision: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves true when nothing is left to write, false when `withinMs` passed before. */
  async drained(withinMs: number): Promise<boolean> {
    const { clock, spool } = this.#options;
    const until = clock.now() + withinMs;
    this.#flush();
    while (this.#unwritten.size > 0 || spool.bytes > 0 || !this.#queue.idle()) {
      if (clock.now() >= until) return false;
      await pause(clock, 10);
    }
    return true;
  }

  /** Gives what is left `withinMs` to be written; what is not stays for the journal and the spool. */
  async close(withinMs: number): Promise<void> {
    if (!(await this.drained(withinMs))) this.#options.log.warn(this.counts, 'cdr: records wait for the next start');
    this.#closed = true;
    this.#cancelLook();
    this.#cancelGather?.();
    this.#queue.kill();
    await this.#spooling;
    await this.#options.spool.close();
  }

  /** However a clock has jumped, never longer than batches lie apart. */
  #gatherMs(): number {
    const left = this.#flushedAt + APART_MS - this.#options.clock.now();
    return Math.min(APART_MS, Math.max(GATHER_MS, left));
  }

  #flush(): void {
    this.#cancelGather?.();
    this.#cancelGather = null;
    if (this.#gathering.size === 0) return;
    this.#flushedAt = this.#options.clock.now();
    const batch = [...this.#gathering.values()];
    this.#gathering = new Map();
    if (this.#queue.length() < MOST_BATCHES) void this.#queue.push(batch);
    else this.#spooling = this.#spooling.then(() => this.#toDisk(batch));
  }

  async #toDisk(batch: readonly KeptRecord[]): Promise<void> {
    const { spool, log } = this.#options;
    try {
      await spool.append(batch);
      for (const record of batch) this.#settle(record);
    } catch (error) {
      log.fatal({ err: error, records: batch.length }, 'cdr: the spool takes no more records');
      this.#strand([...batch]);
    }
  }

  #strand(batch: KeptRecord[]): void {
    if (this.#stranded.length < MOST_STRANDED) {
      this.#stranded.push(batch);
      return;
    }
    this.#lost += batch.length;
    this.#options.log.fatal({ lost: this.#lost }, 'cdr: no room left for records; these are in the journal alone');
    for (const record of batch) this.#settle(record);
  }

  #look(): void {
    while (this.#queue.length() < MOST_BATCHES) {
      const batch = this.#stranded.shift();
      if (batch === undefined) break;
      void this.#queue.push(batch);
    }
    void this.#unspool();
  }

  async #unspool(): Promise<void> {
    const { spool, log } = this.#options;
    if (this.#unspooling || this.#closed || spool.bytes === 0 || this.#queue.length() > MOST_BATCHES / 2) return;
    this.#unspooling = true;
    try {
      for (let batch = await spool.read(BATCH); batch.length > 0 && !this.#closed; batch = await spool.read(BATCH)) {
        await this.#queue.push(batch);
        // Given up in the middle by `close`: read again at the next start.
        if (this.#closed) return;
        await spool.advance();
      }
    } catch (error) {
      log.error({ err: error }, 'cdr: the spool cannot be read');
    } finally {
      this.#unspooling = false;
    }
  }

  /** Until it is written: the queue behind it is bounded, and beyond it lies the disk. */
  async #write(batch: KeptRecord[]): Promise<void> {
    const { write, clock, log } = this.#options;
    for (let tries = 0; !this.#closed; tries += 1) {
      try {
        await write(batch);
        return this.#written(batch);
      } catch (error) {
        if (!isPassing(error)) return this.#divide(batch, error);
        if (tries === 0) log.warn({ err: error, records: batch.length }, 'cdr: not written, trying again');
        await pause(clock, backoffMs(tries, RETRY_FIRST_MS, RETRY_MOST_MS));
      }
    }
  }

  /** One record that Postgres will never take must not hold up the others: it is found by halving and set aside. */
  async #divide(batch: KeptRecord[], error: unknown): Promise<void> {
    const [only] = batch;
    if (batch.length > 1) {
      const half = Math.ceil(batch.length / 2);
      await this.#write(batch.slice(0, half));
      await this.#write(batch.slice(half));
    } else if (only !== undefined) {
      this.#rejected += 1;
      this.#options.log.error({ err: error, callId: only.callId }, 'cdr: Postgres refuses this record; it is set aside');
      await this.#options.spool.setAside(only);
      this.#settle(only);
    }
  }

  #written(batch: readonly KeptRecord[]): void {
    for (const record of batch) {
      this.#settle(record);
      for (const listener of this.#listeners) listener(record.callId, record.revision);
    }
  }

  #settle(record: KeptRecord): void {
    const kept = this.#unwritten.get(record.callId);
    if (kept !== undefined && kept.revision <= record.revision) this.#unwritten.delete(record.callId);
  }
}

/**
 * The journal on disk. The events of a turn are written to the operating system together before anybody acts on them (so that the death of this process
 * loses nothing) and fsynced within 50 ms (so that the death of the machine loses no more than that).
 */
import { closeSync, fdatasync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import { syncFolder } from '../../kernel/disk.ts';
import type { CallId } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import type { KeyRing } from '../../kernel/seal/keys.ts';
import type { Event, Recorded } from '../vocabulary.ts';
import { writeLine } from './line.ts';
import type { People } from './people.ts';
import type { Journal } from './port.ts';
import { hasUnsealed, prune, removeUnsealed, segmentName } from './read.ts';
import { JournalSeal, type NextSegment } from './seal.ts';
import { writeSnapshot, writeSnapshotInTurns } from './write-snapshot.ts';

const SYNC_WITHIN_MS = 20;
const RETRY_MS = 200;
/** What may wait in memory while the disk refuses; beyond it the oldest stays and the newest is refused. */
const MOST_HELD_BYTES = 64 * 1024 * 1024;

export interface FileJournalOptions {
  folder: string;
  lastSeq: number;
  /** So much of what a snapshot has made superfluous stays; absent = nothing. */
  keepBytes?: number;
  /** What is personal is sealed; absent = everything lies open. */
  keys?: KeyRing;
  clock: Clock;
  log: Logger;
}

interface NextFile {
  /** The snapshot's. */
  pieces: Iterable<string>;
  beforeNamed(): void;
  /** Lines are written to the new segment from now on; those of the one before are on disk. */
  begin(): void;
  giveUp(): void;
}

export class FileJournal implements Journal {
  readonly #options: FileJournalOptions;
  readonly #seal: JournalSeal | null;
  #file: number;
  #seq: number;
  #segmentBytes = 0;
  /** Lines of the turn under way. */
  #lines = '';
  /** Lines the disk has refused so far, oldest first. */
  #held: string[] = [];
  #heldBytes = 0;
  #dirty = false;
  #syncing = false;
  #syncArmed = false;
  #waiters: { seq: number; resolve: () => void }[] = [];
  #syncedSeq: number;
  #closed = false;
  /** The snapshot that is being written in turns; another value: it is not wanted any more. */
  #slow: object | null = null;

  constructor(options: FileJournalOptions) {
    this.#options = options;
    this.#seq = options.lastSeq;
    this.#syncedSeq = options.lastSeq;
    const { folder, keys } = options;
    this.#seal = keys === undefined ? null : new JournalSeal({ folder, keys }, options.lastSeq + 1);
    this.#file = openSync(join(options.folder, segmentName(options.lastSeq + 1)), 'a');
    syncFolder(folder);
  }

  /** false while the disk refuses writes: no new call should be taken then. */
  get healthy(): boolean {
    return this.#held.length === 0;
  }

  get segmentBytes(): number {
    return this.#segmentBytes;
  }

  get lastSeq(): number {
    return this.#seq;
  }

  append(event: Event, at: number, derived: boolean): Recorded {
    this.#seq += 1;
    const recorded: Recorded = { seq: this.#seq, at, event, ...(derived ? { derived } : {}) };
    this.#lines += this.#seal?.line(recorded) ?? writeLine(recorded);
    return recorded;
  }

  write(): void {
    if (this.#lines === '') return;
    const lines = this.#lines;
    this.#lines = '';
    if (this.#held.length > 0 || !this.#tryWrite(lines)) this.#hold(lines);
    this.#armSync();
  }

  settled(): Promise<void> {
    this.write();
    if (this.#syncedSeq >= this.#seq) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters.push({ seq: this.#seq, resolve });
      this.#armSync();
    });
  }

  /** Begins a new segment after a snapshot of the rooms as they stand after the last event; older files go. */
  rotate(state: object): void {
    this.write();
    if (!this.healthy) return;
    this.#slow = null;
    const { folder, keepBytes } = this.#options;
    const next = this.#next(state);
    try {
      writeSnapshot({ folder, seq: this.#seq, ...next });
      next.begin();
    } catch (error) {
      next.giveUp();
      throw error;
    }
    prune(folder, this.#seq, keepBytes);
  }

  /**
   * The same while calls go on: the snapshot is of now, and is written a little in each turn. Until it is there the next start reads the one before, and both segments. It is given
   * up when somebody is erased meanwhile, or another takes its place. Never rejects.
   */
  async rotateInTurns(state: object): Promise<void> {
    this.write();
    if (!this.healthy || this.#slow !== null) return;
    const { folder, keepBytes, log } = this.#options;
    const seq = this.#seq;
    const slow = {};
    this.#slow = slow;
    try {
      const next = this.#next(state);
      try {
        next.begin();
      } catch (error) {
        next.giveUp();
        throw error;
      }
      const isThere = await writeSnapshotInTurns({ folder, seq, ...next }, () => this.#slow === slow);
      if (isThere) prune(folder, seq, keepBytes);
    } catch (error) {
      log.error({ err: error, seq }, 'journal: a snapshot could not be written; the next start reads more of the journal');
    } finally {
      if (this.#slow === slow) this.#slow = null;
    }
  }

  /** Throws with nothing changed. */
  #next(state: object): NextFile {
    const sealing = this.#seal?.next(this.#seq);
    const giveUp = (): void => sealing?.giveUp();
    try {
      const pieces = sealing?.snapshot(state) ?? [JSON.stringify(state)];
      return { pieces, giveUp, beforeNamed: () => sealing?.syncKeys(), begin: () => this.#begin(sealing) };
    } catch (error) {
      giveUp();
      throw error;
    }
  }

  /** Throws with nothing changed. */
  #begin(sealing: NextSegment | undefined): void {
    const { folder } = this.#options;
    const next = openSync(join(folder, segmentName(this.#seq + 1)), 'a');
    try {
      syncFolder(folder);
      sealing?.syncBefore();
      fsyncSync(this.#file);
    } catch (error) {
      closeSync(next);
      throw error;
    }
    sealing?.use();
    closeSync(this.#file);
    this.#file = next;
    this.#segmentBytes = 0;
  }

  /** Of whom it is, by call: for what is written of a call that arrived before the journal was opened. */
  get people(): People | null {
    return this.#seal?.people ?? null;
  }

  /**
   * Nobody can read any more what it holds of them; when it returns that is on disk. What no key locks goes as a whole: files of before anything was sealed, and torn
   * ones. Begins a new segment, so that the file that is written to is not one of these.
   */
  async erase(people: readonly string[], calls: readonly CallId[], state: () => object): Promise<void> {
    this.#slow = null;
    await this.#seal?.erase(people, calls);
    const { folder } = this.#options;
    if (!hasUnsealed(folder)) return;
    this.rotate(state());
    removeUnsealed(folder, this.#seq);
  }

  async close(): Promise<void> {
    await this.settled();
    this.#closed = true;
    this.#slow = null;
    closeSync(this.#file);
    this.#seal?.close();
  }

  #tryWrite(lines: string): boolean {
    const bytes = Buffer.from(lines, 'utf8');
    try {
      this.#seal?.flush();
      let from = 0;
      while (from < bytes.length) from += writeSync(this.#file, bytes, from);
      this.#segmentBytes += bytes.length;
      this.#dirty = true;
      return true;
    } catch (error) {
      this.#cutPartialLine();
      if (this.#held.length === 0) this.#options.log.fatal({ err: error }, 'journal: the disk refuses writes; events are held in memory and new calls refused');
      return false;
    }
  }

  /** A disk that fills up takes half a line: what follows must not stand behind it. */
  #cutPartialLine(): void {
    try {
      ftruncateSync(this.#file, this.#segmentBytes);
    } catch (error) {
      this.#options.log.error({ err: error }, 'journal: half a line could not be cut off');
    }
  }

  #hold(lines: string): void {
    if (this.#heldBytes + lines.length > MOST_HELD_BYTES) {
      this.#options.log.fatal({ bytes: this.#heldBytes }, 'journal: memory for held events is used up; these events are lost');
      return;
    }
    if (this.#held.length === 0) this.#options.clock.after(RETRY_MS, () => this.#retry());
    this.#held.push(lines);
    this.#heldBytes += lines.length;
  }

  #retry(): void {
    while (this.#held[0] !== undefined && this.#tryWrite(this.#held[0])) {
      this.#heldBytes -= this.#held[0].length;
      this.#held.shift();
    }
    if (this.#held.length > 0 && !this.#closed) this.#options.clock.after(RETRY_MS, () => this.#retry());
    else this.#armSync();
  }

  #armSync(): void {
    if (this.#syncArmed || this.#closed) return;
    this.#syncArmed = true;
    this.#options.clock.after(SYNC_WITHIN_MS, () => this.#sync());
  }

  #sync(): void {
    this.#syncArmed = false;
    if (this.#syncing || this.#closed) return;
    if (!this.healthy) return;
    if (!this.#dirty) {
      this.#release(this.#seq);
      return;
    }
    const upTo = this.#seq;
    this.#syncing = true;
    this.#dirty = false;
    // First the keys: a line without its key tells less than none.
    if (this.#seal === null) this.#syncLines(upTo);
    else this.#seal.sync((error) => this.#syncLines(upTo, error));
  }

  #syncLines(upTo: number, before: Error | null = null): void {
    if (before !== null) this.#options.log.error({ err: before }, 'journal: fsync of keys failed');
    fdatasync(this.#file, (error) => {
      this.#syncing = false;
      // After a rotation the descriptor is closed; the snapshot that closed it was flushed itself.
      if (error !== null && error.code !== 'EBADF') this.#options.log.error({ err: error }, 'journal: fsync failed');
      this.#release(upTo);
      if (this.#dirty) this.#armSync();
    });
  }

  #release(upTo: number): void {
    this.#syncedSeq = Math.max(this.#syncedSeq, upTo);
    this.#waiters = this.#waiters.filter((waiter) => {
      if (waiter.seq > this.#syncedSeq) return true;
      waiter.resolve();
      return false;
    });
  }
}

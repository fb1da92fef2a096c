/**
 * Records that found no room in memory while Postgres was away: a line each in one folder, written behind, read in front. A line is JSON, sealed under the master
 * key of the recordings where there is one (lines of before that are read too).
 * A file that was read to its end is deleted; after a crash its records are read once more, which changes nothing.
 */
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { type FileHandle, open, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolderLater } from '../../kernel/disk.ts';
import { openText, sealText } from '../../kernel/seal/box.ts';
import type { KeyRing } from '../../kernel/seal/keys.ts';
import type { KeptRecord } from './kept.ts';

const FILE_BYTES = 16 * 1024 * 1024;
const REFUSED = 'refused.ndjson';
const PURPOSE = 'spool';
const NAME = /^records-(\d{10})\.ndjson$/;
const nameOf = (n: number): string => `records-${String(n).padStart(10, '0')}.ndjson`;

export class Spool {
  readonly #folder: string;
  readonly #mostBytes: number;
  readonly #keys: KeyRing | null;
  /** Numbers of the files, oldest first. */
  readonly #files: number[];
  readonly #sizes = new Map<number, number>();
  #writing: { n: number; handle: FileHandle } | null = null;
  /** Where the next unread line of the oldest file begins. */
  #readAt = 0;
  #readTo = 0;
  /** One at a time: a file must not be deleted as read while a line is on its way into it. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(folder: string, mostBytes: number, keys: KeyRing | null = null) {
    mkdirSync(folder, { recursive: true });
    this.#keys = keys;
    this.#folder = folder;
    this.#mostBytes = mostBytes;
    this.#files = readdirSync(folder)
      .flatMap((name) => NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
    for (const n of this.#files) this.#sizes.set(n, statSync(join(folder, nameOf(n))).size);
  }

  /** Not read yet. */
  get bytes(): number {
    let total = -this.#readAt;
    for (const size of this.#sizes.values()) total += size;
    return total;
  }

  /** At the limit: no new call should be taken. */
  get full(): boolean {
    return this.bytes >= this.#mostBytes;
  }

  /** Resolves when the records are on disk (fsynced). Rejects when the limit is reached or the disk refuses. */
  append(records: readonly KeptRecord[]): Promise<void> {
    return this.#inTurn(() => this.#append(records));
  }

  /** Up to `most` of the oldest records, the same ones until `advance`. Lines that are no record (a torn tail) are passed over. */
  read(most: number): Promise<KeptRecord[]> {
    return this.#inTurn(() => this.#read(most));
  }

  /** What `read` gave is in Postgres. */
  advance(): Promise<void> {
    return this.#inTurn(() => this.#advance());
  }

  #inTurn<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(job);
    this.#turn = result.catch(() => {}); // told to who asked for it
    return result;
  }

  async #append(records: readonly KeptRecord[]): Promise<void> {
    if (this.full) throw new Error(`the spool has reached its limit of ${this.#mostBytes} bytes`);
    const { n, handle } = await this.#current();
    const text = records.map((record) => this.#lineOf(record)).join('');
    await handle.appendFile(text);
    await handle.datasync();
    this.#sizes.set(n, (this.#sizes.get(n) ?? 0) + Buffer.byteLength(text));
  }

  async #read(most: number): Promise<KeptRecord[]> {
    for (let n = this.#files[0]; n !== undefined; n = this.#files[0]) {
      const size = this.#sizes.get(n) ?? 0;
      if (this.#readAt < size) {
        const { records, to } = await readLines(join(this.#folder, nameOf(n)), this.#readAt, size, most, this.#keys);
        this.#readTo = to;
        if (records.length > 0) return records;
      }
      this.#readTo = size;
      await this.#advance();
      if (this.#files[0] === n) break;
    }
    return [];
  }

  async #advance(): Promise<void> {
    this.#readAt = this.#readTo;
    const n = this.#files[0];
    if (n === undefined || this.#readAt < (this.#sizes.get(n) ?? 0)) return;
    if (this.#writing?.n === n) {
      await this.#writing.handle.close();
      this.#writing = null;
    }
    this.#files.shift();
    this.#sizes.delete(n);
    this.#readAt = this.#readTo = 0;
    await unlink(join(this.#folder, nameOf(n)));
  }

  /** For a record that Postgres refuses: kept for a person to look at, beside the spool. */
  async setAside(record: KeptRecord): Promise<void> {
    const handle = await open(join(this.#folder, REFUSED), 'a', 0o600);
    try {
      await handle.appendFile(this.#lineOf(record));
      await handle.datasync();
      await syncFolderLater(this.#folder);
    } finally {
      await handle.close();
    }
  }

  /** Those that were set aside. */
  refused(): Promise<KeptRecord[]> {
    return this.#inTurn(() => this.#readRefused());
  }

  /** Of those that were set aside these go: the file is written anew, on disk, when it resolves. */
  eraseRefused(isGone: (record: KeptRecord) => boolean): Promise<void> {
    return this.#inTurn(async () => {
      const all = await this.#readRefused();
      const left = all.filter((record) => !isGone(record));
      if (left.length === all.length) return;
      const path = join(this.#folder, REFUSED);
      await writeFile(`${path}.part`, left.map((record) => this.#lineOf(record)).join(''), { mode: 0o600, flush: true });
      await rename(`${path}.part`, path);
      await syncFolderLater(this.#folder);
    });
  }

  async #readRefused(): Promise<KeptRecord[]> {
    const path = join(this.#folder, REFUSED);
    if (!existsSync(path)) return [];
    return (await readLines(path, 0, statSync(path).size, Number.POSITIVE_INFINITY, this.#keys)).records;
  }

  #lineOf(record: KeptRecord): string {
    const json = JSON.stringify(record);
    return `${this.#keys === null ? json : sealText(this.#keys, PURPOSE, json)}\n`;
  }

  async close(): Promise<void> {
    await this.#writing?.handle.close();
    this.#writing = null;
  }

  async #current(): Promise<{ n: number; handle: FileHandle }> {
    if (this.#writing !== null && (this.#sizes.get(this.#writing.n) ?? 0) < FILE_BYTES) return this.#writing;
    await this.#writing?.handle.close();
    const n = (this.#files.at(-1) ?? 0) + 1;
    if (existsSync(join(this.#folder, nameOf(n)))) throw new Error(`${nameOf(n)} is in the way`);
    const handle = await open(join(this.#folder, nameOf(n)), 'a', 0o600);
    await syncFolderLater(this.#folder);
    this.#files.push(n);
    this.#sizes.set(n, 0);
    this.#writing = { n, handle };
    return this.#writing;
  }
}

async function readLines(path: string, from: number, size: number, most: number, keys: KeyRing | null): Promise<{ records: KeptRecord[]; to: number }> {
  const handle = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(size - from);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, from);
    const records: KeptRecord[] = [];
    let at = 0;
    while (records.length < most) {
      const end = buffer.subarray(0, bytesRead).indexOf(0x0a, at);
      if (end < 0) return { records, to: size };
      const record = parsed(buffer.toString('utf8', at, end), keys);
      if (record !== null) records.push(record);
      at = end + 1;
    }
    return { records, to: from + at };
  } finally {
    await handle.close();
  }
}

/** Throws when it is sealed under a key that is not ours: those records are not to be passed over. */
function parsed(line: string, keys: KeyRing | null): KeptRecord | null {
  const isSealed = /^[0-9a-f]{16}\.[\w-]+\.[\w-]*\.[\w-]+$/.test(line);
  if (isSealed && keys === null) throw new Error('the spool is sealed, and there is no key');
  const json = isSealed && keys !== null ? openText(keys, PURPOSE, line, 'RECORDING_KEY') : line;
  try {
    return JSON.parse(json) as KeptRecord;
  } catch {
    return null;
  }
}

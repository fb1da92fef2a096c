/**
 * The keys of one segment of the journal, and of the snapshot it begins with: one for each person, in a small file beside it. Whose key is gone, her data are: no copy
 * of them is anywhere that the key does not lock. Keys live as long as their segment, so that they are bounded as the journal is.
 *
 *   line 1         <CRC> {"v":1,"first":n,"key":"…","next":k}     the file's own key, under the master key of the recordings
 *   a line a key   <CRC> {"k":n,"who":"…","key":"…"}              under the file's own; `who`: HMAC of the person under it
 *
 * A key is with the operating system before the first line that needs it, and on disk before that line is.
 */
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { closeSync, existsSync, fdatasync, fsyncSync, ftruncateSync, openSync, readFileSync, renameSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { syncFolder } from '../../kernel/disk.ts';
import { randomKey, randomNonce } from '../../kernel/ids.ts';
import { openText, sealText } from '../../kernel/seal/box.ts';
import { KEY_BYTES, type KeyRing } from '../../kernel/seal/keys.ts';
import { checkOf } from './line.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const WHO_BYTES = 16;
const SETTING = 'RECORDING_KEY';

export const KEYS = /^keys-(\d{16})$/;
export const keysName = (firstSeq: number): string => `keys-${String(firstSeq).padStart(16, '0')}`;

interface HeadLine {
  v: 1;
  first: number;
  key: string;
  /** Numbers below may have been given: none is given twice. */
  next: number;
}
interface KeyLine {
  k: number;
  who: string;
  key: string;
}

/** Opened when it is wanted: most keys of a segment that is read never are. */
interface Kept extends KeyLine {
  opened: KeyObject | null;
}

/** Raised where what was sealed is not what is there. */
export class SealBroken extends Error {}

const purposeOf = (firstSeq: number): string => `journal ${firstSeq}`;
const lineOf = (content: HeadLine | KeyLine): string => {
  const body = JSON.stringify(content);
  return `${checkOf(body)} ${body}\n`;
};

export function seal(key: KeyObject, about: string, text: string): string {
  const nonce = randomNonce(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(about));
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

/** Throws SealBroken when it was changed, or sealed for another place. */
export function unseal(key: KeyObject, about: string, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new SealBroken('a sealed field is torn');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES)).setAAD(Buffer.from(about)).setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    // GCM holds nothing back: all of the text comes at once, and `final` says whether it is to be believed.
    const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8');
    return text + decipher.final('utf8');
  } catch {
    throw new SealBroken('a sealed field was changed, or belongs to another place');
  }
}

export class SegmentKeys {
  readonly first: number;
  readonly #path: string;
  readonly #own: { key: KeyObject; sealed: string };
  readonly #byNumber = new Map<number, Kept>();
  readonly #byWho = new Map<string, Kept>();
  /** Who of these was looked for already, by name: HMACs are made once. */
  readonly #byPerson = new Map<string, Kept>();
  #next: number;
  #file: number | null = null;
  #bytes: number;
  /** Lines that are not with the operating system yet. */
  #pending = '';
  #dirty = false;

  private constructor(folder: string, read: { first: number; own: { key: KeyObject; sealed: string }; next: number; kept: readonly Kept[]; bytes: number }) {
    this.first = read.first;
    this.#path = join(folder, keysName(read.first));
    this.#own = read.own;
    this.#next = read.next;
    this.#bytes = read.bytes;
    for (const kept of read.kept) this.#keep(kept);
  }

  /** null: there is none. Throws when its master key is not ours. */
  static read(folder: string, first: number, ring: KeyRing): SegmentKeys | null {
    const path = join(folder, keysName(first));
    if (!existsSync(path)) return null;
    const { lines, bytes } = linesOf(readFileSync(path, 'utf8'));
    const [head, ...rest] = lines as [HeadLine | undefined, ...KeyLine[]];
    // Torn at its birth: nothing can have been sealed under it.
    if (bytes === 0) return null;
    if (head?.v !== 1) throw new Error(`${path} is damaged in its first line, without which nothing of its segment can be opened: put it back from a backup`);
    const own = { key: secret(openedHead(path, head, ring)), sealed: head.key };
    const kept = rest.map((line) => ({ ...line, opened: null }));
    return new SegmentKeys(folder, { first, own, next: nextOf(head, rest), kept, bytes });
  }

  /** To seal with: goes on with the file where there is one. Its head is on disk before anything can need it; its name is, when the folder has been fsynced. */
  static open(folder: string, first: number, ring: KeyRing): SegmentKeys {
    const there = SegmentKeys.read(folder, first, ring);
    const keys = there ?? SegmentKeys.#made(folder, first, ring);
    keys.#file = openSync(keys.#path, 'a', 0o600);
    // What a death left half behind the last whole line; or a file that is torn at its birth.
    ftruncateSync(keys.#file, keys.#bytes);
    keys.syncNow();
    return keys;
  }

  static #made(folder: string, first: number, ring: KeyRing): SegmentKeys {
    const text = randomKey(KEY_BYTES).toString('base64');
    const sealed = sealText(ring, purposeOf(first), text);
    const keys = new SegmentKeys(folder, { first, own: { key: secret(text), sealed }, next: 1, kept: [], bytes: 0 });
    keys.#pending = lineOf({ v: 1, first, key: sealed, next: 1 });
    return keys;
  }

  /** The person's key; made when she has none here yet. */
  of(person: string): { k: number; key: KeyObject } {
    const known = this.#byPerson.get(person);
    if (known !== undefined) return { k: known.k, key: this.#opened(known) };
    const who = this.#who(person);
    const kept = this.#byWho.get(who) ?? this.#make(who);
    this.#byPerson.set(person, kept);
    return { k: kept.k, key: this.#opened(kept) };
  }

  /** Of one that was read: whether somebody has written to it since. */
  isBehind(): boolean {
    return existsSync(this.#path) && statSync(this.#path).size !== this.#bytes;
  }

  /** undefined: dropped. */
  numbered(k: number): KeyObject | undefined {
    const kept = this.#byNumber.get(k);
    return kept === undefined ? undefined : this.#opened(kept);
  }

  /** Gives the operating system what it has not yet. Throws when the disk refuses: what is written meanwhile waits. */
  flush(): void {
    if (this.#pending === '' || this.#file === null) return;
    const bytes = Buffer.from(this.#pending, 'utf8');
    try {
      let from = 0;
      while (from < bytes.length) from += writeSync(this.#file, bytes, from);
    } catch (error) {
      ftruncateSync(this.#file, this.#bytes);
      throw error;
    }
    this.#bytes += bytes.length;
    this.#pending = '';
    this.#dirty = true;
  }

  /** On disk, before the lines that need them are. */
  sync(done: (error: Error | null) => void): void {
    if (this.#dirty && this.#file !== null) fdatasync(this.#file, done);
    else done(null);
    this.#dirty = false;
  }

  syncNow(): void {
    this.flush();
    if (this.#file !== null) fsyncSync(this.#file);
    this.#dirty = false;
  }

  /** Their keys are nowhere any more when it returns: the file that is written to is written anew without them, on disk. */
  drop(people: readonly string[]): void {
    this.flush();
    const gone = people.flatMap((person) => this.#byWho.get(this.#who(person)) ?? []);
    if (gone.length === 0) return;
    for (const { k, who } of gone) {
      this.#byNumber.delete(k);
      this.#byWho.delete(who);
    }
    for (const person of people) this.#byPerson.delete(person);
    const text =
      lineOf({ v: 1, first: this.first, key: this.#own.sealed, next: this.#next }) +
      [...this.#byNumber.values()].map(({ k, who, key }) => lineOf({ k, who, key })).join('');
    replace(this.#path, text);
    this.#bytes = Buffer.byteLength(text);
    if (this.#file !== null) closeSync(this.#file);
    this.#file = openSync(this.#path, 'a', 0o600);
  }

  /** The same of a file that nobody writes to. */
  static dropIn(folder: string, first: number, ring: KeyRing, people: readonly string[]): void {
    const path = join(folder, keysName(first));
    const { lines } = linesOf(readFileSync(path, 'utf8'));
    const [head, ...rest] = lines as [HeadLine | undefined, ...KeyLine[]];
    if (head?.v !== 1) return;
    const key = secret(openedHead(path, head, ring));
    const gone = new Set(people.map((person) => whoOf(key, person)));
    const left = rest.filter(({ who }) => !gone.has(who));
    if (left.length < rest.length) replace(path, [{ ...head, next: nextOf(head, rest) }, ...left].map(lineOf).join(''));
  }

  close(): void {
    if (this.#file === null) return;
    closeSync(this.#file);
    this.#file = null;
  }

  #who(person: string): string {
    return whoOf(this.#own.key, person);
  }

  #make(who: string): Kept {
    const k = this.#next;
    this.#next += 1;
    const text = randomKey(KEY_BYTES).toString('base64');
    const line = { k, who, key: seal(this.#own.key, `${k} ${who}`, text) };
    this.#pending += lineOf(line);
    const kept = { ...line, opened: secret(text) };
    this.#keep(kept);
    return kept;
  }

  #opened(kept: Kept): KeyObject {
    kept.opened ??= secret(unseal(this.#own.key, `${kept.k} ${kept.who}`, kept.key));
    return kept.opened;
  }

  #keep(kept: Kept): void {
    this.#byNumber.set(kept.k, kept);
    this.#byWho.set(kept.who, kept);
  }
}

function openedHead(path: string, { first, key }: HeadLine, ring: KeyRing): string {
  try {
    return openText(ring, purposeOf(first), key, `${SETTING}, or put the data folder's recording.keys back`);
  } catch (error) {
    throw new Error(`journal: ${path} cannot be opened: ${(error as Error).message}`);
  }
}

/** They are given upwards. */
const nextOf = ({ next }: HeadLine, lines: readonly KeyLine[]): number => Math.max(next, (lines.at(-1)?.k ?? 0) + 1);

const whoOf = (own: KeyObject, person: string): string => createHmac('sha256', own).update(person).digest().subarray(0, WHO_BYTES).toString('base64url');

function replace(path: string, text: string): void {
  writeFileSync(`${path}.part`, text, { mode: 0o600, flush: true });
  renameSync(`${path}.part`, path);
  syncFolder(dirname(path));
}

const secret = (base64: string): KeyObject => createSecretKey(base64, 'base64');

/** Whole lines; one that was damaged since is passed over, and what it locked stays locked. `bytes`: where the last line ends. */
function linesOf(text: string): { lines: unknown[]; bytes: number } {
  const lines: unknown[] = [];
  let from = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
    const body = text.slice(from + 9, end);
    if (text.slice(from, from + 8) === checkOf(body)) lines.push(JSON.parse(body));
    from = end + 1;
  }
  return { lines, bytes: from };
}

/**
 * The keys of one segment of the journal, and of the snapshot it begins with: each is one person's, who has more than one if she comes again long after, in a small file beside
 * it. Whose keys are gone, her data are: no copy of them is anywhere that they do not lock. Keys live as long as their segment, so that they are bounded as the journal is; who writes
 * remembers those it sealed with of late.
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

/** Raised where what was sealed is not what is there. */
export class SealBroken extends Error {}
/** Nothing of its segment can be opened. */
class Headless extends Error {}

/** Those of about five minutes at fourteen calls a second. */
const MOST_RECENT = 4_000;

interface PersonsKey {
  k: number;
  key: KeyObject;
}

const aboutKey = (k: number, who: string): string => `${k} ${who}`;
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

/** Of one segment, to read it. */
export class SegmentKeys {
  readonly #path: string;
  readonly #own: KeyObject;
  readonly #byNumber: ReadonlyMap<number, KeyLine>;
  /** Those that were wanted: most keys of a segment that is read never are. */
  readonly #opened = new Map<number, KeyObject>();
  readonly #bytes: number;

  private constructor(path: string, { own, lines, bytes }: KeysOnDisk) {
    this.#path = path;
    this.#own = own;
    this.#byNumber = new Map(lines.map((line) => [line.k, line]));
    this.#bytes = bytes;
  }

  /** null: there is none. Throws when its master key is not ours. */
  static read(folder: string, first: number, ring: KeyRing): SegmentKeys | null {
    const path = join(folder, keysName(first));
    const there = keysOnDisk(path, ring);
    return there === null ? null : new SegmentKeys(path, there);
  }

  /** Whether somebody has written to it since. */
  isBehind(): boolean {
    return existsSync(this.#path) && statSync(this.#path).size !== this.#bytes;
  }

  /** undefined: dropped. */
  numbered(k: number): KeyObject | undefined {
    const line = this.#byNumber.get(k);
    if (line === undefined) return undefined;
    const opened = this.#opened.get(k) ?? secret(unseal(this.#own, aboutKey(k, line.who), line.key));
    this.#opened.set(k, opened);
    return opened;
  }
}

/** Of one segment, as it is written. */
export class KeyFile {
  readonly first: number;
  readonly #path: string;
  readonly #ring: KeyRing;
  readonly #own: KeyObject;
  /** By person, who was sealed for last at the end. Whoever comes again after she was forgotten here gets another key beside the one she has. */
  readonly #recent = new Map<string, PersonsKey>();
  #next: number;
  /** null = closed */
  #file: number | null;
  #bytes: number;
  /** Lines that are not with the operating system yet. */
  #pending = '';
  #dirty = false;

  private constructor(path: string, first: number, ring: KeyRing, { own, next, bytes }: Pick<KeysOnDisk, 'own' | 'next' | 'bytes'>) {
    this.first = first;
    this.#path = path;
    this.#ring = ring;
    this.#own = own;
    this.#next = next;
    this.#bytes = bytes;
    this.#file = openSync(path, 'a', 0o600);
    // What a death left half behind the last whole line; or a file that is torn at its birth.
    ftruncateSync(this.#file, bytes);
  }

  /** Goes on with the file where there is one. Its head is on disk before anything can need it; its name is, when the folder has been fsynced. */
  static open(folder: string, first: number, ring: KeyRing): KeyFile {
    const path = join(folder, keysName(first));
    const there = keysOnDisk(path, ring);
    const text = randomKey(KEY_BYTES).toString('base64');
    const keys = new KeyFile(path, first, ring, there ?? { own: secret(text), next: 1, bytes: 0 });
    if (there === null) keys.#pending = lineOf({ v: 1, first, key: sealText(ring, purposeOf(first), text), next: 1 });
    keys.syncNow();
    return keys;
  }

  /** A key of this person; made when none is known here. */
  of(person: string): PersonsKey {
    const key = this.#recent.get(person) ?? this.#make(person);
    this.#recent.delete(person);
    this.#recent.set(person, key);
    const [longestAgo] = this.#recent.size > MOST_RECENT ? this.#recent.keys() : [];
    if (longestAgo !== undefined) this.#recent.delete(longestAgo);
    return key;
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

  /** Their keys are nowhere any more when it returns: the file is written anew without them, on disk. */
  drop(people: readonly string[]): void {
    this.flush();
    for (const person of people) this.#recent.delete(person);
    const bytes = dropKeysOf(this.#path, this.#ring, people);
    if (bytes === null) return;
    this.#bytes = bytes;
    this.close();
    this.#file = openSync(this.#path, 'a', 0o600);
  }

  close(): void {
    if (this.#file === null) return;
    closeSync(this.#file);
    this.#file = null;
  }

  #make(person: string): PersonsKey {
    const k = this.#next;
    this.#next += 1;
    const text = randomKey(KEY_BYTES).toString('base64');
    const who = whoOf(this.#own, person);
    this.#pending += lineOf({ k, who, key: seal(this.#own, aboutKey(k, who), text) });
    return { k, key: secret(text) };
  }
}

/** Writes the file anew, on disk, without the keys of these; how many bytes it has then. null: there was none of theirs. Throws when its master key is not ours. */
export function dropKeysOf(path: string, ring: KeyRing, people: readonly string[]): number | null {
  const there = keysThatOpen(path, ring);
  if (there === null) return null;
  const gone = new Set(people.map((person) => whoOf(there.own, person)));
  const left = there.lines.filter(({ who }) => !gone.has(who));
  if (left.length === there.lines.length) return null;
  const text = [{ ...there.head, next: there.next }, ...left].map(lineOf).join('');
  writeFileSync(`${path}.part`, text, { mode: 0o600, flush: true });
  renameSync(`${path}.part`, path);
  syncFolder(dirname(path));
  return Buffer.byteLength(text);
}

function keysThatOpen(path: string, ring: KeyRing): KeysOnDisk | null {
  try {
    return keysOnDisk(path, ring);
  } catch (error) {
    if (error instanceof Headless) return null;
    throw error;
  }
}

interface KeysOnDisk {
  head: HeadLine;
  own: KeyObject;
  lines: readonly KeyLine[];
  /** The first number that was never given. */
  next: number;
  /** Where its last whole line ends. */
  bytes: number;
}

/** null: there is none, or it was torn at its birth, and nothing can have been sealed under it. */
function keysOnDisk(path: string, ring: KeyRing): KeysOnDisk | null {
  if (!existsSync(path)) return null;
  const { lines, bytes } = linesOf(readFileSync(path, 'utf8'));
  if (bytes === 0) return null;
  const [head, ...rest] = lines as [HeadLine | undefined, ...KeyLine[]];
  if (head?.v !== 1) throw new Headless(`${path} is damaged in its first line, without which nothing of its segment can be opened: put it back from a backup`);
  // They are given upwards.
  const next = Math.max(head.next, (rest.at(-1)?.k ?? 0) + 1);
  return { head, own: secret(openedHead(path, head, ring)), lines: rest, next, bytes };
}

function openedHead(path: string, { first, key }: HeadLine, ring: KeyRing): string {
  try {
    return openText(ring, purposeOf(first), key, `${SETTING}, or put the data folder's recording.keys back`);
  } catch (error) {
    throw new Error(`journal: ${path} cannot be opened: ${(error as Error).message}`);
  }
}

const whoOf = (own: KeyObject, person: string): string => createHmac('sha256', own).update(person).digest().subarray(0, WHO_BYTES).toString('base64url');

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

/**
 * The master keys under which the keys of sealed files lie. The first is in use; older ones stay in the list so that files of their
 * time can be read. A key is named by its own fingerprint, which stands in each file it wraps.
 */
import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { randomKey, randomToken } from '../ids.ts';

export const KEY_BYTES = 32;
export const KEY_ID_BYTES = 8;

export interface MasterKey {
  id: string;
  key: Buffer;
}

export class KeyRing {
  readonly current: MasterKey;
  readonly #keys = new Map<string, MasterKey>();

  constructor(keys: readonly [MasterKey, ...MasterKey[]]) {
    this.current = keys[0];
    for (const each of keys) this.#keys.set(each.id, each);
  }

  /** The one in use first. */
  get ids(): string[] {
    return [...this.#keys.keys()];
  }

  find(id: string): MasterKey | undefined {
    return this.#keys.get(id);
  }
}

const idOf = (key: Buffer): string =>
  createHash('sha256')
    .update('huawu master key')
    .update(key)
    .digest('hex')
    .slice(0, KEY_ID_BYTES * 2);

/** One or more keys of 64 hex digits, the one in use first. Throws an Error that says how to mend it, and never shows a key. */
export function readKeyRing(text: string): KeyRing {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  const wrong = words.findIndex((word) => !/^[0-9a-f]{64}$/i.test(word));
  if (wrong >= 0) throw new Error(`key ${wrong + 1} is not 64 hex digits: make one with "openssl rand -hex 32"`);
  const [first, ...older] = words.map((word) => Buffer.from(word, 'hex')).map((key) => ({ id: idOf(key), key }));
  if (first === undefined) throw new Error('there is no key: give 64 hex digits, made with "openssl rand -hex 32"');
  return new KeyRing([first, ...older]);
}

/** Those that the settings give, else our own in the file. */
export const keysFrom = (given: string | null, path: string): KeyRing => readKeyRing(given ?? ownKeys(path));

/** The keys in a file of ours, made at the first start and readable by us alone. Two programs may ask at once: one makes it. */
export function ownKeys(path: string): string {
  const read = (): string | null => {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  };
  const there = read();
  if (there !== null) return there;
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${randomToken(6)}`;
  writeFileSync(draft, `${randomKey(KEY_BYTES).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    // Unlike a rename, a link never takes the place of a file that is there already.
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  return read() ?? '';
}

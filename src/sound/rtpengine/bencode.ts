/** Bencoding, as rtpengine's NG protocol writes it: `i7e`, `3:abc`, `l…e`, `d…e`. Pure. Strings are UTF-8 in and out. */
export type Bencoded = number | string | readonly Bencoded[] | { readonly [key: string]: Bencoded };
export type Dictionary = { readonly [key: string]: Bencoded };

const DEEPEST = 16;

export function bencode(value: Bencoded): string {
  if (typeof value === 'number') return `i${Math.trunc(value)}e`;
  if (typeof value === 'string') return `${Buffer.byteLength(value)}:${value}`;
  if (isList(value)) return `l${value.map(bencode).join('')}e`;
  return `d${Object.entries(value)
    .map(([key, inner]) => bencode(key) + bencode(inner))
    .join('')}e`;
}

/** Throws on what is no whole bencoded dictionary. */
export function bdecode(bytes: Buffer): Dictionary {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (!reader.atEnd || !isDictionary(value)) throw new Error('bencode: not one dictionary');
  return value;
}

const isList = (value: Bencoded): value is readonly Bencoded[] => Array.isArray(value);
export const isDictionary = (value: Bencoded | undefined): value is Dictionary => typeof value === 'object' && !isList(value);

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  value(depth: number): Bencoded {
    if (depth > DEEPEST) throw new Error('bencode: too deep');
    const mark = this.#bytes[this.#at];
    if (mark === 0x69) return this.#integer();
    if (mark === 0x6c) return this.#list(depth);
    if (mark === 0x64) return this.#dictionary(depth);
    return this.#string();
  }

  #integer(): number {
    this.#at += 1;
    const number = Number(this.#until('e'));
    if (!Number.isFinite(number)) throw new Error('bencode: no integer');
    return number;
  }

  #string(): string {
    const length = this.#until(':');
    const end = this.#at + Number(length);
    if (!/^\d+$/.test(length) || end > this.#bytes.length) throw new Error('bencode: a string is cut short');
    const text = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end;
    return text;
  }

  #list(depth: number): Bencoded[] {
    this.#at += 1;
    const list: Bencoded[] = [];
    while (!this.#ended()) list.push(this.value(depth + 1));
    return list;
  }

  #dictionary(depth: number): Dictionary {
    this.#at += 1;
    const entries: [string, Bencoded][] = [];
    while (!this.#ended()) entries.push([this.#string(), this.value(depth + 1)]);
    return Object.fromEntries(entries);
  }

  /** Passes the `e` of a list or dictionary. */
  #ended(): boolean {
    if (this.atEnd) throw new Error('bencode: cut short');
    if (this.#bytes[this.#at] !== 0x65) return false;
    this.#at += 1;
    return true;
  }

  #until(mark: string): string {
    const end = this.#bytes.indexOf(mark, this.#at);
    if (end < 0) throw new Error('bencode: cut short');
    const text = this.#bytes.toString('latin1', this.#at, end);
    this.#at = end + 1;
    return text;
  }
}

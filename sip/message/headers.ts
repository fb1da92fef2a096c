import { splitOutside } from './scan.ts';

/** RFC 3261 §7.3.3 and the IANA registry: "a compact form is used … to keep messages small". */
const COMPACT: ReadonlyMap<string, string> = new Map([
  ['a', 'accept-contact'],
  ['b', 'referred-by'],
  ['c', 'content-type'],
  ['d', 'request-disposition'],
  ['e', 'content-encoding'],
  ['f', 'from'],
  ['i', 'call-id'],
  ['j', 'reject-contact'],
  ['k', 'supported'],
  ['l', 'content-length'],
  ['m', 'contact'],
  ['n', 'identity-info'],
  ['o', 'event'],
  ['r', 'refer-to'],
  ['s', 'subject'],
  ['t', 'to'],
  ['u', 'allow-events'],
  ['v', 'via'],
  ['x', 'session-expires'],
  ['y', 'identity'],
]);

/** Names whose usual spelling is not "first letter of each word large". */
const SPELLING: ReadonlyMap<string, string> = new Map(
  ['Call-ID', 'CSeq', 'MIME-Version', 'WWW-Authenticate', 'RAck', 'RSeq', 'SIP-ETag', 'SIP-If-Match', 'Min-SE', 'P-Asserted-Identity'].map((name) => [
    name.toLowerCase(),
    name,
  ]),
);

/** `i` → `call-id`, `From` → `from`: what a header is looked up by. */
export function headerKey(name: string): string {
  const key = name.toLowerCase();
  return key.length === 1 ? (COMPACT.get(key) ?? key) : key;
}

/** `cseq` → `CSeq`, `content-type` → `Content-Type`; names that begin `X-` or `x-` stay as they are. */
export function headerSpelling(name: string): string {
  if (name.startsWith('X-') || name.startsWith('x-')) return name;
  const key = headerKey(name);
  const known = SPELLING.get(key);
  if (known !== undefined) return known;
  return (key.length === name.length ? name : key).replace(/(^|-)([a-z])/g, (_all, dash: string, letter: string) => dash + letter.toUpperCase());
}

export interface Header {
  readonly key: string;
  /** The name as it came or as it will be written. */
  readonly name: string;
  /** Without the white space around it; folds are one space. */
  readonly value: string;
}

/** The headers of one message in their order. Lookups take any spelling and the compact form. */
export class Headers implements Iterable<Header> {
  #rows: Header[] = [];

  [Symbol.iterator](): Iterator<Header> {
    return this.#rows[Symbol.iterator]();
  }
  get size(): number {
    return this.#rows.length;
  }

  /** The first value, whole (a comma list is not cut), or undefined. */
  get(name: string): string | undefined {
    const key = headerKey(name);
    for (const row of this.#rows) if (row.key === key) return row.value;
    return undefined;
  }
  has(name: string): boolean {
    return this.get(name) !== undefined;
  }
  /** Each header line's value. */
  all(name: string): string[] {
    const key = headerKey(name);
    const values: string[] = [];
    for (const row of this.#rows) if (row.key === key) values.push(row.value);
    return values;
  }
  /** All values of a header that may be a comma list (Via, Route, Contact, Supported …). */
  list(name: string): string[] {
    return this.all(name).flatMap((value) => splitOutside(value, ','));
  }

  add(name: string, value: string): this {
    this.#rows.push({ key: headerKey(name), name, value });
    return this;
  }
  /** Puts a header before all others. */
  prepend(name: string, value: string): this {
    this.#rows.unshift({ key: headerKey(name), name, value });
    return this;
  }
  /** Changes the first of that name in its place and drops the others; adds it when there is none. */
  set(name: string, value: string): this {
    const key = headerKey(name);
    const at = this.#rows.findIndex((row) => row.key === key);
    if (at < 0) return this.add(name, value);
    this.#rows = this.#rows.filter((row, index) => row.key !== key || index === at);
    this.#rows[at] = { key, name: this.#rows[at]?.name ?? name, value };
    return this;
  }
  /** Changes the first of that name and keeps the others as they are. */
  replaceFirst(name: string, value: string): this {
    const key = headerKey(name);
    const at = this.#rows.findIndex((row) => row.key === key);
    const row = this.#rows[at];
    if (row !== undefined) this.#rows[at] = { key, name: row.name, value };
    return this;
  }
  remove(name: string): this {
    const key = headerKey(name);
    this.#rows = this.#rows.filter((row) => row.key !== key);
    return this;
  }
}

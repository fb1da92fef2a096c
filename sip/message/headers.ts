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

/** Names that nearly every header has: their keys and spellings are made once. */
const USUAL = [
  ...['Accept', 'Allow', 'Allow-Events', 'Authorization', 'Call-ID', 'Contact', 'Content-Length', 'Content-Type', 'CSeq', 'Date', 'Diversion', 'Event'],
  ...['Expires', 'From', 'History-Info', 'Max-Forwards', 'Min-Expires', 'Min-SE', 'P-Asserted-Identity', 'Path', 'Privacy', 'Proxy-Authenticate'],
  ...['Proxy-Authorization', 'Proxy-Require', 'RAck', 'Reason', 'Record-Route', 'Refer-To', 'Referred-By', 'Remote-Party-ID', 'Replaces', 'Require'],
  ...['Retry-After', 'Route', 'RSeq', 'Server', 'Service-Route', 'Session-Expires', 'Subject', 'Subscription-State', 'Supported', 'To', 'Unsupported'],
  ...['User-Agent', 'User-to-User', 'Via', 'Warning', 'WWW-Authenticate'],
];
const allSpellings = <T>(made: (name: string) => T): ReadonlyMap<string, T> =>
  new Map(USUAL.flatMap((name) => [name, name.toLowerCase()].map((spelled) => [spelled, made(spelled)] as const)));

const keyOf = (name: string): string => {
  const key = name.toLowerCase();
  return key.length === 1 ? (COMPACT.get(key) ?? key) : key;
};
const KEYS = allSpellings(keyOf);

/** `i` → `call-id`, `From` → `from`: what a header is looked up by. */
export const headerKey = (name: string): string => KEYS.get(name) ?? keyOf(name);

/** `cseq` → `CSeq`, `content-type` → `Content-Type`; names that begin `X-` or `x-` stay as they are. */
export const headerSpelling = (name: string): string => SPELLED.get(name) ?? spell(name);

function spell(name: string): string {
  if (name.startsWith('X-') || name.startsWith('x-')) return name;
  const key = headerKey(name);
  const known = SPELLING.get(key);
  if (known !== undefined) return known;
  return (key.length === name.length ? name : key).replace(/(^|-)([a-z])/g, (_all, dash: string, letter: string) => dash + letter.toUpperCase());
}

const SPELLED = allSpellings(spell);

export interface Header {
  readonly key: string;
  /** The name as it came or as it will be written. */
  readonly name: string;
  /** Without the white space around it; folds are one space. */
  readonly value: string;
}

/** The bytes that a message came as, with what they were read as: they are sent on as they are, as long as nothing of that was changed. */
export interface Origin {
  readonly bytes: Buffer;
  /** Method and URI, or status and reason. */
  readonly start: readonly [string | number, string];
  readonly body: Buffer;
  /** Where in `bytes` the value of the first Via begins. */
  readonly viaAt: number;
}

/** The headers of one message in their order. Lookups take any spelling and the compact form. */
export class Headers implements Iterable<Header> {
  #rows: Header[] = [];
  #origin: Origin | undefined;

  /** Undefined for a message of our own making, and as soon as a header was changed. */
  get origin(): Origin | undefined {
    return this.#origin;
  }
  cameAs(origin: Origin): void {
    this.#origin = origin;
  }

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
  /** How many header lines of that name there are. */
  count(name: string): number {
    const key = headerKey(name);
    let count = 0;
    for (const row of this.#rows) if (row.key === key) count += 1;
    return count;
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
    const key = headerKey(name);
    const values: string[] = [];
    for (const row of this.#rows) if (row.key === key) values.push(...splitOutside(row.value, ','));
    return values;
  }

  add(name: string, value: string): this {
    this.append({ key: headerKey(name), name, value });
    return this;
  }
  append(header: Header): void {
    this.#rows.push(header);
    this.#origin = undefined;
  }
  /** Puts a header before all others. */
  prepend(name: string, value: string): this {
    this.#origin = undefined;
    this.#rows.unshift({ key: headerKey(name), name, value });
    return this;
  }
  /** Changes the first of that name in its place and drops the others; adds it when there is none. */
  set(name: string, value: string): this {
    const key = headerKey(name);
    const at = this.#rows.findIndex((row) => row.key === key);
    if (at < 0) return this.add(name, value);
    this.#origin = undefined;
    this.#rows = this.#rows.filter((row, index) => row.key !== key || index === at);
    this.#rows[at] = { key, name: this.#rows[at]?.name ?? name, value };
    return this;
  }
  /** Changes the first of that name and keeps the others as they are. */
  replaceFirst(name: string, value: string): this {
    const key = headerKey(name);
    const at = this.#rows.findIndex((row) => row.key === key);
    const row = this.#rows[at];
    if (row === undefined) return this;
    this.#origin = key === 'via' && this.#origin !== undefined ? withVia(this.#origin, row.value, value) : undefined;
    this.#rows[at] = { key, name: row.name, value };
    return this;
  }
  remove(name: string): this {
    const key = headerKey(name);
    this.#rows = this.#rows.filter((row) => row.key !== key);
    this.#origin = undefined;
    return this;
  }
}

/** The same bytes with another first Via: what most requests have changed on their way, and all that is. */
function withVia(origin: Origin, was: string, is: string): Origin {
  const { bytes, viaAt } = origin;
  const patched = Buffer.allocUnsafe(bytes.length + is.length - was.length);
  bytes.copy(patched, 0, 0, viaAt);
  patched.write(is, viaAt, 'latin1');
  bytes.copy(patched, viaAt + is.length, viaAt + was.length);
  return { ...origin, bytes: patched };
}

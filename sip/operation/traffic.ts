/** Messages by direction, method and transport; counted from their first bytes, before anything is parsed. */

const METHODS: ReadonlySet<string> = new Set([
  ...['INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'REGISTER', 'INFO', 'PRACK', 'UPDATE'],
  ...['MESSAGE', 'SUBSCRIBE', 'NOTIFY', 'PUBLISH', 'REFER'],
]);
const LONGEST_METHOD = 9;
const SPACE = 0x20;

export interface TrafficRow {
  direction: 'in' | 'out';
  /** A method, `1xx` … `6xx`, or `other`. */
  method: string;
  transport: string;
  count: number;
}

export class Traffic {
  readonly #rows = new Map<string, TrafficRow>();

  note(direction: 'in' | 'out', bytes: Buffer, transport: string): void {
    const method = kindOf(bytes);
    const key = `${direction}${method}${transport}`;
    const row = this.#rows.get(key);
    if (row === undefined) this.#rows.set(key, { direction, method, transport, count: 1 });
    else row.count += 1;
  }

  get rows(): Iterable<TrafficRow> {
    return this.#rows.values();
  }
}

function kindOf(bytes: Buffer): string {
  const end = bytes.indexOf(SPACE);
  if (end < 0 || end > LONGEST_METHOD) return 'other';
  const word = bytes.toString('latin1', 0, end);
  if (METHODS.has(word)) return word;
  const first = word === 'SIP/2.0' ? bytes.toString('latin1', end + 1, end + 2) : '';
  return /[1-6]/.test(first) ? `${first}xx` : 'other';
}

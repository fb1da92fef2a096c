import { BoundedTable } from './table.ts';

export interface Patience {
  /** So many offences … */
  most: number;
  /** … within so long … */
  windowMs: number;
  /** … and the source is not listened to for so long. */
  blockMs: number;
}

interface Row {
  since: number;
  count: number;
  blockedUntil: number;
}

/** Counts a source's offences; who tried our patience is blocked for a while. */
export class Strikes {
  readonly #patience: Patience;
  readonly #rows: BoundedTable<Row>;

  constructor(patience: Patience, most: number) {
    this.#patience = patience;
    this.#rows = new BoundedTable(most);
  }

  get size(): number {
    return this.#rows.size;
  }

  isBlocked(key: string, now: number): boolean {
    if (this.#rows.size === 0) return false;
    const row = this.#rows.peek(key);
    return row !== undefined && row.blockedUntil > now;
  }

  /** True when this one is the last straw. */
  strike(key: string, now: number): boolean {
    const { most, windowMs, blockMs } = this.#patience;
    let row = this.#rows.touch(key);
    if (row === undefined || now - row.since >= windowMs) {
      row = { since: now, count: 0, blockedUntil: row?.blockedUntil ?? 0 };
      this.#rows.set(key, row);
    }
    row.count += 1;
    if (row.count < most || row.blockedUntil > now) return false;
    row.blockedUntil = now + blockMs;
    return true;
  }
}

import { BoundedTable } from './table.ts';

export interface Rate {
  perSecond: number;
  /** What may come at once after a silence. */
  burst: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** A token bucket a key. A key that is forgotten begins with a full bucket again. */
export class Buckets {
  readonly #rate: Rate;
  readonly #rows: BoundedTable<Bucket>;

  constructor(rate: Rate, most: number) {
    this.#rate = rate;
    this.#rows = new BoundedTable(most);
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Takes a token; false when there is none. */
  take(key: string, now: number): boolean {
    const { perSecond, burst } = this.#rate;
    const row = this.#rows.touch(key);
    if (row === undefined) {
      this.#rows.set(key, { tokens: burst - 1, at: now });
      return true;
    }
    row.tokens = Math.min(burst, row.tokens + (Math.max(0, now - row.at) / 1_000) * perSecond);
    row.at = now;
    if (row.tokens < 1) return false;
    row.tokens -= 1;
    return true;
  }
}

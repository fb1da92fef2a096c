/** Rows in an order, kept from one look to the next: what was in order mostly still is, and putting it in order again is one pass over it. */

export class InOrder<T> {
  readonly #keyOf: (row: T) => string;
  #keys: string[] = [];

  constructor(keyOf: (row: T) => string) {
    this.#keyOf = keyOf;
  }

  of(rows: ReadonlyMap<string, T>, compare: (a: T, b: T) => number): T[] {
    const seen = new Set<string>();
    const next: T[] = [];
    for (const key of this.#keys) {
      const row = rows.get(key);
      if (row === undefined) continue;
      next.push(row);
      seen.add(key);
    }
    if (next.length < rows.size) for (const [key, row] of rows) if (!seen.has(key)) next.push(row);
    next.sort(compare);
    this.#keys = next.map(this.#keyOf);
    return next;
  }
}

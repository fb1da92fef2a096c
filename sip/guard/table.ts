/** A map that forgets: when it is full, what was touched longest ago goes. */
export class BoundedTable<V> {
  readonly #rows = new Map<string, V>();
  readonly #most: number;
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** The row, now the last to be forgotten. */
  touch(key: string): V | undefined {
    const row = this.#rows.get(key);
    if (row === undefined) return undefined;
    this.#rows.delete(key);
    this.#rows.set(key, row);
    return row;
  }
  /** The row, without touching it. */
  peek(key: string): V | undefined {
    return this.#rows.get(key);
  }
  set(key: string, row: V): void {
    this.#rows.delete(key);
    this.#rows.set(key, row);
    if (this.#rows.size <= this.#most) return;
    for (const oldest of this.#rows.keys()) {
      this.#rows.delete(oldest);
      return;
    }
  }
  delete(key: string): boolean {
    return this.#rows.delete(key);
  }
  /** Drops every row that is over. */
  sweep(isOver: (row: V) => boolean): void {
    for (const [key, row] of this.#rows) if (isOver(row)) this.#rows.delete(key);
  }
}

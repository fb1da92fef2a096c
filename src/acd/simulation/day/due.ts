/** What is to happen when: a binary heap. Of the same time what was added first comes first. */
export class Due<T> {
  readonly #items: { at: number; n: number; what: T }[] = [];
  #added = 0;

  get size(): number {
    return this.#items.length;
  }

  /** When the next is due; Infinity = nothing is. */
  get at(): number {
    return this.#items[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  add(at: number, what: T): void {
    this.#added += 1;
    const items = this.#items;
    const item = { at, n: this.#added, what };
    let place = items.length;
    items.push(item);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = items[parent];
      if (above === undefined || isBefore(above, item)) break;
      items[place] = above;
      place = parent;
    }
    items[place] = item;
  }

  take(): T | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (first === undefined || last === undefined || first === last) return first?.what;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const [one, other] = [items[left], items[left + 1]];
      if (one === undefined) break;
      const child = other !== undefined && isBefore(other, one) ? left + 1 : left;
      const below = items[child];
      if (below === undefined || isBefore(last, below)) break;
      items[place] = below;
      place = child;
    }
    items[place] = last;
    return first.what;
  }
}

const isBefore = (a: { at: number; n: number }, b: { at: number; n: number }): boolean => a.at < b.at || (a.at === b.at && a.n < b.n);

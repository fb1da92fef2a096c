/**
 * A list that is always in order. Finding, adding and removing take O(log n) comparisons; moving is within one chunk of
 * at most 128, so that the longest line of a big floor costs no more than a short one. Reading in order is free.
 */
export type Compare<T> = (a: T, b: T) => number;

const MOST_A_CHUNK = 128;

export class OrderedList<T> {
  readonly #compare: Compare<T>;
  #chunks: T[][] = [];
  #size = 0;

  /** `compare` must be total: 0 only for the very same item. */
  constructor(compare: Compare<T>) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#size;
  }

  first(): T | undefined {
    return this.#chunks[0]?.[0];
  }

  /** Adding an item that is in the list already changes nothing. */
  add(item: T): void {
    const at = Math.min(this.#chunkOf(item), Math.max(0, this.#chunks.length - 1));
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#chunks.push([item]);
      this.#size = 1;
      return;
    }
    const place = this.#placeIn(chunk, item);
    if (chunk[place] === item) return;
    chunk.splice(place, 0, item);
    this.#size += 1;
    if (chunk.length > MOST_A_CHUNK) this.#chunks.splice(at + 1, 0, chunk.splice(MOST_A_CHUNK >> 1));
  }

  /** true when it was there. */
  remove(item: T): boolean {
    const at = this.#chunkOf(item);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return false;
    const place = this.#placeIn(chunk, item);
    if (chunk[place] !== item) return false;
    chunk.splice(place, 1);
    this.#size -= 1;
    if (chunk.length === 0) this.#chunks.splice(at, 1);
    return true;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (const chunk of this.#chunks) yield* chunk;
  }

  /** The first chunk whose last item is not before `item`; the number of chunks when there is none. */
  #chunkOf(item: T): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const last = this.#chunks[middle]?.at(-1) as T; // chunks are never empty
      if (this.#compare(last, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #placeIn(chunk: T[], item: T): number {
    let low = 0;
    let high = chunk.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(chunk[middle] as T, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * A list that is always in order. Finding, adding and removing take O(log n) comparisons; moving is within one chunk of
 * at most 128, so that the longest line of a big floor costs no more than a short one. Reading in order is free.
 */
export type Compare<T> = (a: T, b: T) => number;

const MOST_A_CHUNK = 128;

export class OrderedList<T> {
  readonly #compare: Compare<T>;
  readonly #weigh: ((item: T) => number) | null;
  #chunks: T[][] = [];
  /** What the items of each chunk weigh together; nothing where lots are not drawn. */
  #weights: number[] = [];
  #size = 0;

  /** `compare` must be total: 0 only for the very same item. `weigh`: for who draws lots; above 0, and the same for as long as the item is here. */
  constructor(compare: Compare<T>, weigh: ((item: T) => number) | null = null) {
    this.#compare = compare;
    this.#weigh = weigh;
  }

  get size(): number {
    return this.#size;
  }

  first(): T | undefined {
    return this.#chunks[0]?.[0];
  }

  /** How many come before it, whether it is here or not. */
  before(item: T): number {
    const at = this.#chunkOf(item);
    let count = 0;
    for (let n = 0; n < at; n += 1) count += this.#chunks[n]?.length ?? 0;
    const chunk = this.#chunks[at];
    return chunk === undefined ? count : count + this.#placeIn(chunk, item);
  }

  /** Adding an item that is in the list already changes nothing. */
  add(item: T): void {
    const at = Math.min(this.#chunkOf(item), Math.max(0, this.#chunks.length - 1));
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#chunks.push([item]);
      this.#size = 1;
      this.#weighAnew(0);
      return;
    }
    const place = this.#placeIn(chunk, item);
    if (chunk[place] === item) return;
    chunk.splice(place, 0, item);
    this.#size += 1;
    this.#addWeight(at, item, 1);
    if (chunk.length <= MOST_A_CHUNK) return;
    this.#chunks.splice(at + 1, 0, chunk.splice(MOST_A_CHUNK >> 1));
    if (this.#weigh === null) return;
    this.#weights.splice(at + 1, 0, 0);
    this.#weighAnew(at);
    this.#weighAnew(at + 1);
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
    this.#addWeight(at, item, -1);
    if (chunk.length > 0) return true;
    this.#chunks.splice(at, 1);
    if (this.#weigh !== null) this.#weights.splice(at, 1);
    return true;
  }

  /**
   * One of those the first comparators (`first`) find equal to the first item, by weight: `fraction` in [0, 1) is the lot. It adds up one
   * figure a chunk and looks through one or two chunks.
   */
  draw(fraction: number, first: Compare<T>): T | undefined {
    const head = this.first();
    if (head === undefined || this.#weigh === null) return head;
    let left = fraction * this.#weightOfEqual(head, first);
    for (const [at, chunk] of this.#chunks.entries()) {
      const weight = this.#weights[at] ?? 0;
      if (left < weight) return this.#drawFrom(chunk, left, head, first);
      left -= weight;
    }
    return head;
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

  #drawFrom(chunk: readonly T[], from: number, head: T, first: Compare<T>): T {
    let left = from;
    let drawn = chunk[0] ?? head;
    for (const item of chunk) {
      if (first(head, item) !== 0) break;
      drawn = item;
      left -= this.#weigh?.(item) ?? 0;
      if (left < 0) break;
    }
    return drawn;
  }

  #weightOfEqual(head: T, first: Compare<T>): number {
    let sum = 0;
    for (const [at, chunk] of this.#chunks.entries()) {
      if (first(head, chunk.at(-1) as T) === 0)
        sum += this.#weights[at] ?? 0; // chunks are never empty
      else return sum + chunk.reduce((part, item) => (first(head, item) === 0 ? part + (this.#weigh?.(item) ?? 0) : part), 0);
    }
    return sum;
  }

  #addWeight(at: number, item: T, times: number): void {
    if (this.#weigh !== null) this.#weights[at] = (this.#weights[at] ?? 0) + times * this.#weigh(item);
  }

  #weighAnew(at: number): void {
    const weigh = this.#weigh;
    if (weigh !== null) this.#weights[at] = this.#chunks[at]?.reduce((sum, item) => sum + weigh(item), 0) ?? 0;
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

/** So many may wait for their first word without it meaning anything: all phones of a floor come at once after a power cut. */
const LEAST_BACKLOG = 100;
/** The newest sample's share in what is believed of applications. */
const NEWEST = 0.3;
/** When even the shortest wait is so much longer than what the application takes at its best, there is a line before it. */
const LINE_MS = 200;
/** Nobody has been told anything for so long: it hangs. */
const HUNG_MS = 2_000;
/** How fast the best is forgotten while few wait: an application may have become slower for good. */
const FORGOTTEN = 0.2;

/**
 * How long a new request will stand in line before an application looks at it. As many as wait, at the rate at which applications speak, less what it takes them at their best: one
 * that relays a far phone's first ring takes its time and has no line. Counted one by one, so that what is refused can follow at once; the rate is only believed of times in
 * which there was always something to do.
 */
export class Waiting {
  /** When each was asked, oldest first. */
  readonly #asked = new Map<string, number>();
  #heard = 0;
  #shortestMs = Number.POSITIVE_INFINITY;
  #wasBacklogged = false;
  #isLine = false;
  /** First words a millisecond; undefined: never yet measured. */
  #perMs: number | undefined;
  /** From a request to its first word when nobody stands before it. */
  #bestMs: number | undefined;

  get count(): number {
    return this.#asked.size;
  }

  /** Infinite when applications say nothing at all. */
  get ms(): number {
    const { size } = this.#asked;
    if (!this.#isLine || this.#perMs === undefined || size < LEAST_BACKLOG) return 0;
    return Math.max(0, size / this.#perMs - (this.#bestMs ?? 0));
  }

  /** An application was given this new request. */
  asked(id: string, now: number): void {
    this.#asked.set(id, now);
  }

  /** Its first response, or an end of it without one. Told again is told once. */
  heard(id: string, now: number): void {
    const askedAt = this.#asked.get(id);
    if (askedAt === undefined) return;
    this.#asked.delete(id);
    this.#heard += 1;
    this.#shortestMs = Math.min(this.#shortestMs, now - askedAt);
  }

  /** Once each `elapsedMs`. */
  sample(elapsedMs: number, now: number): void {
    const isBacklogged = this.#asked.size >= LEAST_BACKLOG;
    const isHung = this.#heard === 0 && now - (this.#asked.values().next().value ?? now) >= HUNG_MS;
    if (this.#heard > 0) this.#noteBest(isBacklogged);
    if (this.#heard > 0 || isHung) {
      this.#noteRate(this.#heard / elapsedMs, isBacklogged && this.#wasBacklogged);
      this.#isLine = isHung || this.#shortestMs - (this.#bestMs ?? 0) >= LINE_MS;
    }
    // Who spoke for the first time a moment ago has not shown how fast he is.
    this.#wasBacklogged = isBacklogged && (this.#heard > 0 || isHung);
    this.#heard = 0;
    this.#shortestMs = Number.POSITIVE_INFINITY;
  }

  #noteBest(isBacklogged: boolean): void {
    const shortest = this.#shortestMs;
    if (this.#bestMs === undefined || shortest < this.#bestMs) this.#bestMs = shortest;
    else if (!isBacklogged) this.#bestMs += FORGOTTEN * (shortest - this.#bestMs);
  }

  #noteRate(perMs: number, wasAllBusy: boolean): void {
    if (wasAllBusy) this.#perMs = this.#perMs === undefined ? perMs : this.#perMs + NEWEST * (perMs - this.#perMs);
    // Without a backlog they could have done more.
    else if (this.#perMs !== undefined) this.#perMs = Math.max(this.#perMs, perMs);
  }
}

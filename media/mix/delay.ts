/**
 * How long packets of one stream must wait so that hardly any comes too late: the distribution of how much later than the quickest
 * they come, forgotten within seconds, and the delay below which all but a few of a hundred lie. Time is told.
 */

const BIN_MS = 5;
const BINS = 64;
/** Of the last packets so many count: about four seconds. */
const MEMORY_PACKETS = 200;
/** The share of packets that may come too late. */
const LATE_SHARE = 0.02;
/** The quickest packet of the last seconds is looked for window by window, so that a clock that drifts, or a longer way, is followed. */
const WINDOW_MS = 1000;
const WINDOWS = 6;

export class DelayEstimate {
  readonly #share = new Float64Array(BINS);
  readonly #quickest = new Float64Array(WINDOWS).fill(Number.POSITIVE_INFINITY);
  #window = 0;
  #windowEndsMs = Number.NEGATIVE_INFINITY;
  #seen = 0;
  #base: number | null = null;
  /** All but a few of a hundred packets come no later than this after the quickest. */
  latenessMs = 0;

  /** Arrival minus timestamp, in ms, of the quickest. */
  get baseMs(): number {
    return this.#base ?? 0;
  }

  heard(arrivalMs: number, timestampMs: number): void {
    const transit = arrivalMs - timestampMs;
    this.#lookForQuickest(arrivalMs, transit);
    const late = Math.max(0, Math.min(BINS - 1, Math.floor((transit - this.baseMs) / BIN_MS)));
    this.#seen = Math.min(MEMORY_PACKETS, this.#seen + 1);
    const weight = 1 / this.#seen;
    for (let bin = 0; bin < BINS; bin += 1) this.#share[bin] = (this.#share[bin] as number) * (1 - weight);
    this.#share[late] = (this.#share[late] as number) + weight;
    this.#estimate();
  }

  /** So far from the quickest that it cannot be the network's doing. */
  jumps(transit: number, mostMs: number): boolean {
    return this.#base !== null && Math.abs(transit - this.#base) > mostMs;
  }

  /** Another stream, by the same way: what is known of lateness stays. */
  rebase(): void {
    this.#base = null;
    this.#quickest.fill(Number.POSITIVE_INFINITY);
  }

  #lookForQuickest(arrivalMs: number, transit: number): void {
    if (arrivalMs >= this.#windowEndsMs) {
      this.#window = (this.#window + 1) % WINDOWS;
      this.#quickest[this.#window] = Number.POSITIVE_INFINITY;
      this.#windowEndsMs = arrivalMs + WINDOW_MS;
    }
    this.#quickest[this.#window] = Math.min(this.#quickest[this.#window] as number, transit);
    let quickest = Number.POSITIVE_INFINITY;
    for (let each = 0; each < WINDOWS; each += 1) quickest = Math.min(quickest, this.#quickest[each] as number);
    this.#base ??= quickest;
    // Whole bins only: what is known of lateness moves with the base.
    const bins = Math.trunc((quickest - this.#base) / BIN_MS);
    if (bins !== 0) this.#moveBase(bins);
  }

  #moveBase(bins: number): void {
    this.#base = this.baseMs + bins * BIN_MS;
    const share = this.#share;
    const moved = share.slice();
    share.fill(0);
    for (let bin = 0; bin < BINS; bin += 1) {
      const to = Math.max(0, Math.min(BINS - 1, bin - bins));
      share[to] = (share[to] as number) + (moved[bin] as number);
    }
  }

  #estimate(): void {
    let late = 0;
    let bin = BINS - 1;
    for (; bin > 0; bin -= 1) {
      late += this.#share[bin] as number;
      if (late > LATE_SHARE) break;
    }
    this.latenessMs = (bin + 1) * BIN_MS;
  }
}

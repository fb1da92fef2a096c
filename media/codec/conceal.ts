/**
 * What is heard in the place of sound that did not come: the last pitch period over and over, fainter by the frame, silent after
 * 60 ms; when sound comes again the two are faded into one another. (The idea is that of G.711 Appendix I, which adds a delay
 * that we save.)
 */
import type { SampleRate } from './codec.ts';

/** Voices have their pitch between 66 and 400 Hz. */
const SHORTEST_PERIOD_MS = 2.5;
const LONGEST_PERIOD_MS = 15;
const COMPARED_MS = 15;
const HISTORY_MS = LONGEST_PERIOD_MS + COMPARED_MS;
const FADE_IN_MS = 4;
/** Full for so long, then down to nothing. */
const FULL_MS = 10;
const GONE_MS = 60;

/**
 * The period at which the sound that ends at `end` repeats itself best, in samples; there must be 30 ms before `end`.
 * At 16 kHz every second sample is looked at: a pitch need not be known better.
 */
export function pitchPeriod(samples: Int16Array, end: number, rate: SampleRate): number {
  const perMs = rate / 1000;
  const stride = rate === 16_000 ? 4 : 2;
  const step = rate === 16_000 ? 2 : 1;
  const compared = COMPARED_MS * perMs;
  let best = LONGEST_PERIOD_MS * perMs;
  let bestScore = 0;
  for (let lag = SHORTEST_PERIOD_MS * perMs; lag <= LONGEST_PERIOD_MS * perMs; lag += step) {
    let product = 0;
    let energy = 1;
    for (let at = end - compared; at < end; at += stride) {
      const before = samples[at - lag] as number;
      product += (samples[at] as number) * before;
      energy += before * before;
    }
    const score = product <= 0 ? 0 : (product * product) / energy;
    if (score > bestScore) {
      bestScore = score;
      best = lag;
    }
  }
  return best;
}

export class Concealer {
  readonly #rate: SampleRate;
  readonly #perMs: number;
  /** The last sound that came, oldest first. */
  readonly #history: Int16Array;
  #period = 0;
  /** Samples made up since sound last came; 0 = none are missing. */
  #made = 0;

  constructor(rate: SampleRate) {
    this.#rate = rate;
    this.#perMs = rate / 1000;
    this.#history = new Int16Array(HISTORY_MS * this.#perMs);
  }

  /** Sound came; its beginning is changed when something was missing before it. */
  heard(samples: Int16Array, at: number, count: number): void {
    if (this.#made > 0) this.#fadeIn(samples, at, Math.min(count, FADE_IN_MS * this.#perMs));
    this.#made = 0;
    const history = this.#history;
    if (count >= history.length) {
      history.set(samples.subarray(at + count - history.length, at + count));
      return;
    }
    history.copyWithin(0, count);
    for (let each = 0; each < count; each += 1) history[history.length - count + each] = samples[at + each] as number;
  }

  /** Sound is missing; returns whether anything can be heard of what is put in its place. */
  missing(out: Int16Array, at: number, count: number): boolean {
    if (this.#made === 0) this.#period = pitchPeriod(this.#history, this.#history.length, this.#rate);
    if (this.#made >= GONE_MS * this.#perMs) {
      out.fill(0, at, at + count);
      return false;
    }
    for (let each = 0; each < count; each += 1) out[at + each] = this.#next();
    return true;
  }

  reset(): void {
    this.#history.fill(0);
    this.#made = 0;
  }

  #next(): number {
    const from = this.#history.length - this.#period + (this.#made % this.#period);
    const ms = this.#made / this.#perMs;
    this.#made += 1;
    const level = ms < FULL_MS ? 1 : Math.max(0, (GONE_MS - ms) / (GONE_MS - FULL_MS));
    return Math.round((this.#history[from] as number) * level);
  }

  #fadeIn(samples: Int16Array, at: number, count: number): void {
    const silent = this.#made >= GONE_MS * this.#perMs;
    for (let each = 0; each < count; each += 1) {
      const share = each / count;
      const other = silent ? 0 : this.#next();
      samples[at + each] = Math.round((samples[at + each] as number) * share + other * (1 - share));
    }
  }
}

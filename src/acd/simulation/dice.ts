import { fractionOf, nextLot } from '../matching/lots.ts';

/** Dice that fall the same way again for the same seed (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** [0, 1) */
  fraction(): number {
    this.#state = nextLot(this.#state);
    return fractionOf(this.#state);
  }

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(all: readonly T[]): T | undefined {
    return all[Math.floor(this.fraction() * all.length)];
  }

  /** Some of them, in their order. */
  some<T>(all: readonly T[], probability: number): T[] {
    return all.filter(() => this.chance(probability));
  }
}

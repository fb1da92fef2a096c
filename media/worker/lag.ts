/** How late a worker comes to what is due: the sign that it has more than it can carry, or that something holds it up. */
import type { Clock } from '../../kernel/clock.ts';

const LOOK_EACH_MS = 50;

export class Lag {
  readonly #clock: Clock;
  #lastMs: number;
  #worstMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastMs = clock.now();
    clock.every(LOOK_EACH_MS, () => this.#look());
  }

  /** The worst since it was asked last. */
  take(): number {
    // What has been due meanwhile and has not come yet counts as well.
    const worstMs = Math.max(this.#worstMs, this.#clock.now() - this.#lastMs - LOOK_EACH_MS);
    this.#worstMs = 0;
    return worstMs;
  }

  #look(): void {
    const nowMs = this.#clock.now();
    this.#worstMs = Math.max(this.#worstMs, nowMs - this.#lastMs - LOOK_EACH_MS);
    this.#lastMs = nowMs;
  }
}

import type { Clock } from '../../kernel/clock.ts';
import { type Load, SAMPLE_MS } from '../guard/overload.ts';

const TICK_MS = 50;

/** Watches the event loop: how late timers come, and which share of its time it is at work. */
export class LoadMeter {
  readonly #clock: Clock;
  readonly #cancels: (() => void)[];
  #expected: number;
  #longestLagMs = 0;
  #utilisation = performance.eventLoopUtilization();

  /** `read`: what else weighs; `onLag` hears each tick's lateness, `onSample` all of it twice a second. */
  constructor(clock: Clock, read: () => Omit<Load, 'lagMs' | 'busyShare'>, onLag: (ms: number) => void, onSample: (load: Load) => void) {
    this.#clock = clock;
    this.#expected = clock.now() + TICK_MS;
    const tick = (): void => {
      const lagMs = Math.max(0, this.#clock.now() - this.#expected);
      this.#expected = this.#clock.now() + TICK_MS;
      this.#longestLagMs = Math.max(this.#longestLagMs, lagMs);
      onLag(lagMs);
    };
    const sample = (): void => {
      const before = this.#utilisation;
      this.#utilisation = performance.eventLoopUtilization();
      const busyShare = performance.eventLoopUtilization(this.#utilisation, before).utilization;
      onSample({ lagMs: this.#longestLagMs, busyShare, ...read() });
      this.#longestLagMs = 0;
    };
    this.#cancels = [clock.every(TICK_MS, tick), clock.every(SAMPLE_MS, sample)];
  }

  stop(): void {
    for (const cancel of this.#cancels) cancel();
  }
}

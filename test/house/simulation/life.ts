/** One run of the application, from its start to its death: what it does to the world counts only while it lives, and its timers die with it. */
import type { Clock } from '../../../kernel/clock.ts';

export class Life {
  alive = true;
  readonly clock: Clock;
  readonly #timers = new Set<() => void>();
  readonly #stirred: () => void;
  #fuse: number | null = null;

  /** `stirred`: told when a timer of its has fired, on which promises may hang. */
  constructor(base: Clock, stirred: () => void) {
    this.#stirred = stirred;
    this.clock = {
      now: () => base.now(),
      after: (ms, fn) => this.#after(base, ms, fn),
      every: (ms, fn) => {
        let cancel = (): void => undefined;
        const arm = (): void => {
          cancel = this.#after(base, ms, () => {
            arm();
            fn();
          });
        };
        arm();
        return () => cancel();
      },
    };
  }

  /** Timers that are armed. */
  get armed(): number {
    return this.#timers.size;
  }

  /** kill -9 comes before it does so many more things to the world: in the midst of a turn, as it writes, as it recovers. */
  dieAfter(acts: number): void {
    this.#fuse = acts;
  }

  /** It is about to do something to the world; false = it is dead. */
  acts(): boolean {
    if (!this.alive) return false;
    if (this.#fuse === null) return true;
    this.#fuse -= 1;
    if (this.#fuse < 0) this.die();
    return this.alive;
  }

  die(): void {
    this.alive = false;
    for (const cancel of [...this.#timers]) cancel();
    this.#timers.clear();
  }

  #after(base: Clock, ms: number, fn: () => void): () => void {
    if (!this.alive) return () => undefined;
    const cancel = base.after(ms, () => {
      this.#timers.delete(stop);
      this.#stirred();
      if (this.alive) fn();
    });
    const stop = (): void => {
      this.#timers.delete(stop);
      cancel();
    };
    this.#timers.add(stop);
    return stop;
  }
}

/** A clock that stands still until it is told to go on. */
import type { Clock } from '../../kernel/clock.ts';

interface Timer {
  at: number;
  order: number;
  fn: () => void;
}

export class FakeClock implements Clock {
  #now: number;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(startMs = 1_700_000_000_000) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, fn: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), order: this.#order++, fn };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  every(ms: number, fn: () => void): () => void {
    let cancel = (): void => undefined;
    const arm = (): void => {
      cancel = this.after(ms, () => {
        arm();
        fn();
      });
    };
    arm();
    return () => cancel();
  }

  /** How many timers are armed. */
  get armed(): number {
    return this.#timers.size;
  }

  /** The process sleeps for `ms`: what falls due meanwhile fires with the next `forward`, late. */
  sleep(ms: number): void {
    this.#now += ms;
  }

  /** Goes on to the next timer that falls due before `until`, and fires that one alone; false = there is none. */
  step(until: number): boolean {
    let next: Timer | null = null;
    for (const timer of this.#timers)
      if (timer.at <= until && (next === null || timer.at < next.at || (timer.at === next.at && timer.order < next.order))) next = timer;
    if (next === null) return false;
    this.#timers.delete(next);
    this.#now = Math.max(this.#now, next.at);
    next.fn();
    return true;
  }

  /** Goes on by `ms`, firing in order what falls due on the way. */
  forward(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.fn();
    }
    this.#now = until;
  }
}

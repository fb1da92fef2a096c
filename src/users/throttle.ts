/** Wrong passwords and codes, counted per user name: so many a minute, so many an hour. Pure but for its own map: told the time. */
const LIMITS = [
  { most: 5, windowMs: 60_000 },
  { most: 30, windowMs: 3_600_000 },
] as const;
const LONGEST_MS = 3_600_000;
const MOST_KEPT = 30;
/** Names tried at once; a guesser who tries more names than this pushes out the oldest. */
const MOST_NAMES = 10_000;

export class SignInThrottle {
  readonly #names = new Map<string, number[]>();

  /** ms until the next try is allowed; 0 = now. */
  waitMs(name: string, now: number): number {
    const wrong = this.#recent(name, now);
    const waits = LIMITS.map(({ most, windowMs }) => (wrong[wrong.length - most] ?? Number.NEGATIVE_INFINITY) + windowMs - now);
    return Math.max(0, ...waits);
  }

  /** Booked before the password is looked at, so that tries at the same time count too. */
  tried(name: string, now: number): void {
    const wrong = [...this.#recent(name, now), now].slice(-MOST_KEPT);
    this.#names.delete(name);
    if (this.#names.size >= MOST_NAMES) for (const oldest of this.#names.keys()) if (this.#names.delete(oldest)) break;
    this.#names.set(name, wrong);
  }

  succeeded(name: string): void {
    this.#names.delete(name);
  }

  /** The last try was none. */
  forgive(name: string): void {
    this.#names.get(name)?.pop();
  }

  #recent(name: string, now: number): number[] {
    return (this.#names.get(name) ?? []).filter((at) => at > now - LONGEST_MS);
  }
}
